"""Memory as the kernels see it: bare pointers, whole blocks, cache lines, and numbers too small to matter."""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nndl.kernels._simd import I32, LANES, VECTOR, Block, call, make_block

__all__ = ["address", "flush_denormals", "load", "peek", "poke", "prefetch", "restore_denormals", "store"]

I8_POINTER = ir.IntType(8).as_pointer()


def _address(builder, pointer, at, kind):
    """The address of element ``at``, as a pointer to ``kind``."""
    return builder.bitcast(builder.gep(pointer, [at]), kind.as_pointer())


@intrinsic
def address(typing, array):
    """A bare pointer to a C-contiguous array's first element.

    Passing arrays around costs two locked instructions a time for counting references, passing pointers nothing.
    The array must be kept alive by a name that outlives the pointer's use.
    """

    def build(context, builder, sig, args):
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), build


@intrinsic(prefer_literal=True)
def load(typing, nv, pointer, at, stride):
    """The block of nv vectors that start at elements at, at + stride, at + 2 stride ...; nv is a constant."""
    count = nv.literal_value

    def build(context, builder, sig, args):
        vectors = []
        offset = args[2]
        for _ in range(count):
            vector = builder.load(_address(builder, args[1], offset, VECTOR))
            vector.align = 4
            vectors.append(vector)
            offset = builder.add(offset, args[3])
        return make_block(builder, vectors)

    return Block(count)(nv, pointer, types.intp, types.intp), build


@intrinsic
def store(typing, pointer, at, block):
    """Write the block to array[at : at + 16 nv]."""

    def build(context, builder, sig, args):
        for v in range(block.nv):
            offset = builder.add(args[1], ir.Constant(args[1].type, v * LANES))
            pointer = _address(builder, args[0], offset, VECTOR)
            builder.store(builder.extract_value(args[2], v), pointer).align = 4
        return context.get_dummy_value()

    return types.void(pointer, types.intp, block), build


@intrinsic
def peek(typing, pointer, at):
    """array[at], without the test for a negative index."""

    def build(context, builder, sig, args):
        return builder.load(builder.gep(args[0], [args[1]]))

    return pointer.dtype(pointer, types.intp), build


@intrinsic
def poke(typing, pointer, at, x):
    """Write the number x to element ``at``."""

    def build(context, builder, sig, args):
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(pointer, types.intp, pointer.dtype), build


@intrinsic
def prefetch(typing, pointer, at):
    """Ask for the cache line of array[at], which will be read soon."""

    def build(context, builder, sig, args):
        pointer = _address(builder, args[0], args[1], ir.IntType(8))
        read, keep, data = (ir.Constant(I32, flag) for flag in (0, 3, 1))
        call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, read, keep, data])
        return context.get_dummy_value()

    return types.void(pointer, types.intp), build


# --- denormals ---

FLUSH = 0x8040  # MXCSR: results that are denormal become 0, inputs that are denormal count as 0


def _control_word(builder):
    """Where x86's control word can be copied to; None on other machines."""
    if not builder.module.triple.startswith(("x86_64", "i386", "i686")):
        return None
    word = builder.alloca(I32)
    return word, builder.bitcast(word, I8_POINTER)


@intrinsic
def flush_denormals(typing):
    """Let numbers below 1e-38, which are slow, count as 0 in this thread -> state for `restore_denormals`.

    Only x86 needs it and has it in this form; elsewhere nothing happens.
    """

    def build(context, builder, sig, args):
        word = _control_word(builder)
        if word is None:
            return ir.Constant(I32, 0)
        call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [word[1]])
        before = builder.load(word[0])
        builder.store(builder.or_(before, ir.Constant(I32, FLUSH)), word[0])
        call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [word[1]])
        return before

    return types.int32(), build


@intrinsic
def restore_denormals(typing, before):
    """Undo `flush_denormals`."""

    def build(context, builder, sig, args):
        word = _control_word(builder)
        if word is not None:
            builder.store(args[0], word[0])
            call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [word[1]])
        return context.get_dummy_value()

    return types.void(types.int32), build
