"""Classifiers without a network: what any network has to beat.

All are used alike: ``fit(train)`` returns the classifier, ``predict(x)`` gives labels (n,), ``accuracy(data)`` lies
in [0, 1].
"""

import numpy as np

from nndl import require
from nndl.data import Data

__all__ = ["SVM", "AverageDarkness", "RandomGuess", "svm"]


class _Baseline:
    """What all baselines share: accuracy, and a word with whoever predicts before fitting."""

    n_in = None  # number of inputs, known once fitted

    def accuracy(self, data):
        """Return the share of examples in data that are given their own label."""
        _labeled(data)
        return float(np.mean(self.predict(data.x) == data.y))

    def _fitted(self, x):
        if self.n_in is None:
            raise ValueError(f"{type(self).__name__} has seen no examples yet. Call fit(train) first.")
        x = np.asarray(x, np.float32)
        return require.array(x[None] if x.ndim == 1 else x, "x", np.float32, shape=(None, self.n_in))


class RandomGuess(_Baseline):
    """Any label, each as likely as the other: accuracy 1 / classes, whatever the data; S010.

    ``seed`` fixes the guesses; the same classifier asked twice guesses the same.
    """

    def __init__(self, seed=0):
        self.seed = require.integer(seed, "seed")

    def fit(self, train):
        """Note how many labels there are."""
        self.n_in, self.classes = _labeled(train).x.shape[1], train.classes
        return self

    def predict(self, x):
        """Return a label drawn at random for each row of x."""
        x = self._fitted(x)
        return np.random.default_rng(self.seed).integers(0, self.classes, len(x))


class AverageDarkness(_Baseline):
    """The label whose images hold, on average, the amount of ink nearest to this image's; S009.

    A one holds little ink, a zero much. Where two labels are equally near, the lower one is given.
    """

    def fit(self, train):
        """Measure the mean ink of every label, ``self.darkness`` (classes,), in whole black pixels."""
        ink = _ink(_labeled(train).x)
        self.n_in = train.x.shape[1]
        self.darkness = np.full(train.classes, np.inf)  # a label without examples is never the nearest
        for label in np.unique(train.y):
            self.darkness[label] = ink[train.y == label].mean()
        return self

    def predict(self, x):
        """Return the label with the nearest mean ink for each row of x."""
        return np.abs(_ink(self._fitted(x))[:, None] - self.darkness).argmin(axis=1)


class SVM(_Baseline):
    """A support vector machine with Gaussian kernel, exp(-gamma |x - x'|^2), from scikit-learn; S007.

    gamma is "auto" for 1 / n_in, which was the default when the published 9,435 of 10,000 were measured, "scale"
    for 1 / (n_in times the variance of x), which is the default now, or a number. C is the price of a training
    error. Training on 50,000 digits takes minutes, and the number of minutes grows with the square of that.
    """

    def __init__(self, gamma="auto", C=1.0):
        self.gamma = require.one_of(gamma, "gamma", ["auto", "scale"]) if isinstance(gamma, str) else gamma
        if not isinstance(gamma, str):
            require.positive(gamma, "gamma")
        self.C = require.positive(C, "C")

    def fit(self, train):
        """Find the support vectors."""
        from sklearn.svm import SVC  # half a second to import

        self.n_in = _labeled(train).x.shape[1]
        self.machine = SVC(C=self.C, gamma=self.gamma, cache_size=1000)  # MB; a larger cache, the same result
        self.machine.fit(train.x, train.y)
        return self

    def predict(self, x):
        """Return the label that wins most of the duels between two labels, for each row of x."""
        x = self._fitted(x)
        return self.machine.predict(x)


def svm(train, gamma="auto", C=1.0):
    """Return an SVM fitted to the training data."""
    return SVM(gamma, C).fit(train)


def _ink(x):
    return x.sum(axis=1, dtype=np.float64)


def _labeled(data):
    if not isinstance(data, Data):
        raise TypeError(f"Data is wanted, got {type(data).__name__}. Write Data(x, y).")
    if data.y.ndim != 1:
        raise ValueError(
            "A baseline learns labels (n,), but this data holds float targets. Use argmax(axis=1)."
        )
    return data
