"""The programs that came with the book of 2015: their names and call signatures, on today's Python and this package.

    from nndl.classic import mnist_loader, network2

    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    net.SGD(training_data, 30, 10, 0.5, lmbda=5.0,
            evaluation_data=validation_data, monitor_evaluation_accuracy=True)

What stays: an example is a column (n, 1), a net holds ``biases`` (n, 1) and ``weights`` (n_out, n_in), accuracies are
counts, progress is printed, and chance comes from NumPy's and Python's own generators: ``np.random.seed(1)`` and
``random.seed(1)`` fix a run, and give the first weights and the order of examples that they gave then (under
Python 3; Python 2 shuffled in another way). ``seed=1`` does the same for one net alone.

What is mended, here and in every module: the caller's list is never shuffled, `verbose=False` is silent, sigmoids do
not overflow, costs stay finite, files hold no pickles, and whatever does not fit is refused at once, with advice.

Numbers are float64, as they were, so that a run can be followed to its last digits; NumPy computes them.
``dtype="float32"`` is there where speed matters: then network2 and network3 train in this package's compiled kernels.
New work is better served by `nndl.Network`.
"""

from importlib import import_module

__all__ = [
    "expand_mnist",
    "mnist_average_darkness",
    "mnist_loader",
    "mnist_svm",
    "network",
    "network2",
    "network3",
    "network_matrix",
]


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"nndl.classic has no module {name!r}; it has {', '.join(__all__)}.")
    return import_module(f"{__name__}.{name}")


def __dir__():
    return sorted([*globals(), *__all__])
