"""Figures that move: in JupyterLab, in Colab and in the built book, with or without a kernel.

Each is a thin ``anywidget`` whose arithmetic and drawing are one JavaScript module in the page. The inputs
are traits, so a notebook can read and set them::

    fig = Descend(eta=0.3)
    fig.eta                     # follows the slider
"""

from importlib import import_module

__all__ = ["Descend", "DrawDigit", "NandBoard", "TrainInPage"]

_HOMES = {
    "Descend": "descend",
    "DrawDigit": "draw_digit",
    "NandBoard": "nand_board",
    "TrainInPage": "train_in_page",
}


def __getattr__(name):
    """Import a figure when it is first asked for: ``import nndl`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"nndl.widgets has no figure {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted([*globals(), *__all__])
