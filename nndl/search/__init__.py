"""Hyper-parameters, chosen by training cost (eta) and by validation accuracy (all the rest). Never by test data.

The first choice is one of taste: the training cost tells best whether steps are too long, while what a
hyper-parameter is good for shows on examples that the network did not learn from. No function here takes test
data, and what was trained with them is refused: they judge the winner, once, when the search is over.

A search asks an objective, a function of settings given by keyword. It returns a number, larger is better, or the
History of a training, which counts as its best validation accuracy. `HeldOut` makes objectives out of networks.
"""

from nndl.search.batches import BatchSizes, batch_sizes
from nndl.search.bayes import GaussianProcess, bayesian, expected_improvement
from nndl.search.decay import lambda_search, same_decay
from nndl.search.grids import grid, random
from nndl.search.objective import HeldOut
from nndl.search.rates import Threshold, learning_rate_threshold, threshold
from nndl.search.result import Result, Trial
from nndl.search.space import LogUniform, Uniform

__all__ = [
    "BatchSizes",
    "GaussianProcess",
    "HeldOut",
    "LogUniform",
    "Result",
    "Threshold",
    "Trial",
    "Uniform",
    "batch_sizes",
    "bayesian",
    "expected_improvement",
    "grid",
    "lambda_search",
    "learning_rate_threshold",
    "random",
    "same_decay",
    "threshold",
]
