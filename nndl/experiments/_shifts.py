"""Training on digits that never stand quite still: every epoch sees each image moved by up to a pixel."""

import numpy as np

from nndl import Data

__all__ = ["fit_shifted", "shifted"]


def shifted(data, rng, reach=1):
    """Return the data with every image moved by up to ``reach`` pixels each way, paper coming in at the edges."""
    images = data.images
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach)))
    moves = rng.integers(0, 2 * reach + 1, (len(data), 2))
    out = np.empty_like(images)
    for row in range(2 * reach + 1):
        for col in range(2 * reach + 1):
            here = (moves[:, 0] == row) & (moves[:, 1] == col)
            out[here] = padded[here, row : row + side, col : col + side]
    return Data(out, data.y, data.classes, name=data.name)


def fit_shifted(net, train, validation, *, epochs, eta, lmbda, rng, progress=True):
    """Train on freshly shifted data in every epoch, eta falling in a straight line; return validation accuracies."""
    seen = []
    for epoch in range(epochs):
        history = net.fit(
            shifted(train, rng),
            1,
            eta=eta * (1 - epoch / epochs),
            lmbda=lmbda,
            validation=validation,
            progress=progress,
        )
        seen += history.validation_accuracy
    return seen
