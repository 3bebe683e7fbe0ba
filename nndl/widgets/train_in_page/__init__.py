"""Train in the page: a small network that learns while the reader watches, and a large one where a kernel is live."""

import time

import numpy as np
import traitlets as t

from nndl import initializers, require
from nndl.costs import CrossEntropy, Quadratic
from nndl.data import Data
from nndl.layers import Dense
from nndl.network import Network
from nndl.widgets._base import Figure, paper
from nndl.widgets.train_in_page.digits import packed_digits, small_digits
from nndl.widgets.train_in_page.retrainer import Retrainer

__all__ = ["TrainInPage", "small_digits"]

COSTS = {"quadratic": Quadratic, "cross_entropy": CrossEntropy}
STARTS = {"large": initializers.Large, "default": initializers.Default}
WATCHED = ["training_cost", "training_accuracy", "validation_cost", "validation_accuracy"]
SETTINGS = ("eta", "batch_size", "hidden", "lmbda", "mu", "cost", "start", "seed", "epochs")


class TrainInPage(Figure, folder="train_in_page"):
    """A network of sigmoid neurons that learns in the browser from 400 small digits, as sliders move.

    Parameters
    ----------
    train, validation : Data, optional
        What a live kernel retrains on, both or neither: with MNIST, the network [784, hidden, 10] of chapter 1.
        The page shows this run in place of the small one while a kernel answers.
    eta, lmbda, mu : float
        Learning rate per step, L2 regularization, momentum coefficient.
    batch_size, hidden, epochs, seeds, seed : int
        Examples per step; hidden neurons, 0 for none; passes; how many runs, with seeds from ``seed`` on.
    cost : "quadratic" or "cross_entropy"
    start : "large" or "default"
        Weights from N(0, 1), as in chapter 1, or from N(0, 1/n_in).

    Notes
    -----
    Every parameter is a trait: ``fig.eta`` follows the slider, and setting it moves the slider. ``fig.result`` holds
    what the page's latest finished run came to. ``fig.net`` and ``fig.history`` are the kernel's latest run.
    """

    eta = t.Float(3.0).tag(sync=True)
    lmbda = t.Float(0.0).tag(sync=True)
    mu = t.Float(0.0).tag(sync=True)
    batch_size = t.Int(10).tag(sync=True)
    hidden = t.Int(30).tag(sync=True)
    epochs = t.Int(30).tag(sync=True)
    seeds = t.Int(5).tag(sync=True)
    seed = t.Int(0).tag(sync=True)
    cost = t.Unicode("quadratic").tag(sync=True)
    start = t.Unicode("large").tag(sync=True)
    result = t.Dict().tag(sync=True)

    pixels = t.Bytes().tag(sync=True)  # (600, 64), 0 to 16
    labels = t.Bytes().tag(sync=True)
    n_train = t.Int().tag(sync=True)

    ping = t.Int(0).tag(sync=True)  # a number that the page sends, and a live kernel sends back as pong
    pong = t.Int(0).tag(sync=True)
    wanted = t.Int(0).tag(sync=True)  # the kernel run that the page asks for; 0 for none
    kernel_data = t.Dict().tag(sync=True)  # empty without train and validation
    kernel_run = t.Dict().tag(sync=True)
    kernel_weights = t.Bytes().tag(sync=True)  # of the first layer, (neurons, inputs), scaled to int8

    def __init__(self, train=None, validation=None, **settings):
        self.net = self.history = None
        self._retrainer = Retrainer(self._fit)  # first: a figure that is refused below is closed as well
        self._data = _check_data(train, validation)
        pixels, labels = packed_digits()
        super().__init__(
            pixels=pixels.tobytes(), labels=labels.tobytes(), n_train=len(small_digits()[0]),
            kernel_data=_describe(*self._data) if self._data else {}, **settings,
        )  # fmt: skip

    @property
    def alt(self):
        """What the figure shows, in words."""
        return (
            f"Training curves of a network with {self.hidden} hidden neurons, learning rate {self.eta:g}, mini-batches "
            f"of {self.batch_size}: accuracy and cost by epoch, {self.seeds} seeds, with sliders that change them."
        )

    @t.validate("eta", "lmbda", "mu", "batch_size", "hidden", "epochs", "seeds", "seed", "cost", "start")
    def _check(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        if name == "eta":
            return require.positive(value, name, "It is a step length: try 3.0.")
        if name in ("lmbda", "mu"):
            return require.number(value, name, 0, 1 if name == "mu" else np.inf)
        if name in ("cost", "start"):
            return require.one_of(value, name, tuple(COSTS if name == "cost" else STARTS))
        return require.integer(value, name, 0 if name in ("hidden", "seed") else 1)

    @t.observe("ping")
    def _answer(self, change):
        """Tell the page that a kernel is live."""
        self.pong = change["new"]

    @t.observe("wanted", *SETTINGS)
    def _retrain(self, change):
        """Begin the kernel's run anew, if the page shows it; the run before it is let go."""
        if not self._data:
            return
        if self.wanted:
            self._retrainer.request(self.settings())
        else:
            self._retrainer.stop()

    def settings(self):
        """Return what a run is made of: the traits from eta to epochs, by name."""
        return {name: getattr(self, name) for name in SETTINGS}

    def wait(self, timeout=None):
        """Block until the kernel's run has ended; raise what stopped it, or TimeoutError after so many seconds."""
        self._retrainer.wait(timeout)

    def close(self):
        """Take the figure off the page and end the kernel's run."""
        self._retrainer.stop()
        super().close()

    def _fit(self, settings, stale):
        """Train on the reader's data in the background, and send the curves epoch by epoch."""
        train, validation = self._data
        net = _network(settings, train.x.shape[1], train.targets.shape[1])
        run = {"run": self.wanted, "settings": settings}
        began = time.perf_counter()

        def push(history, state="running"):
            if stale():
                return
            curves = {name: _plain(getattr(history, name)) for name in WATCHED}
            self.kernel_weights = _int8(net.layers[0].w).tobytes()
            self.kernel_run = {
                **run,
                "state": state,
                "curves": curves,
                "seconds": round(time.perf_counter() - began, 2),
            }

        push(net.history)
        try:
            _learn(net, settings, train, validation, on_epoch=push, stop=lambda history: stale())
        except Exception as error:
            self.kernel_run = {**run, "state": "failed", "curves": {}, "error": str(error)}
            raise  # so that wait() tells Python as well
        if not stale():
            self.net, self.history = net, net.history
            push(net.history, "done")

    def picture(self):
        """The curves of one such run on the small digits, trained by nndl now (under a second)."""
        train, held_out = small_digits()
        history = _learn(_network(self.settings(), 64, 10), self.settings(), train, held_out)
        return _draw(history)


def _check_data(train, validation):
    """Return (train, validation), or None if neither was given."""
    if train is None and validation is None:
        return None
    for name, data in (("train", train), ("validation", validation)):
        if not isinstance(data, Data):
            raise TypeError(
                f"{name} is Data, got {data!r}. Write train, validation, test = nndl.load_mnist()."
            )
    if train.x.shape[1] != validation.x.shape[1] or train.targets.shape[1] != validation.targets.shape[1]:
        raise ValueError(
            f"train and validation are of one kind, got {train!r} and {validation!r}. Cut both from one set."
        )
    return train, validation


def _describe(train, validation):
    sizes = {"inputs": train.x.shape[1], "classes": train.targets.shape[1]}
    return {"name": train.name or "your data", "train": len(train), "validation": len(validation), **sizes}


def _network(settings, n_in, classes):
    hidden = settings["hidden"]
    layers = [Dense(n_in, hidden), Dense(hidden, classes)] if hidden else [Dense(n_in, classes)]
    return Network(
        layers, COSTS[settings["cost"]](), settings["seed"], initializer=STARTS[settings["start"]]()
    )


def _learn(net, settings, train, validation, **hooks):
    """Train net as the settings say, silently, and return its history with all four curves."""
    chosen = {name: settings[name] for name in ("epochs", "batch_size", "eta", "lmbda", "mu")}
    return net.fit(train, validation=validation, monitor=WATCHED, progress=False, **chosen, **hooks)


def _plain(values):
    """Numbers as JSON has them: a cost that overflowed becomes None."""
    return [round(float(v), 6) if np.isfinite(v) else None for v in values]


def _int8(w):
    """Weights on a scale of -127 to 127 for each neuron: enough for a small picture."""
    largest = np.nan_to_num(np.abs(w)).max(axis=1, keepdims=True)
    return np.nan_to_num(w / np.where(largest > 0, largest, 1) * 127).astype(np.int8)


def _draw(history):
    drawing, (left, right) = paper(2)
    epochs = np.arange(1, history.epochs + 1)
    for name, color, label in (("training", "#c65600", "training"), ("validation", "#0072b2", "held out")):
        left.plot(epochs, np.multiply(100, getattr(history, f"{name}_accuracy")), color=color, label=label)
        right.plot(epochs, getattr(history, f"{name}_cost"), color=color, label=label)
    left.set(xlabel="epoch", title="accuracy, %", ylim=(0, 102))
    right.set(xlabel="epoch", title="cost", ylim=(0, None))
    left.legend(frameon=False, fontsize=9)
    return drawing
