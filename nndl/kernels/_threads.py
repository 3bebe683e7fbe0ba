"""Two threads that walk through the same mini-batches and meet several times in each.

They are Python threads inside compiled code that does not hold the interpreter. A meeting is a counter in shared
memory: cheap, a fraction of a microsecond, and safe to use from any thread of a program. Whoever waits long gives its
core away, so that a busy machine is slow, not stuck.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nndl.kernels._jit import inlined

__all__ = ["PARTS", "in_threads", "meet"]

PARTS = 2  # every mini-batch is cut into so many parts, whatever the number of threads: numbers do not depend on it
SPINS = 2000  # looks at the counter before the core is given away: some microseconds
NEVER_WAIT = (
    1 << 62
)  # on the counter when a thread has failed: the others run to their end, and all is thrown away
I32, I64 = ir.IntType(32), ir.IntType(64)


@intrinsic
def _arrive(typing, counter):
    """Add 1 to the counter; what was written before is seen by whoever reads the new value."""

    def build(context, builder, sig, args):
        builder.atomic_rmw("add", args[0], ir.Constant(I64, 1), "seq_cst")
        return context.get_dummy_value()

    return types.void(counter), build


@intrinsic
def _arrivals(typing, counter):
    """The counter as it is now."""

    def build(context, builder, sig, args):
        return builder.load_atomic(args[0], "seq_cst", 8)

    return types.int64(counter), build


@intrinsic
def _give_way(typing):
    """Let another thread have this core; elsewhere than on Linux and macOS, where nobody waits, nothing."""

    def build(context, builder, sig, args):
        kind, module = ir.FunctionType(I32, []), builder.module
        if os.name == "posix":
            builder.call(module.globals.get("sched_yield") or ir.Function(module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), build


@inlined
def meet(counter, arrivals):
    """Wait until this many arrivals have been counted, the caller's included."""
    _arrive(counter)
    spins = 0
    while _arrivals(counter) < arrivals:
        spins += 1
        if spins > SPINS:
            _give_way()


def in_threads(walk, threads=None):
    """Call walk(first, last, counter, threads) so that all parts are walked, each in its own thread where it can be.

    Raises what a walk raises, an interrupt too; then nobody is left waiting.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = min(threads or PARTS, PARTS, allowed, numba.config.NUMBA_NUM_THREADS)
    counter = np.zeros(8, np.int64)
    if threads < PARTS or os.name != "posix":
        walk(0, PARTS, counter, 1)
        return

    def part(number):
        try:
            walk(number, number + 1, counter, PARTS)
        except BaseException:
            counter[0] = NEVER_WAIT
            raise

    with ThreadPoolExecutor(PARTS - 1) as pool:
        others = [pool.submit(part, number) for number in range(1, PARTS)]
        part(0)
        for other in others:
            other.result()
