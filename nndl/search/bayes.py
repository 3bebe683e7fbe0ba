"""A search that learns where to look: a Gaussian process over the settings, and the improvement it expects.

After Snoek, Larochelle and Adams (2012). Optuna, where it is installed, can take its place.
"""

import math
from itertools import product

import numpy as np

from nndl import require
from nndl.search.result import Result, run
from nndl.search.space import LogUniform, ranges

__all__ = ["GaussianProcess", "bayesian", "expected_improvement"]

CANDIDATES = 1000


class GaussianProcess:
    """A distribution over smooth functions, given some of their values.

    Parameters
    ----------
    x : array (n, d)
        Points in the unit cube.
    y : array (n,)
        Values there, finite.
    scales, noises : sequences of float
        Lengths over which values resemble each other, and standard deviations of the noise as shares of that of y; the
        pair that makes the values most likely is taken (``scale``, ``noise``).

    Notes
    -----
    The covariance is Matérn's with nu = 5/2, for functions with two derivatives and no more.
    """

    def __init__(self, x, y, scales=(0.1, 0.2, 0.4, 0.8, 1.6), noises=(1e-3, 1e-2, 1e-1, 0.5)):
        self.x = require.array(x, "x", shape=(None, None))
        y = require.array(y, "y", shape=(len(self.x),))
        self.mean, self.sd = y.mean(), y.std() or 1.0
        fits = [(*self._fit((y - self.mean) / self.sd, *pair), *pair) for pair in product(scales, noises)]
        _, self.factor, self.weights, self.scale, self.noise = max(fits, key=lambda fit: fit[0])

    def _fit(self, y, scale, noise):
        """The log-likelihood of y, the Cholesky factor of its covariance K, and K^-1 y."""
        factor = np.linalg.cholesky(_matern(self.x, self.x, scale) + (noise**2 + 1e-10) * np.eye(len(y)))
        weights = np.linalg.solve(factor.T, np.linalg.solve(factor, y))
        return -y @ weights / 2 - np.log(np.diag(factor)).sum(), factor, weights

    def __call__(self, x):
        """Return (mean, sd) of the function, without the noise, at the points x (m, d)."""
        k = _matern(np.asarray(x, float), self.x, self.scale)
        spread = 1 - np.square(np.linalg.solve(self.factor, k.T)).sum(axis=0)
        return self.mean + self.sd * (k @ self.weights), self.sd * np.sqrt(np.maximum(spread, 0))


def _matern(a, b, scale):
    """Matérn covariances (n, m), nu = 5/2, of points a (n, d) and b (m, d); 1 where they are the same."""
    distance = math.sqrt(5) / scale * np.sqrt(np.square(a[:, None] - b[None]).sum(axis=-1))
    return (1 + distance + distance**2 / 3) * np.exp(-distance)


def expected_improvement(mean, sd, best):
    """Return the mean of max(0, value - best) for normal values (mean, sd); at least 0, shape of mean."""
    mean, sd = np.asarray(mean, float), np.asarray(sd, float)
    gain = mean - best
    safe = np.where(sd > 0, sd, 1.0)
    with np.errstate(over="ignore"):
        z = np.clip(gain / safe, -40, 40)
    cdf = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z.ravel()]).reshape(z.shape)
    expected = gain * cdf + safe * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return np.where(sd > 0, np.maximum(expected, 0), np.maximum(gain, 0))


def bayesian(objective, space, trials=20, seed=0, start=5, engine="gaussian process"):
    """Return the Result of trials, each placed where the ones before let most improvement be expected; S084.

    Parameters
    ----------
    objective : callable
        A function of the settings, see `nndl.search`.
    space : dict
        A range for each setting, as in ``{"eta": LogUniform(0.01, 10), "lmbda": LogUniform(0.01, 100)}``. The
        Gaussian process is at home in one to three settings.
    trials, start : int
        Trials in all, and how many of them are drawn by chance before the model is asked.
    seed : int
        One seed, one search, if the objective gives the same each time.
    engine : str
        "gaussian process", or "optuna" for the sampler of that package, which must be installed.
    """
    ranges(space)
    trials = require.integer(trials, "trials", 1)
    seed = require.integer(seed, "seed", 0)
    start = require.integer(start, "start", 2)
    require.one_of(engine, "engine", ("gaussian process", "optuna"))
    if engine == "optuna":
        return _with_optuna(objective, space, trials, seed, start)
    rng = np.random.default_rng(seed)
    points, found = np.empty((0, len(space))), []
    for k in range(trials):
        point = rng.random(len(space)) if k < start else _next(points, found, rng)
        points = np.vstack([points, point])
        found.append(run(objective, {name: where.at(u) for (name, where), u in zip(space.items(), point)}))
    return Result(found)


def _next(points, found, rng):
    """The point of the unit cube, among many, with the largest expected improvement."""
    scores = np.array([trial.score for trial in found])
    finite = np.isfinite(scores)
    if not finite.any():
        return rng.random(points.shape[1])
    scores = np.where(finite, scores, scores[finite].min())  # a failure is as bad as the worst so far
    process = GaussianProcess(points, scores)
    near = points[scores.argmax()] + rng.normal(0, 0.05, (CANDIDATES // 4, points.shape[1]))
    candidates = np.vstack([rng.random((CANDIDATES, points.shape[1])), near.clip(0, 1)])
    mean, sd = process(candidates)
    # The best is what the model believes of the points tried: the highest score may be high by chance.
    return candidates[expected_improvement(mean, sd, process(points)[0].max()).argmax()]


def _with_optuna(objective, space, trials, seed, start):
    try:
        import optuna
    except ImportError:
        raise ImportError(
            'engine="optuna" needs Optuna. Install it: pip install optuna. '
            'engine="gaussian process" needs nothing more.'
        ) from None
    found = []

    def asked(trial):
        settings = {}
        for name, where in space.items():
            suggest = trial.suggest_int if where.integer else trial.suggest_float
            low, high = (int(where.low), int(where.high)) if where.integer else (where.low, where.high)
            settings[name] = suggest(name, low, high, log=isinstance(where, LogUniform))
        found.append(run(objective, settings))
        return found[-1].score

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=start)
        optuna.create_study(direction="maximize", sampler=sampler).optimize(asked, trials)
    finally:
        optuna.logging.set_verbosity(before)
    return Result(found)
