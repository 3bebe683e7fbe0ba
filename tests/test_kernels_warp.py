"""The kernel that warps images against its twin."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nndl import kernels
from nndl.kernels import reference_warp


def given(rng, n, side, spread=1.0, warped=True):
    """Images, and changes of any kind: far, near, and not at all."""
    images = rng.random((n, side, side), np.float32)
    matrices = np.eye(2) + spread * rng.standard_normal((n, 2, 2))
    moves = spread * side / 4 * rng.standard_normal((n, 2))
    field = spread * rng.standard_normal((n if warped else 0, 2, side, side)).astype(np.float32)
    return images, matrices, moves, field


@pytest.mark.parametrize("warped", [False, True])
@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0, 20.0])
@pytest.mark.parametrize(("n", "side"), [(1, 1), (3, 2), (40, 5), (12, 28), (2001, 3)])
def test_resampling_equals_its_twin(n, side, spread, warped, rng):
    parts = given(rng, n, side, spread, warped)
    assert_allclose(kernels.resample(*parts), reference_warp.resample(*parts), atol=2e-6)


@pytest.mark.parametrize("room", [kernels, reference_warp])
def test_no_change_is_the_same_bits_and_far_away_is_paper(room, rng):
    images, matrices, moves, field = given(rng, 9, 6, 0.0)
    assert_array_equal(room.resample(images, matrices, moves, field), images)
    assert not room.resample(images, matrices, moves + 7, field).any()
    assert not room.resample(images, matrices, moves, field - 1e6).any()


@pytest.mark.parametrize("room", [kernels, reference_warp])
def test_half_a_pixel_is_the_mean_of_two(room, rng):
    images, matrices, moves, field = given(rng, 4, 6, 0.0, warped=False)
    moved = room.resample(images, matrices, moves + (0.5, 0), field)
    assert_allclose(moved[:, 1:], (images[:, 1:] + images[:, :-1]) / 2, rtol=1e-6)
    assert_allclose(moved[:, 0], images[:, 0] / 2, rtol=1e-6)


def test_arrays_that_cannot_be_written_to_are_read(rng):
    parts = given(rng, 3, 4)
    wanted = kernels.resample(*parts)
    for part in parts:
        part.flags.writeable = False
    assert_array_equal(kernels.resample(*parts), wanted)
