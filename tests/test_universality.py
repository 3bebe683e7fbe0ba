import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize

from nndl import Linear, Network, ReLU, Sigmoid, Tanh
from nndl import universality as u
from nndl.universality.bumps import logit
from nndl.universality.steps import assembled

GRID = np.linspace(0, 1, 10_001)
CURVES = {
    "target": u.target,
    "square": np.square,
    "root": np.sqrt,
    "kink": lambda x: np.abs(2 * x - 0.6),
    "wave": lambda x: 1.2 * np.cos(15 * x),
    "constant": lambda x: 0.3,
}


def at(net, *places):
    """The output of a network at places, one number each."""
    return net.feedforward(np.array(places, float).reshape(len(places), -1))[:, 0]


# Steps


@pytest.mark.parametrize(("s", "w"), [(0.2, 1000), (0.5, 100), (0.7, -999), (-3.0, 5)])
def test_a_step_neuron_is_half_way_at_its_step_and_ends_outside_its_window(s, w):
    w, b = u.step(s, w)
    net = assembled((np.array([[w]], float), np.array([b]), Sigmoid()))
    margin = u.window(w, 0.001)
    before, middle, after = at(net, s - margin, s, s + margin)
    assert middle == pytest.approx(0.5)
    assert_allclose((before, after), (0.001, 0.999) if w > 0 else (0.999, 0.001))
    assert u.step_point(w, b) == pytest.approx(s)


def test_the_bias_of_a_step_at_a_fifth_is_minus_200():
    assert u.step(0.2, 1000) == (1000, -200)
    assert_allclose(u.step([0.1, 0.4], 100)[1], [-10, -40])


@pytest.mark.parametrize(("activation", "ends"), [
    (Sigmoid(), (0, 1)), (Tanh(), (-1, 1)), (lambda z: np.where(z > 0, 1.0, 0.0), (0, 1)),
    (np.arctan, (-np.pi / 2, np.pi / 2)), (ReLU(), (0, None)), (Linear(), (None, None)), (np.sin, (None, None)),
    (np.arcsinh, (None, None)), (lambda z: np.exp(-z * z), (0, 0)),
])  # fmt: skip
def test_steps_can_be_made_where_both_limits_are_finite_and_differ(activation, ends):
    found = u.limits(activation)
    assert found == tuple(end if end is None else pytest.approx(end, abs=1e-4) for end in ends)
    assert u.usable(activation) == (None not in ends and ends[0] != ends[1])


@pytest.mark.parametrize(("w", "error"), [(0.1, 1.0e-4), (1.0, 1.0e-2)])
def test_an_identity_neuron_with_an_offset_errs_by_its_weight_squared_over_96(w, error):
    found = np.abs(u.identity_neuron(w).feedforward(GRID[:, None])[:, 0] - GRID).max()
    assert found == pytest.approx(error, rel=0.05)
    assert found == pytest.approx(w**2 / 96, rel=0.05)


def test_an_identity_neuron_without_an_offset_never_errs_by_less_than_0_056():
    def error(w, b, out):
        return np.abs(out * Sigmoid()(w * GRID + b) - GRID).max()

    found = optimize.minimize(lambda p: error(*p), (5.6, -2.82, 1.01), method="Nelder-Mead")
    assert_allclose(found.x, (5.6, -2.82, 1.01), rtol=0.02)
    assert found.fun == pytest.approx(0.0561, abs=0.0005)  # the contract says: about 0.057
    rng = np.random.default_rng(0)
    elsewhere = [error(*p) for p in rng.uniform((0.1, -8, 0.1), (16, 2, 9), (3000, 3))]
    assert min(elsewhere) > found.fun


def test_one_layer_turns_digits_into_their_bits():
    bits = (np.arange(10)[None, :] >> np.arange(4)[:, None]) & 1
    net = assembled((np.where(bits, 10.0, -10.0), np.zeros(4), Sigmoid()))
    a = np.where(np.eye(10), 0.99, 0.01)
    sure = np.where(bits.T, net.feedforward(a), 1 - net.feedforward(a))
    assert sure.min() >= 0.9998


# Bumps and tables


def test_a_bump_stands_between_its_steps_and_nowhere_else():
    net = u.bumps([0.3, 0.6], [0.8], w=1000)
    assert_allclose(at(net, 0, 0.29, 0.31, 0.45, 0.59, 0.61, 1), [0, 0, 0.8, 0.8, 0.8, 0, 0], atol=1e-4)
    assert_allclose(at(net, 0.3, 0.6), 0.4)
    assert isinstance(net, Network) and net.sizes == [1, 2, 1]
    assert_array_equal(net.layers[1].w, [[0.8, -0.8]])
    assert_array_equal(net.layers[0].b, [-300, -600])


@pytest.mark.parametrize("activation", [Sigmoid(), Tanh()])
def test_bumps_in_a_row_are_a_table_of_heights(activation, rng):
    edges, heights = np.sort(rng.random(9)), rng.standard_normal((8, 2))
    net = u.bumps(edges, heights, activation=activation)
    middles = (edges[1:] + edges[:-1]) / 2
    assert_allclose(net.feedforward(middles[:, None]), heights, atol=1e-9)
    assert_allclose(net.feedforward(np.array([[-1.0], [2.0]])), 0, atol=1e-9)


def test_between_two_bumps_the_output_never_leaves_the_range_of_their_heights():
    net = u.bumps([0, 0.5, 1], [0.2, 0.7], w=200)
    slope = at(net, *np.linspace(0.4, 0.6, 500))
    assert (np.diff(slope) > -1e-12).all()
    assert slope.min() > 0.2 - 1e-9 and slope.max() < 0.7 + 1e-9


def test_the_target_is_the_curve_of_the_contract():
    assert_allclose(u.target(np.array([0.0, 1.0])), [0.25, 0.8433], atol=5e-5)
    y = u.target(GRID)
    assert (y.min(), GRID[y.argmin()]) == (pytest.approx(0.0952, abs=5e-5), pytest.approx(0.3145, abs=1e-4))
    assert (y.max(), GRID[y.argmax()]) == (pytest.approx(0.8529, abs=5e-5), pytest.approx(0.9889, abs=1e-4))


@pytest.mark.parametrize(
    ("cells", "deviation", "error"),
    [(5, 0.359, 0.473), (10, 0.282, 0.246), (20, 0.132, 0.160), (50, 0.054, 0.069)],
)
def test_the_best_heights_score_as_in_the_contract(cells, deviation, error, rng):
    heights = u.best_heights(u.target, cells)
    score = u.average_deviation(heights, u.target)
    assert score == pytest.approx(deviation, abs=6e-4)
    wiggled = heights + 0.1 * rng.standard_normal((20, cells))
    assert score < min(u.average_deviation(other, u.target) for other in wiggled)
    net = u.bumps(np.linspace(0, 1, cells + 1), heights, w=1e6, output=Sigmoid())
    inside = GRID[np.abs(GRID * cells - np.round(GRID * cells)) > 1e-9]
    assert np.abs(at(net, *inside) - u.target(inside)).max() == pytest.approx(error, abs=1e-3)


def test_five_heights_can_meet_the_challenge_and_flat_ones_cannot():
    assert u.average_deviation(u.best_heights(u.target, 5), u.target) < 0.40
    assert u.average_deviation(np.zeros(5), u.target) > 0.40


def test_logit_is_the_way_back_from_the_sigmoid(rng):
    z = rng.uniform(-8, 8, 50)
    assert_allclose(logit(Sigmoid()(z)), z, rtol=1e-9)


def test_a_squeezed_function_fits_a_sigmoid_and_comes_back():
    wave = CURVES["wave"]
    net, error = u.approximate(u.squeezed(wave, -1.2, 1.2), 0.05, output=Sigmoid())
    back = (at(net, *GRID) - 0.1) / 0.8 * 2.4 - 1.2
    assert np.abs(back - wave(GRID)).max() <= error * 2.4 / 0.8 + 1e-9


@pytest.mark.parametrize("copies", [2, 5, 10])
def test_moved_copies_shrink_the_error_inside_the_windows_as_one_over_their_number(copies):
    def inside(m):
        cells, w = 4, 100.0  # windows a fifth of a cell wide
        net = u.lookup(lambda x: x, cells, copies=m, w=w)
        steps = np.concatenate([np.arange(1, 4) / cells + k / cells / m for k in range(m)])
        near = (steps[:, None] + u.window(w) * np.linspace(-1, 1, 21)).ravel()
        near = near[(near > 0.3) & (near < 0.7)]  # away from cells that the ends of the domain cut
        return np.abs(at(net, *near) - near).max()

    assert inside(copies) < 1.2 * inside(1) / copies


# The promise


@pytest.mark.parametrize("activation", [None, Tanh(), ReLU()], ids=str)
@pytest.mark.parametrize("f", CURVES.values(), ids=CURVES)
def test_any_curve_is_met_to_any_error_with_more_neurons_for_less(f, activation):
    neurons = []
    for eps in (0.1, 0.05, 0.02):
        found = u.approximate(f, eps, activation=activation)
        everywhere = np.random.default_rng(1).random(4000)
        assert found.error < eps
        assert np.abs(at(found.net, *GRID) - f(GRID)).max() <= found.error + 1e-12
        assert np.abs(at(found.net, *everywhere) - f(everywhere)).max() < eps
        neurons.append(found.neurons)
    assert neurons == sorted(neurons)
    assert neurons[0] < neurons[2] or f is CURVES["constant"] or isinstance(activation, ReLU)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 30), st.floats(0, 6)), min_size=1, max_size=4),
    st.floats(0.03, 0.3),
)
def test_the_promise_holds_for_sums_of_waves(waves, eps):
    def f(x):
        return sum(a * np.sin(k * x + phase) for a, k, phase in waves)

    net, error = u.approximate(f, eps)
    places = np.random.default_rng(0).random(2000)
    assert error < eps
    assert np.abs(at(net, *places) - f(places)).max() < eps


def test_the_promise_holds_with_a_sigmoid_output_and_on_another_domain():
    assert u.approximate(u.target, 0.05, output=Sigmoid()).error < 0.05
    net, error = u.approximate(np.sin, 0.1, domain=(-4, 10))
    places = np.linspace(-4, 10, 3000)
    assert np.abs(at(net, *places) - np.sin(places)).max() <= error + 1e-3 < 0.1


def test_several_outputs_share_the_hidden_neurons():
    def circle(x):
        return np.column_stack([np.cos(6 * x), np.sin(6 * x)])

    net, error = u.approximate(circle, 0.1)
    assert net.sizes[-1] == 2
    assert np.abs(net.feedforward(GRID[:, None]) - circle(GRID)).max() <= error + 1e-12


def test_a_measured_error_is_that_of_the_worst_place():
    net = u.bumps([-1, 2], [0.5])
    assert u.sup_error(net, lambda x: x, GRID) == pytest.approx(0.5)
    assert u.sup_error(net, lambda x: 0.5 + (x == 0.3), GRID) == pytest.approx(1)


def test_a_line_through_points_is_what_interpolation_says(rng):
    nodes, heights = np.sort(rng.random(12)), rng.standard_normal(12)
    net = u.polyline(nodes, heights)
    places = np.linspace(nodes[0], nodes[-1], 500)
    assert_allclose(at(net, *places), np.interp(places, nodes, heights), atol=1e-9)


# Towers


def test_a_tower_has_the_three_levels_of_the_contract():
    net = u.tower([0.3, 0.4], [0.7, 0.6], h=10)
    assert_allclose(at(net, (0.5, 0.5), (0.5, 0.1), (0.1, 0.1)), [0.9933, 0.0067, 3.1e-7], rtol=0.02)
    assert net.layers[1].b == -15


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_a_tower_in_m_dimensions_is_high_inside_and_low_outside(m, rng):
    net = u.tower(np.full(m, 0.25), np.full(m, 0.75), h=20)
    assert net.layers[1].b == (-m + 0.5) * 20
    x = rng.random((500, m))
    x = x[(np.abs(np.abs(x - 0.5) - 0.25) > 0.01).all(axis=1)]
    inside = (np.abs(x - 0.5) < 0.25).all(axis=1)
    assert inside.any()
    assert_array_equal(net.feedforward(x)[:, 0] > 0.999, inside)
    assert_array_equal(net.feedforward(x)[:, 0] < 0.001, ~inside)


def test_towers_are_a_table_with_holes_only_where_four_cells_meet():
    net = u.towers(lambda x: x[:, 0] + 2 * x[:, 1], 2, 2)
    middles = at(net, (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))
    assert_allclose(middles, [0.75, 1.75, 1.25, 2.25])
    assert_allclose(at(net, (0.5, 0.25), (0.25, 0.5)), [(0.75 + 1.25) / 2, (0.75 + 1.75) / 2])
    assert_allclose(at(net, (0, 0), (1, 1), (0, 1)), [0.75, 2.25, 1.75])
    far_side = u.towers(lambda x: 10.0 * (x[:, 0] > 0.9), 2, 2)
    assert at(far_side, (0.5, 0.5)) == pytest.approx(
        5
    )  # the middle of 0 ... 10; the four cells around say 0, 5


def test_copies_fill_the_holes():
    def f(x):
        return np.where(x[:, 0] < 0.9, 0.0, 1.0)

    for copies in (1, 4, 8):
        net = u.towers(f, 4, 2, copies=copies)
        assert at(net, (0.5, 0.5)) == pytest.approx(0.5 / copies)


LANDSCAPES = {
    "product": (2, lambda x: x[:, 0] * x[:, 1]),
    "saddle": (2, lambda x: np.sin(3 * x[:, 0]) - x[:, 1] ** 2),
    "to the plane": (2, lambda x: np.column_stack([x[:, 0] * x[:, 1], x[:, 0] - x[:, 1] / 2])),
    "mean of three": (3, lambda x: x.mean(axis=1)),
}


@pytest.mark.parametrize(("inputs", "f"), LANDSCAPES.values(), ids=LANDSCAPES)
@pytest.mark.parametrize("eps", [0.3, 0.2])
def test_landscapes_are_met_to_a_measured_error(inputs, f, eps):
    net, error = u.approximate(f, eps, inputs=inputs)
    x = np.random.default_rng(0).random((3000, inputs))
    wanted = f(x).reshape(len(x), -1)
    assert error < eps
    assert np.abs(net.feedforward(x) - wanted).max() <= error


def test_landscapes_may_lie_anywhere():
    net, error = u.approximate(lambda x: x[:, 0] - x[:, 1], 1.0, inputs=2, domain=(-2, 3))
    x = np.random.default_rng(0).uniform(-2, 3, (3000, 2))
    assert np.abs(at(net, *x) - (x[:, 0] - x[:, 1])).max() <= error < 1


def test_the_error_of_a_landscape_is_measured_in_its_holes():
    net, error = u.approximate(LANDSCAPES["product"][1], 0.2, inputs=2)
    steps = -net.layers[0].b / net.layers[0].w.sum(axis=1)
    first = steps[net.layers[0].w[:, 0] != 0]
    holes = np.array([(a, b) for a in first for b in first if 0 <= a <= 1 and 0 <= b <= 1])
    assert np.abs(at(net, *holes) - holes.prod(axis=1)).max() <= error + 1e-6


def test_a_round_tower_of_one_hidden_layer_falls_off_with_the_distance():
    net = u.round_tower([0.5, 0.5], 0.1, directions=200, w=1e5)
    assert len(net.layers) == 2
    angles = np.linspace(0, 6, 50)
    for distance in (0.0, 0.05, 0.09, 0.2, 0.4):
        ring = 0.5 + distance * np.column_stack([np.cos(angles), np.sin(angles)])
        share = 1 if distance < 0.1 else 2 / np.pi * np.arcsin(0.1 / distance)
        assert_allclose(net.feedforward(ring)[:, 0], share, atol=0.01)


# Advice


def test_a_jump_is_refused_with_where_it_is_and_the_eps_that_works():
    def jump(x):
        return np.where(x < 0.61803, 0.0, 1.0)

    with pytest.raises(ValueError, match=r"f changes by 1 between x = 0\.6180.*take an eps above 0\.5"):
        u.approximate(jump, 0.1)
    with pytest.raises(ValueError, match=r"f changes by 1 between x = 0\.6180.*take an eps above 1,"):
        u.approximate(jump, 0.1, activation=ReLU())
    assert u.approximate(jump, 0.51).error < 0.51
    assert u.approximate(jump, 1.01, activation=ReLU()).error < 1.01


def test_too_small_an_eps_for_towers_is_answered_with_what_it_costs():
    with pytest.raises(ValueError, match="12,000 towers on 2 inputs.*Take a larger eps"):
        u.approximate(lambda x: x[:, 0] * x[:, 1], 0.01, inputs=2)
    assert u.approximate(lambda x: x[:, 0] * x[:, 1], 0.3, inputs=2).error < 0.3


@pytest.mark.parametrize(("call", "message"), [
    (lambda: u.step(0.5, 0), "Try w = 1000"),
    (lambda: u.window(100, 0), "try 0.01"),
    (lambda: u.bumps([0, 1, 0.5], [1, 1]), "Sort them"),
    (lambda: u.bumps([0, 1], [1, 1]), "2 edges hold 1 bumps"),
    (lambda: u.bumps([0, 1], [1], activation=ReLU()), r"for ReLU\(\) there is polyline\(\)"),
    (lambda: u.polyline([0, 0], [1, 1]), "nodes increase"),
    (lambda: u.lookup(np.sin, 4, domain=(1, 0)), r"domain is \(low, high\), got \(1, 0\). Swap them"),
    (lambda: u.lookup(np.sin, 0), "cells is at least 1"),
    (lambda: u.squeezed(np.sin, 1, -1), "Swap them"),
    (lambda: u.best_heights(np.sin, 5), r"got 0 to reach.*squeezed\(f, low, high\)"),
    (lambda: u.approximate(np.sin, 0.1, output=Sigmoid()), r"Give output=Linear\(\)"),
    (lambda: u.approximate(np.sin, 0), "eps is above 0"),
    (lambda: u.approximate(np.sin, 0.1, activation=Linear()), "two different finite limits"),
    (lambda: u.approximate(np.sin, 0.1, activation=ReLU(), output=Sigmoid()), "Leave output out"),
    (lambda: u.approximate(lambda x: x[:, 0], 0.1, inputs=2, activation=Tanh()), r"hidden neurons are Sigmoid\(\)"),
    (lambda: u.approximate(lambda x: x[:3], 0.1), "returns as many rows"),
    (lambda: u.tower([0.5], [0.4]), "Swap them"),
])  # fmt: skip
def test_wrong_arguments_are_answered_with_what_is_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()
