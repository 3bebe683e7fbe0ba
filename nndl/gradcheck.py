"""Two routes to a gradient: backpropagation, and the slope measured with a ruler."""

import numpy as np

__all__ = ["grad_check", "slope"]


def slope(f, array, epsilon=1e-5, forward=False):
    """Return df/d(array), same shape, by central differences: two calls of f() for each number in the array.

    The array is nudged in place and put back. Use float64, and epsilon near 1e-5. With ``forward=True`` each number is
    nudged one way only: one call each, and one more for where it stands; the error is of order epsilon, not epsilon**2.
    """
    found = np.empty(array.shape, np.float64)
    here = f() if forward else None
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + epsilon
        above = f()
        if forward:
            found[index] = (above - here) / epsilon
        else:
            array[index] = kept - epsilon
            found[index] = (above - f()) / (2 * epsilon)
        array[index] = kept
    return found


def grad_check(net, x, y, epsilon=1e-5):
    """Return the relative error of ``net.gradients(x, y)`` against central differences, one number per layer
    with parameters.

    The error of a layer is |backprop - slope| / (|backprop| + |slope|) over all its weights and biases; below
    1e-6 is right, above 1e-3 wrong. Costs two forward passes per parameter: a small network, a few examples.
    Raises ValueError unless the network is float64, in which alone such small differences survive.
    """
    if net.dtype != np.float64:
        raise ValueError('grad_check needs a network in float64. Write Network(..., dtype="float64").')
    targets = net.targets(y, len(net.activations(x)[0]))

    def cost():
        return net.cost(net.activations(x)[-1], targets)

    errors = []
    learned = [layer for layer in net.layers if layer.w is not None]
    for layer, nablas in zip(learned, net.gradients(x, y)):
        back = np.concatenate([nabla.ravel() for nabla in nablas])
        ruler = np.concatenate([slope(cost, p, epsilon).ravel() for p in (layer.w, layer.b)])
        scale = np.linalg.norm(back) + np.linalg.norm(ruler)
        errors.append(float(np.linalg.norm(back - ruler) / scale) if scale else 0.0)
    return errors
