"""A support vector machine on MNIST, as it came in 2015: 9,435 of 10,000 test images; S007.

``python -m nndl.classic.mnist_svm`` runs it. scikit-learn has changed its default since then; the gamma of the time,
1 / 784, is kept here.
"""

import nndl
from nndl.baselines import SVM

__all__ = ["svm_baseline"]


def svm_baseline(data=None, *, verbose=True):
    """Fit the machine to the raw training images, print how many test images it reads, and return that number.

    data is a triple of Data, ``nndl.load_mnist()`` if not given: then this takes minutes.
    """
    train, _, test = data or nndl.load_mnist()
    right = round(SVM(gamma="auto").fit(train).accuracy(test) * len(test))
    if verbose:
        print(f"A support vector machine reads {right} of {len(test)} test images.")
    return right


if __name__ == "__main__":
    svm_baseline()
