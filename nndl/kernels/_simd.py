"""Blocks of 16 float32 numbers that stay in registers.

Numba's own loops leave to LLVM whether a loop becomes vector instructions, and it often declines. A `Block` takes
the decision away from it: it is ``nv`` vectors of 16 lanes, a type of which LLVM makes whatever the machine has
(AVX-512: one register a vector, AVX2: two, NEON: four). Blocks are made by `zeros` and `load`, kept by `store`,
combined with ``+ - * /`` and `fma`; numbers, and blocks of one vector, stretch to the size of their partner.

Arrays are flat, C-contiguous float32; offsets count elements and are not checked.
"""

import operator

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "LANES",
    "TILE",
    "VECTORS",
    "address",
    "first_lanes",
    "flush_denormals",
    "fma",
    "load",
    "peek",
    "poke",
    "power_of_two",
]
__all__ += ["prefetch", "restore_denormals", "select_less", "store", "sums", "zeros"]

LANES = 16
VECTORS = 2  # what the kernels work on: a tile of 2 vectors keeps both multipliers busy and a mini-batch in the cache
TILE = VECTORS * LANES
FLOAT, I32, I8_POINTER = ir.FloatType(), ir.IntType(32), ir.IntType(8).as_pointer()
VECTOR, INT_VECTOR = ir.VectorType(FLOAT, LANES), ir.VectorType(I32, LANES)


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
    """All lanes equal to x."""
    lane = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), x, ir.Constant(I32, 0))
    return builder.shuffle_vector(
        lane, ir.Constant(VECTOR, ir.Undefined), ir.Constant(INT_VECTOR, [0] * LANES)
    )


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
    return _block(builder, [operation(*vectors) for vectors in zip(*columns)])


def _block(builder, vectors):
    """The block made of these vectors."""
    result = ir.Constant(ir.ArrayType(VECTOR, len(vectors)), ir.Undefined)
    for v, vector in enumerate(vectors):
        result = builder.insert_value(result, vector, v)
    return result


def _call(builder, name, returns, args):
    """Call one of LLVM's own functions."""
    kind = ir.FunctionType(returns, [a.type for a in args])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, args)


def _address(builder, pointer, at, kind):
    """The address of element ``at``, as a pointer to ``kind``."""
    return builder.bitcast(builder.gep(pointer, [at]), kind.as_pointer())


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


@intrinsic
def fma(typing, x, y, z):
    """X * y + z, rounded once."""
    block = _common(x, y, z)

    def build(context, builder, sig, args):
        def operation(*vectors):
            return _call(builder, "llvm.fma.v16f32", VECTOR, vectors)

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
            limit = builder.bitcast(
                _splat(builder, builder.bitcast(builder.trunc(args[1], I32), FLOAT)), INT_VECTOR
            )
            keep = builder.icmp_signed("<", number, limit)
            kept.append(builder.select(keep, builder.extract_value(args[0], v), ir.Constant(VECTOR, None)))
        return _block(builder, kept)

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
        return _block(builder, vectors)

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


# --- memory ---


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
def zeros(typing, nv):
    """A block of nv vectors of zeros; nv is a constant."""

    def build(context, builder, sig, args):
        return ir.Constant(ir.ArrayType(VECTOR, nv.literal_value), None)

    return Block(nv.literal_value)(nv), build


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
        return _block(builder, vectors)

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
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, read, keep, data])
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
        _call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [word[1]])
        before = builder.load(word[0])
        builder.store(builder.or_(before, ir.Constant(I32, FLUSH)), word[0])
        _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [word[1]])
        return before

    return types.int32(), build


@intrinsic
def restore_denormals(typing, before):
    """Undo `flush_denormals`."""

    def build(context, builder, sig, args):
        word = _control_word(builder)
        if word is not None:
            builder.store(args[0], word[0])
            _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [word[1]])
        return context.get_dummy_value()

    return types.void(types.int32), build
