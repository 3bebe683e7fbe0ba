"""The compiler's options, in one place.

Fast-math stays off everywhere: nan must stay nan. The loops that matter are written in explicit vectors
(``_simd.py``), so nothing waits for the permission to reorder a sum.
"""

from functools import partial

from numba import njit

__all__ = ["inlined", "kernel"]

OPTIONS = {"nogil": True, "error_model": "numpy"}

# A piece of a kernel, put into it wherever it is called: vectors then stay in registers. Numba does so before LLVM
# sees the code, which saves a quarter of the time that compiling takes.
inlined = partial(njit, inline="always", **OPTIONS)


def kernel(function):
    """Compile a function that Python calls; its machine code is kept on disk until its own file changes."""
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # no folder to keep it in, as in a sandbox: compiled anew in every process
        return njit(**OPTIONS)(function)
