"""Training on digits that never stand quite still: every epoch sees each image moved by up to a pixel."""

from nndl.augment import Distort

__all__ = ["fit_shifted"]


def fit_shifted(net, train, validation, *, epochs, eta, lmbda, rng, progress=True):
    """Train on freshly shifted data in every epoch, eta falling in a straight line; return validation accuracies."""
    change, seen = Distort(shift=1), []
    for epoch in range(epochs):
        history = net.fit(
            change(train, rng),
            1,
            eta=eta * (1 - epoch / epochs),
            lmbda=lmbda,
            validation=validation,
            progress=progress,
        )
        seen += history.validation_accuracy
    return seen
