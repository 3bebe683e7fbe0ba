"""Blocks of 16 float32 numbers that stay in registers.

Numba's own loops leave to LLVM whether a loop becomes vector instructions, and it often declines. A `Block` takes
the decision away from it: it is ``nv`` vectors of 16 lanes, a type of which LLVM makes whatever the machine has
(AVX-512: one register a vector, AVX2: two, NEON: four). Blocks are made by `zeros` and `load`, kept by `store`,
combined with ``+ - * /`` and `fma`; numbers, and blocks of one vector, stretch to the size of their partner.

Memory (``_memory.py``) is flat, C-contiguous float32; offsets count elements and are not checked.
"""

import operator

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = ["LANES", "TILE", "VECTORS", "first_lanes", "fma", "power_of_two", "select_less", "sums", "zeros"]

LANES = 16
VECTORS = 2  # what the kernels work on: a tile of 2 vectors keeps both multipliers busy and a mini-batch in the cache
TILE = VECTORS * LANES
I32 = ir.IntType(32)
VECTOR, INT_VECTOR = ir.VectorType(ir.FloatType(), LANES), ir.VectorType(I32, LANES)


class Block(types.Type):
    """The Numba type of nv vectors of 16 float32."""

    def __init__(self, nv):
        self.nv = nv
        super().__init__(name=f"Block({nv})")


@register_model(Block)
class BlockModel(models.PrimitiveModel):
    """A block is an array of vectors; LLVM takes it apart into registers."""

    def __init__(self, manager, block):
        super().__init__(manager, block, ir.ArrayType(VECTOR, block.nv))


# --- helpers that write LLVM's code ---


def _splat(builder, x):
    """All 16 lanes equal to x, a float32 or an int32."""
    nothing = ir.Constant(ir.VectorType(x.type, LANES), ir.Undefined)
    lane = builder.insert_element(nothing, x, ir.Constant(I32, 0))
    return builder.shuffle_vector(lane, nothing, ir.Constant(INT_VECTOR, [0] * LANES))


def _common(*operands):
    """The type of a lane-by-lane operation: the largest block among its operands; None if there is no block."""
    blocks = [t for t in operands if isinstance(t, Block)]
    return max(blocks, key=lambda t: t.nv) if blocks else None


def _lane_by_lane(context, builder, block, operands, args, operation):
    """Build ``operation(vector, ...)`` for each vector of the block."""
    columns = []
    for t, arg in zip(operands, args):
        if isinstance(t, Block):
            columns.append([builder.extract_value(arg, v if t.nv > 1 else 0) for v in range(block.nv)])
        else:
            columns.append([_splat(builder, context.cast(builder, arg, t, types.float32))] * block.nv)
    return make_block(builder, [operation(*vectors) for vectors in zip(*columns)])


def make_block(builder, vectors):
    """The block made of these vectors."""
    result = ir.Constant(ir.ArrayType(VECTOR, len(vectors)), ir.Undefined)
    for v, vector in enumerate(vectors):
        result = builder.insert_value(result, vector, v)
    return result


def call(builder, name, returns, args):
    """Call one of LLVM's own functions."""
    kind = ir.FunctionType(returns, [a.type for a in args])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, args)


# --- arithmetic ---


def _register(op, method):
    """Teach Numba ``block op block``, ``block op number`` and ``number op block``."""

    @infer_global(op)
    class Typing(AbstractTemplate):
        def generic(self, args, kws):
            block = _common(*args) if len(args) == 2 else None
            return signature(block, *args) if block else None

    def lower(context, builder, sig, args):
        return _lane_by_lane(context, builder, sig.return_type, sig.args, args, getattr(builder, method))

    for pair in ((Block, Block), (Block, types.Number), (types.Number, Block)):
        lower_builtin(op, *pair)(lower)


_register(operator.add, "fadd")
_register(operator.sub, "fsub")
_register(operator.mul, "fmul")
_register(operator.truediv, "fdiv")


@intrinsic(prefer_literal=True)
def zeros(typing, nv):
    """A block of nv vectors of zeros; nv is a constant."""

    def build(context, builder, sig, args):
        return ir.Constant(ir.ArrayType(VECTOR, nv.literal_value), None)

    return Block(nv.literal_value)(nv), build


@intrinsic
def fma(typing, x, y, z):
    """The product of x and y, plus z, rounded once."""
    block = _common(x, y, z)

    def build(context, builder, sig, args):
        def operation(*vectors):
            return call(builder, "llvm.fma.v16f32", VECTOR, vectors)

        return _lane_by_lane(context, builder, block, sig.args, args, operation)

    return block(x, y, z), build


@intrinsic
def select_less(typing, x, y, yes, no):
    """Lane by lane ``yes if x < y else no``; a nan is not less than anything."""
    block = _common(x, y, yes, no)

    def build(context, builder, sig, args):
        def operation(x, y, yes, no):
            return builder.select(builder.fcmp_ordered("<", x, y), yes, no)

        return _lane_by_lane(context, builder, block, sig.args, args, operation)

    return block(x, y, yes, no), build


@intrinsic
def first_lanes(typing, block, n):
    """The block with zeros in all lanes from number n on."""

    def build(context, builder, sig, args):
        kept = []
        for v in range(block.nv):
            number = ir.Constant(INT_VECTOR, list(range(v * LANES, (v + 1) * LANES)))
            limit = _splat(builder, builder.trunc(args[1], I32))
            keep = builder.icmp_signed("<", number, limit)
            kept.append(builder.select(keep, builder.extract_value(args[0], v), ir.Constant(VECTOR, None)))
        return make_block(builder, kept)

    return block(block, types.intp), build


@intrinsic
def sums(typing, block):
    """The 16 sums over the lanes of 16 vectors, in a block of one vector."""

    def build(context, builder, sig, args):
        even = ir.Constant(INT_VECTOR, list(range(0, 2 * LANES, 2)))
        odd = ir.Constant(INT_VECTOR, list(range(1, 2 * LANES, 2)))
        vectors = [builder.extract_value(args[0], v) for v in range(LANES)]
        while len(vectors) > 1:  # neighbors are added, lanes and vectors alike: 16 vectors, 8, 4, 2, 1
            pairs = zip(vectors[::2], vectors[1::2])
            vectors = [
                builder.fadd(builder.shuffle_vector(x, y, even), builder.shuffle_vector(x, y, odd))
                for x, y in pairs
            ]
        return make_block(builder, vectors)

    return Block(1)(block), build


@intrinsic
def power_of_two(typing, n):
    """2 ** (n - 1.5 * 2 ** 23) where that exponent is a whole number from -126 to 127, read off n's lowest bits."""

    def build(context, builder, sig, args):
        def operation(n):
            bits = builder.shl(builder.bitcast(n, INT_VECTOR), ir.Constant(INT_VECTOR, [23] * LANES))
            return builder.bitcast(builder.add(bits, ir.Constant(INT_VECTOR, [127 << 23] * LANES)), VECTOR)

        return _lane_by_lane(context, builder, n, sig.args, args, operation)

    return n(n), build
