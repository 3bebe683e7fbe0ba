"""A learner's formula, read as text and never run: ``same("-eta*g**2", "-g*g*eta", "eta g")`` is True.

A formula arrives as a string from an untrusted notebook. ``eval`` and ``sympify`` would run it, so it is parsed
with ``ast``, and only numbers, the named symbols, ``+ - * / **`` and a few functions get through. Two formulas count
as the same when they agree at a dozen random points: unlike a search for a simplification this always ends, and
two short formulas that differ do not agree at twelve points. Plain floats keep every intermediate number small.
"""

import ast
import cmath
import operator
import random

__all__ = ["evaluate", "same"]

_LONGEST = 300  # characters; formulas of this course have fewer than fifty
_POINTS = 12
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def _sigma(z):
    return 1 / (1 + cmath.exp(-z))


_FUNCTIONS = {
    "exp": cmath.exp, "log": cmath.log, "ln": cmath.log, "sqrt": cmath.sqrt,
    "cos": cmath.cos, "sin": cmath.sin, "abs": abs, "sigma": _sigma,
}  # fmt: skip


def evaluate(text, **values):
    """The value, a complex number, of the formula ``text`` where its symbols have the given values.

    Raises
    ------
    ValueError
        If the text is no formula, uses a symbol without a value or a function other than exp, log (or ln), sqrt,
        cos, sin, abs and sigma, or leaves the range of floats.
    """
    if not isinstance(text, str):
        raise ValueError(f"A formula is a string such as '-eta*g**2', got {text!r:.60}. Put it in quotes.")
    if len(text) > _LONGEST:
        raise ValueError(f"The formula has {len(text)} characters; {_LONGEST} should do. Simplify it first.")
    try:
        return complex(_value(ast.parse(text.strip(), mode="eval").body, values))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r:.80} is not a formula in Python's notation, such as -eta*g**2.") from error
    except ArithmeticError as error:
        raise ValueError(f"{text!r:.80} has no finite value at some point: a division by 0?") from error


def same(text, wanted, symbols, low=0.3, high=3.0):
    """Whether two formulas agree for all values of the symbols, a string of names such as "eta g".

    ``wanted`` is a formula or a function of the symbols in their order (from ``sympy.lambdify``, say). Points are
    drawn between low and high. Raises ValueError where ``evaluate`` refuses ``text``.
    """
    names = symbols.split()
    draw = random.Random(20)
    for _ in range(_POINTS):
        point = {name: draw.uniform(low, high) for name in names}
        want = wanted(*point.values()) if callable(wanted) else evaluate(wanted, **point)
        if not abs(evaluate(text, **point) - want) <= 1e-9 * (1 + abs(want)):
            return False
    return True


def _value(node, values):
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            return _lookup(name, values)
        case ast.UnaryOp(op=op, operand=inner) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(inner, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(inner, values))
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError("In Python ^ is not a power. Write ** instead.")
    raise ValueError(
        f"{ast.unparse(node)!r:.60} does not belong in a formula. Use numbers, + - * / **, and {', '.join(_FUNCTIONS)}."
    )


def _lookup(name, values):
    if name in values:
        return values[name]
    hint = f"Write {name}(...) with its argument." if name in _FUNCTIONS else f"Use {', '.join(values)}."
    raise ValueError(f"The formula uses {name!r}, which has no value here. {hint}")
