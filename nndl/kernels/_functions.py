"""Activations and their slopes, lane by lane, on blocks of float32."""

from nndl.kernels._jit import inlined
from nndl.kernels._simd import fma, power_of_two, select_less

__all__ = ["CODES", "SOFTMAX", "activate", "exp", "sign", "slope"]

SIGMOID, TANH, RELU, LINEAR, SOFTMAX = range(5)
CODES = {"sigmoid": SIGMOID, "tanh": TANH, "relu": RELU, "linear": LINEAR, "softmax": SOFTMAX}


@inlined
def exp(x):
    """E ** x to about one unit in the last place; x is clipped to [-87, 88], nan stays nan.

    x = n ln 2 + r with n whole and |r| <= ln 2 / 2; e ** r is a polynomial, 2 ** n a shift of the exponent's bits.
    """
    x = select_less(x, -87.0, -87.0, x)
    x = select_less(88.0, x, 88.0, x)
    shifted = fma(
        x, 1.4426950408889634, 12582912.0
    )  # adding 1.5 * 2 ** 23 rounds to the nearest whole number
    n = shifted - 12582912.0
    r = fma(n, 2.12194440054690583e-4, fma(n, -0.693359375, x))  # ln 2 in two parts, the first one exact
    p = fma(fma(fma(fma(0.00138131447, r, 0.00836941879), r, 0.0416684560), r, 0.166665152), r, 0.49999994)
    return fma(p * r, r, r + 1.0) * power_of_two(shifted)


@inlined
def activate(code, z):
    """sigma(z); softmax, which needs the whole row, is left for later.

    tanh z = 2 sigma(2z) - 1 with the sigmoid sigma, and near 0, where that would cancel, an odd polynomial.
    """
    if code == RELU:
        return select_less(z, 0.0, 0.0, z)
    if code == SIGMOID:
        return 1.0 / (1.0 + exp(0.0 - z))
    if code == TANH:
        u = z * z
        p = fma(
            fma(fma(fma(-0.00589515781, u, 0.0207959712), u, -0.0537838303), u, 0.133319244), u, -0.333332986
        )
        return select_less(u, 0.36, fma(p * u, z, z), 1.0 - 2.0 / (1.0 + exp(z + z)))
    return z


@inlined
def slope(code, a):
    """sigma'(z), from a = sigma(z); for softmax, the part of it that multiplies."""
    if code == SIGMOID:
        return a * (1.0 - a)
    if code == TANH:
        return fma(0.0 - a, a, 1.0)
    if code == RELU:
        return select_less(0.0, a, 1.0, 0.0 * a)
    if code == SOFTMAX:
        return a
    return fma(0.0, a, 1.0)


@inlined
def sign(w):
    """sgn(w), with sgn(0) = 0 and sgn(nan) = nan."""
    return select_less(0.0, w, 1.0, select_less(w, 0.0, -1.0, w))
