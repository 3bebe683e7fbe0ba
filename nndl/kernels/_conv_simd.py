"""What feature maps need beside ``_simd.py``: vectors of a block one by one, every second lane, blocks laid apart."""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nndl.kernels._memory import _address
from nndl.kernels._simd import INT_VECTOR, LANES, VECTOR, Block, make_block

__all__ = ["evens", "store_apart", "vector"]


@intrinsic(prefer_literal=True)
def vector(typing, block, v):
    """Vector v of the block, as a block of one; v is a constant."""
    number = v.literal_value

    def build(context, builder, sig, args):
        return make_block(builder, [builder.extract_value(args[0], number)])

    return Block(1)(block, v), build


@intrinsic
def evens(typing, block):
    """Lanes 0, 2, 4, ... of a block of two vectors, in one."""

    def build(context, builder, sig, args):
        low, high = (builder.extract_value(args[0], v) for v in range(2))
        lanes = ir.Constant(INT_VECTOR, list(range(0, 2 * LANES, 2)))
        return make_block(builder, [builder.shuffle_vector(low, high, lanes)])

    return Block(1)(block), build


@intrinsic
def store_apart(typing, pointer, at, stride, block):
    """Write the block's vectors to elements at, at + stride, at + 2 stride ... and the 15 after each."""

    def build(context, builder, sig, args):
        offset = args[1]
        for v in range(block.nv):
            place = _address(builder, args[0], offset, VECTOR)
            builder.store(builder.extract_value(args[3], v), place).align = 4
            offset = builder.add(offset, args[2])
        return context.get_dummy_value()

    return types.void(pointer, types.intp, types.intp, block), build
