"""The experiments of chapter 1 that train a network and watch its test accuracy: same code, other settings."""

from dataclasses import dataclass

from nndl import Dense, Large, Network, Quadratic, load_mnist
from nndl.experiments import _record

__all__ = ["Training", "best_and_last"]

BEST = (
    "value is the best test accuracy over the epochs; the published figure is the best epoch of the best of three "
    "runs, which best_of_three is comparable with; last is the accuracy after the last epoch, which no test data chose"
)


@dataclass(frozen=True)
class Training:
    """A network of sigmoid neurons with quadratic cost and the first chapter's start, trained once per seed.

    ``published`` is the book's test accuracy, ``band`` the accuracies in which ours has to lie.
    """

    name: str
    ids: tuple
    sizes: tuple
    eta: float
    published: float | None
    band: tuple
    seeds: tuple = tuple(range(10))
    epochs: int = 30
    batch_size: int = 10
    judge: str = "mean"
    note: str = BEST

    def network(self, seed):
        """Return the network before its first step."""
        layers = [Dense(n_in, n_out) for n_in, n_out in zip(self.sizes, self.sizes[1:])]
        return Network(layers, cost=Quadratic(), seed=seed, initializer=Large())

    def run(self, seeds=None, epochs=None, progress=True):
        """Train on MNIST, once per seed, and return the record; a test asks for fewer seeds and epochs."""
        watch = _record.Stopwatch()
        seeds, epochs = self.seeds if seeds is None else seeds, self.epochs if epochs is None else epochs
        parts = load_mnist()
        runs = [self.train(seed, epochs, parts, progress)[1] for seed in seeds]
        return _record.complete(
            self.name,
            runs,
            watch,
            ids=list(self.ids),
            settings=self.settings | {"epochs": epochs},
            last=_last(runs),
            best_of_three=_record.best_of([run["value"] for run in runs], 3),
            published=self.published,
            band=list(self.band),
            judge=self.judge,
            unit="test accuracy",
            data=parts[0].name,
            note=self.note,
        )

    def train(self, seed, epochs, parts, progress=True):
        """Return a trained network and its run for the record."""
        train, validation, test = parts
        net = self.network(seed)
        history = net.fit(
            train,
            epochs,
            batch_size=self.batch_size,
            eta=self.eta,
            validation=validation,
            test=test,
            progress=progress,
        )
        return net, {"seed": seed, **best_and_last(history)}

    @property
    def settings(self):
        """What has to be known to run it again."""
        return {
            "sizes": list(self.sizes), "activation": "sigmoid", "cost": "quadratic", "initializer": "Large",
            "eta": self.eta, "batch_size": self.batch_size, "epochs": self.epochs, "lmbda": 0.0, "dtype": "float32",
        }  # fmt: skip

    def load(self):
        """Return the record in results/."""
        return _record.load(self.name)


def best_and_last(history):
    """Return best and last test accuracy of a training, with its curves."""
    accuracy = history.test_accuracy
    return {
        "value": max(accuracy),
        "best_epoch": accuracy.index(max(accuracy)),  # counted from 0, as published
        "last": accuracy[-1],
        "seconds": round(sum(history.seconds), 3),
        "test_accuracy": accuracy,
        "validation_accuracy": history.validation_accuracy,
        "training_cost": history.training_cost,
    }


def _last(runs):
    values = [run["last"] for run in runs]
    return {"mean": sum(values) / len(values), "interval": _record.student(values)}
