"""What every test may ask for."""

import numpy as np
import pytest

import nndl


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def digits():
    """The embedded digits: training, validation, test."""
    return nndl.load_digits()
