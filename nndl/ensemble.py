"""Several classifiers that vote: they make different mistakes, and most of them are outvoted."""

from typing import NamedTuple

import numpy as np

from nndl import Data, require

__all__ = ["Ensemble", "Errors", "errors", "train_members", "vote"]


class Errors(NamedTuple):
    """The examples that were misread: their indices, images (n, side, side), true labels, and what was said instead."""

    indices: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    votes: np.ndarray


def vote(predictions, ties="lowest"):
    """Return the label that most members give to each example, (n,), from their predictions (members, n); S135.

    A plurality is enough. Of labels with equally many votes the "lowest" is taken, so that the order of the members
    does not matter; with ties="first" the one that the earliest member voted for: put the best member first.
    """
    require.array(predictions, "predictions", shape=(None, None))
    predictions = np.asarray(predictions)
    require.one_of(ties, "ties", ("lowest", "first"))
    if predictions.dtype.kind not in "iu" or predictions.size == 0:
        raise TypeError(
            f"predictions are whole numbers (members, n), got {predictions.dtype} of shape {predictions.shape}. "
            "Outputs of networks? Take predict(x) of each."
        )
    if predictions.min() < 0:
        raise ValueError(f"Labels start at 0, got {predictions.min()}.")
    counts = _counts(predictions, predictions.max() + 1)
    if ties == "lowest":
        return counts.argmax(axis=1)
    support = np.take_along_axis(counts, predictions.T, axis=1)  # votes for what each member said
    return predictions.T[np.arange(len(support)), support.argmax(axis=1)]


class Ensemble:
    """Members that vote; each is anything with ``predict(x)``: a network, a baseline, another ensemble; S148.

    Parameters
    ----------
    members : list
        Classifiers of the same examples.
    ties : "lowest" or "first"
        Who wins of labels with equally many votes; see `vote`.
    """

    def __init__(self, members, ties="lowest"):
        self.members = list(members)
        if not self.members:
            raise ValueError("An ensemble has at least one member, got none. Five are a good number.")
        for member in self.members:
            if not callable(getattr(member, "predict", None)):
                raise TypeError(f"A member has predict(x), got {member!r}.")
        self.ties = require.one_of(ties, "ties", ("lowest", "first"))

    def predictions(self, x):
        """Return what each member says, (members, n)."""
        return self._stacked([member.predict(x) for member in self.members])

    def votes(self, x, classes=10):
        """Return how many members say each label, (n, classes): rows sum to the number of members."""
        predictions = self.predictions(x)
        return _counts(predictions, max(require.integer(classes, "classes", 1), predictions.max() + 1))

    def predict(self, x):
        """Return the label with the most votes: (n,), or a number for one example where networks are the members."""
        said = [member.predict(x) for member in self.members]
        labels = vote(self._stacked(said), self.ties)
        return labels[0] if np.ndim(said[0]) == 0 else labels

    def accuracy(self, data):
        """Return the share of examples whose vote is right, in [0, 1]."""
        return float(np.mean(self.predict(data.x) == _labels(data)))

    def accuracies(self, data):
        """Return the same for each member alone, (members,)."""
        return (self.predictions(data.x) == _labels(data)).mean(axis=1)

    @staticmethod
    def _stacked(said):
        rows = [np.atleast_1d(labels) for labels in said]
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"Members give one label per example, got {[len(row) for row in rows]}.")
        return np.stack(rows)

    def __len__(self):
        return len(self.members)

    def __repr__(self):
        return f"Ensemble of {len(self)}: {', '.join(sorted({repr(member) for member in self.members}))}"


def train_members(make, train, epochs, *, members=5, ties="lowest", **settings):
    """Return an Ensemble of networks that differ by nothing but their seed; S135, and five of them as in A025.

    make(seed) returns a fresh Network; each is fitted to train with the settings of ``fit``.
    """
    nets = [make(seed) for seed in range(require.integer(members, "members", 1))]
    if len({id(net) for net in nets}) < len(nets):
        raise ValueError("make(seed) returns a new network with every call, got the same one twice.")
    for net in nets:
        net.fit(train, epochs, **settings)
    return Ensemble(nets, ties)


def errors(classifier, data):
    """Return the Errors of a classifier, or an ensemble, on data, in the order of the examples, to be drawn."""
    if not isinstance(data, Data):
        raise TypeError(f"Data is wanted, got {type(data).__name__}. Write Data(x, y).")
    said, labels = np.atleast_1d(classifier.predict(data.x)), _labels(data)
    wrong = np.flatnonzero(said != labels)
    return Errors(wrong, data.images[wrong], labels[wrong], said[wrong])


def _counts(predictions, classes):
    """Return how often each label occurs in each column of predictions (members, n): (n, classes)."""
    n = predictions.shape[1]
    cells = predictions.astype(np.int64) + classes * np.arange(n)
    return np.bincount(cells.ravel(), minlength=n * classes).reshape(n, classes)


def _labels(data):
    return data.y if data.y.ndim == 1 else data.y.argmax(axis=1)
