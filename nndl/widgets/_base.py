"""What every figure is made of: one module, one style sheet, and a picture for where nothing moves."""

import base64
import io
from pathlib import Path

import anywidget

__all__ = ["Figure", "css", "esm", "paper"]

HERE = Path(__file__).parent

# Joined in this order into one module without imports: later files use the names of earlier ones.
SHARED = ("_numbers.js", "_common.js", "_draw.js")
ENTRY = "widget.js"


def esm(name):
    """The ES module of figure ``name``: the shared code, its own files by name, and ``widget.js`` last.

    Raises FileNotFoundError if there is no such figure.
    """
    last = HERE / name / "widget.js"
    own = sorted(file for file in last.parent.glob("*.js") if file != last)
    files = [HERE / shared for shared in SHARED] + own + [last]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def css(name):
    """The style sheet of figure ``name``: the shared rules, then its own where it has any.

    A page with several figures holds the shared rules several times, so being later is not enough for a figure's
    own rules to win: each ``.nndl-<name>`` is given the weight of ``.nndl-fig`` as well.
    """
    rules = (HERE / "_common.css").read_text(encoding="utf-8")
    own = HERE / name / "widget.css"
    if own.exists():
        rules += own.read_text(encoding="utf-8").replace(f".nndl-{name}", f".nndl-fig.nndl-{name}")
    return rules


class Figure(anywidget.AnyWidget):
    """A figure that computes in the page.

    A subclass names its folder and adds its inputs as synced traits; it says in ``alt`` what the figure shows
    and may draw it in ``picture``, for print and for places where no widget lives::

        class Descend(Figure, folder="descend"):
            eta = traitlets.Float(0.3).tag(sync=True)
    """

    alt = "An interactive figure of the course."

    def __init_subclass__(cls, folder=None, **kwargs):
        if folder is not None:
            cls._esm, cls._css = esm(folder), css(folder)
        super().__init_subclass__(**kwargs)

    def __init__(self, **settings):
        unknown = [name for name in settings if not self.has_trait(name)]
        if unknown:
            inherited = set(anywidget.AnyWidget.class_trait_names())
            known = [name for name in self.trait_names(sync=True) if name not in inherited and name[0] != "_"]
            raise TypeError(
                f"{type(self).__name__} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}."
            )
        super().__init__(**settings)

    def picture(self):
        """The figure as it stands, drawn by matplotlib; None where there is nothing to draw."""
        return None

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = self.alt
        drawn = self.picture()
        if drawn is not None:
            data["image/png"] = _png(drawn)
            metadata = {**metadata, "image/png": {"alt": self.alt}}
        return data, metadata


def paper(cols=1, width=7.0, height=3.0):
    """An empty matplotlib figure in the book's quiet style and its axes: (figure, [axes, …]); inches."""
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(width, height), layout="constrained")
    axes = [drawing.add_subplot(1, cols, i + 1) for i in range(cols)]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=9)
    return drawing, axes


def _png(drawing):
    stream = io.BytesIO()
    drawing.savefig(stream, format="png", dpi=110)
    return base64.b64encode(stream.getvalue()).decode("ascii")
