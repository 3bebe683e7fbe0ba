"""The compiler's options, in one place.

Fast-math stays off everywhere: nan must stay nan. The loops that matter are written in explicit vectors
(``_simd.py``), so nothing waits for the permission to reorder a sum.
"""

from functools import partial

from numba import njit

__all__ = ["inlined", "kernel", "shared"]

OPTIONS = {"nogil": True, "error_model": "numpy"}

# A compiled function that Python calls. Its machine code is kept on disk and renewed when its own file changes.
kernel = partial(njit, cache=True, **OPTIONS)

# A piece of a kernel, compiled into it at every call: vectors then stay in registers.
inlined = partial(njit, forceinline=True, **OPTIONS)

# A piece of several kernels, compiled once and called.
shared = partial(njit, **OPTIONS)
