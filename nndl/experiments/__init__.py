"""Where the measured numbers of the book come from: one file per experiment, one record of each in results/.

``experiments.chapter1_hidden30.load()`` is a record, ``.run()`` makes a new one, and ``python -m nndl.experiments``
runs and writes those it is given the names of.
"""

from importlib import import_module

__all__ = [
    "average_darkness", "chapter1_fast_eta", "chapter1_hidden30", "chapter1_hidden100", "chapter1_no_hidden",
    "chapter1_slow_eta", "confusion", "digit_counts", "draw_digit_weights", "gradient_estimate", "segmentation",
    "svm_baseline", "zero_one",
]  # fmt: skip


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"There is no experiment {name!r}. There are: {', '.join(__all__)}.")
    return import_module(f"{__name__}.{name}")


def __dir__():
    return [*globals(), *__all__]
