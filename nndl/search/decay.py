"""How much to regularize: none, 1, tens and tenths of it, and what lies between."""

from nndl import require
from nndl.search.result import Result, run

__all__ = ["lambda_search", "same_decay"]

DECADES = 8


def lambda_search(objective, start=1.0, refine=2):
    """Return the Result of a search for lmbda by validation accuracy, at a fixed eta; S077.

    First 0, then the start. Then lmbda is multiplied by 10 for as long as that does better, or else divided by
    10 for as long as that does. Then ``refine`` times the best is compared with its neighbors at half the
    distance, in the logarithm. ``result.settings["lmbda"]`` is the choice; 0 where no regularization helped.

    Parameters
    ----------
    objective : callable
        A function of lmbda, as ``HeldOut(network, train, validation, epochs=10, eta=0.5)``; see `nndl.search`.
    start : float
        The first value above 0.
    refine : int
        How often to look closer.

    Notes
    -----
    A good eta depends on lmbda: look at eta once more when lmbda is found, with ``learning_rate_threshold(network,
    train, lmbda=…)``. Where the search used fewer examples than the training will, carry lmbda over with `same_decay`.
    """
    start = require.positive(start, "start", "The usual one is 1.")
    refine = require.integer(refine, "refine", 0)
    seen = {}

    def score(lmbda):
        if lmbda not in seen:
            seen[lmbda] = run(objective, {"lmbda": lmbda})
        return seen[lmbda].score

    score(0.0)
    score(best := start)
    for direction in (10.0, 0.1):
        for _ in range(DECADES):
            further = float(f"{best * direction:.12g}")
            if not score(further) > score(best):
                break
            best = further
        if best != start:
            break
    for k in range(1, refine + 1):
        step = 10.0 ** (0.5**k)
        best = max((best, _rounded(best / step), _rounded(best * step)), key=score)
    return Result(list(seen.values()))


def same_decay(lmbda, n, n_new):
    """Return the lmbda that shrinks weights as much per step with n_new examples as ``lmbda`` does with n.

    A step multiplies weights by 1 - eta lmbda / n, so that lmbda / n has to stay: 1000 for 50,000 examples is 20 for
    1,000.
    """
    lmbda = require.number(lmbda, "lmbda", low=0)
    return lmbda * require.integer(n_new, "n_new", 1) / require.integer(n, "n", 1)


def _rounded(lmbda):
    return float(f"{lmbda:.3g}")
