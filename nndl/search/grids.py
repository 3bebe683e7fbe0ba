"""Every combination of given values, or as many combinations by chance."""

from itertools import product

import numpy as np

from nndl import require
from nndl.search.result import run_all
from nndl.search.space import Uniform, listed, ranges

__all__ = ["grid", "random"]


def grid(objective, space, jobs=1):
    """Return the Result of every combination of the listed values, each tried once; S082.

    Parameters
    ----------
    objective : callable
        A function of the settings, see `nndl.search`.
    space : dict
        A list of values for each setting, as in ``{"eta": [0.1, 0.5], "lmbda": LogUniform(0.1, 10).values(3)}``.
        The last setting changes fastest.
    jobs : int, Dask client or address
        Who does the work, see `nndl.search.result.run_all`.
    """
    values = [list(dict.fromkeys(v.item() if isinstance(v, np.generic) else v for v in where))
              for where in listed(space).values()]  # fmt: skip
    return run_all(objective, [dict(zip(space, combination)) for combination in product(*values)], jobs)


def random(objective, space, trials, seed=0, jobs=1):
    """Return the Result of so many trials at settings drawn by chance; S083, after Bergstra and Bengio (2012).

    A grid of 5 x 5 tries five values of each setting, 25 draws try 25: better where one setting matters and another
    does not. One seed, one list of settings, whoever does the work; a longer search begins with the shorter one.

    Parameters
    ----------
    space : dict
        A range for each setting, as in ``{"eta": LogUniform(0.01, 10), "mu": Uniform(0, 1)}``, or a list of values.
    trials, seed : int
        How many draws, and what fixes them.
    objective, jobs
        As for `grid`.
    """
    trials = require.integer(trials, "trials", 1)
    ranges(space, also_lists=True)
    rng = np.random.default_rng(require.integer(seed, "seed", 0))
    every = [{name: _draw(where, rng) for name, where in space.items()} for _ in range(trials)]
    return run_all(objective, every, jobs)


def _draw(where, rng):
    return where.draw(rng) if isinstance(where, Uniform) else where[int(rng.integers(len(where)))]
