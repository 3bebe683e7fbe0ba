"""The objective of most searches: how well a network of these settings does on held-out examples."""

import inspect

from nndl import require
from nndl.network import Network

__all__ = ["HeldOut"]

OF_SEARCH = {"self", "train", "epochs", "validation", "test", "progress", "checkpoint", "on_epoch"}
OF_FIT = set(inspect.signature(Network.fit).parameters) - OF_SEARCH


class HeldOut:
    """Trains a fresh network at given settings and returns its History, judged on validation data; S004.

    Parameters
    ----------
    network : callable -> Network
        Makes a network, the same each time, as in ``lambda: Network([Dense(784, 30), Dense(30, 10)])``. Settings
        that it has as arguments, as in ``lambda hidden: …``, go to it, all others to ``fit``.
    train, validation : Data
        What is learned from and what is judged on. There is no place for test data.
    epochs : int
        Epochs per trial; a setting of the same name may take its place.
    **fit
        What stays the same in every trial, as ``batch_size=10`` or ``stop=NoImprovement(10)``. Validation accuracy
        alone is monitored, unless ``monitor`` names more.

    Raises
    ------
    TypeError
        For a setting that neither network nor fit knows, and for test data.
    """

    def __init__(self, network, train, validation, epochs=10, **fit):
        if not callable(network):
            raise TypeError(
                f"network is a function that makes one, got {network!r}. Write lambda: Network(…)."
            )
        self.network, self.train, self.validation = network, train, validation
        self.fit = {
            "epochs": require.integer(epochs, "epochs", 1),
            "monitor": ["validation_accuracy"],
        } | fit
        self.of_network = set(inspect.signature(network).parameters)
        self._check(fit)

    def __call__(self, **settings):
        """Return the History of a training with these settings."""
        self._check(settings)
        net = self.network(**{k: v for k, v in settings.items() if k in self.of_network})
        fit = self.fit | {k: v for k, v in settings.items() if k not in self.of_network}
        if "eta" not in fit:
            raise TypeError("A training needs a learning rate: search for eta, or give HeldOut eta=0.5.")
        return net.fit(self.train, validation=self.validation, progress=False, **fit)

    def _check(self, settings):
        if "test" in settings:
            raise TypeError(
                "A search does not take test data: it would choose what fits them by chance. "
                "Evaluate the winner once, when the search is over: net.accuracy(test)."
            )
        if unknown := sorted(settings.keys() - self.of_network - OF_FIT - {"epochs"}):
            raise TypeError(
                f"Neither the network's function nor fit knows {', '.join(unknown)}. The function takes "
                f"{', '.join(sorted(self.of_network)) or 'nothing'}, fit {', '.join(sorted(OF_FIT))}."
            )
