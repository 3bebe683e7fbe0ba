import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize as scipy_optimize

from nndl import (
    L1,
    ConvPool,
    CrossEntropy,
    Dense,
    Linear,
    LogLikelihood,
    Network,
    Quadratic,
    ReLU,
    Sigmoid,
    SoftmaxLayer,
    Tanh,
)
from nndl import optimize as o
from nndl.gradcheck import slope


def positive_definite(rng, d):
    a = rng.standard_normal((d, d))
    return a @ a.T / d + 0.5 * np.eye(d)


def small_net(*layers, cost=None, seed=1):
    return Network(
        list(layers) or [Dense(4, 5), Dense(5, 3)], cost=cost or CrossEntropy(), seed=seed, dtype="float64"
    )


@pytest.fixture
def examples(rng):
    """Sixty examples of three classes that overlap a little."""
    x = rng.standard_normal((60, 4)).astype(np.float32)
    return x, (x[:, 0] + 0.3 * x[:, 1] ** 2 > 0).astype(int) + (x[:, 2] + x[:, 3] > 0.2)


# Momentum


def test_momentum_by_hand():
    places = o.descend(o.bowl(2.0), 1.0, 0.1, mu=0.5, steps=2).places[:, 0]
    # v = -0.1 * 2 = -0.2, w = 0.8;  v = 0.5 * -0.2 - 0.1 * 1.6 = -0.26, w = 0.54
    assert_allclose(places, [1, 0.8, 0.54])


def test_nesterov_by_hand():
    places = o.descend(o.bowl(2.0), 1.0, 0.1, mu=0.5, nesterov=True, steps=2).places[:, 0]
    # v = -0.2, w = 0.8;  gradient at 0.8 - 0.1 is 1.4: v = -0.1 - 0.14 = -0.24, w = 0.56
    assert_allclose(places, [1, 0.8, 0.56])


def test_nesterov_is_momentum_where_the_gradient_is_the_same_everywhere():
    ramp = o.Problem(lambda w: 3 * w[0], lambda w: np.array([3.0]))
    both = [o.descend(ramp, 0, 0.1, mu=0.7, nesterov=n, steps=20).places for n in (False, True)]
    assert_allclose(*both, rtol=1e-14)


@pytest.mark.parametrize("mu", [0.0, 0.8])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("lmbda", [0.0, 6.0])
def test_descending_on_a_networks_cost_is_training_it_in_one_batch(examples, mu, nesterov, lmbda):
    trained, described = small_net(), small_net()
    trained.fit(examples, 5, batch_size=60, eta=0.4, mu=mu, nesterov=nesterov, lmbda=lmbda, progress=False)
    problem = o.NetworkCost(described, examples, lmbda)
    found = o.descend(problem, problem.theta, 0.4, steps=5, mu=mu, nesterov=nesterov)
    assert_allclose(found.w, o.NetworkCost(trained, examples).theta, rtol=1e-9)
    assert found.costs[-1] == pytest.approx(trained.evaluate(examples, lmbda).cost)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 10), st.floats(0, 0.95), st.booleans())
def test_momentum_is_stable_exactly_below_the_largest_eta(k, mu, nesterov):
    edge = o.largest_eta(k, mu, nesterov)
    assert o.growth(0.999 * edge, k, mu, nesterov) < 1 < o.growth(1.001 * edge, k, mu, nesterov)
    assert o.growth(1e-3 * edge, k, mu, nesterov) < 1
    assert o.growth(-0.01 * edge, k, mu, nesterov) > 1


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_a_ball_that_rolls_agrees_with_the_eigenvalues(mu, nesterov):
    edge = o.largest_eta(3.0, mu, nesterov)
    inside = o.descend(o.bowl(3.0), 1.0, 0.98 * edge, mu=mu, nesterov=nesterov, steps=4000)
    outside = o.descend(o.bowl(3.0), 1.0, 1.02 * edge, mu=mu, nesterov=nesterov, steps=4000)
    assert inside.reached and abs(inside.w[0]) < 1e-8
    assert not outside.reached and abs(outside.w[0]) > 100
    rate = (abs(outside.w[0]) / abs(outside.places[100, 0])) ** (1 / (outside.steps - 100))
    assert rate == pytest.approx(o.growth(1.02 * edge, 3.0, mu, nesterov), rel=1e-3)


def test_momentum_allows_steps_nearly_twice_as_long():
    assert o.largest_eta(4.0) == 0.5
    assert o.largest_eta(4.0, 0.9) == pytest.approx(0.95)
    assert o.largest_eta(4.0, 0.9, nesterov=True) == pytest.approx(3.8 / 4 / 2.8)


def test_more_than_no_friction_gains_speed_on_flat_floor_and_less_than_none_turns_round():
    floor = o.Problem(lambda w: 0.0, lambda w: np.where(w > 0.5, 1e-3, 1e-7))
    gaining = np.diff(o.descend(floor, 1.0, 1.0, mu=2.0, steps=12).places[:, 0])
    assert_allclose(gaining[1:] / gaining[:-1], 2, rtol=0.51)
    push = o.Problem(lambda w: 0.0, lambda w: np.where(w == 1.0, 1.0, 1e-7))
    turning = np.diff(o.descend(push, 1.0, 1.0, mu=-0.5, steps=8).places[:, 0])
    assert_allclose(turning[1:] / turning[:-1], -0.5, rtol=1e-2)


def test_nesterov_needs_no_more_steps_than_momentum_in_a_long_valley(rng):
    turn, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    valley = o.bowl(turn @ np.diag([1, 3, 10, 30, 100]) @ turn.T)
    momentum, ahead = (
        o.descend(valley, np.ones(5), 0.01, mu=0.9, nesterov=n, steps=5000, tolerance=1e-6)
        for n in (False, True)
    )
    plain = o.descend(valley, np.ones(5), 0.01, steps=5000, tolerance=1e-6)
    assert ahead.reached and momentum.reached
    assert ahead.steps <= momentum.steps < plain.steps


def test_a_descent_that_overflows_ends_there():
    found = o.descend(o.bowl(1.0), 1.0, 10.0, steps=5000)
    assert np.isfinite(found.places).all() and not found.reached and found.steps < 5000


# Curvature

NETS = {
    "cross-entropy": lambda: small_net(),
    "quadratic sigmoid": lambda: small_net(cost=Quadratic()),
    "quadratic tanh": lambda: small_net(Dense(4, 5, Tanh()), Dense(5, 3, Tanh()), cost=Quadratic()),
    "quadratic relu": lambda: small_net(Dense(4, 6, ReLU()), Dense(6, 3, ReLU()), cost=Quadratic()),
    "linear": lambda: small_net(Dense(4, 5, Tanh()), Dense(5, 3, Linear()), cost=Quadratic()),
    "softmax": lambda: small_net(Dense(4, 5, Sigmoid()), SoftmaxLayer(5, 3), cost=LogLikelihood()),
    "three layers": lambda: small_net(Dense(4, 3), Dense(3, 4, Tanh()), Dense(4, 3)),
    "one layer": lambda: small_net(Dense(4, 3)),
}


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
@pytest.mark.parametrize("lmbda", [0.0, 9.0])
def test_the_hessian_is_how_the_gradient_changes(make, lmbda, examples):
    problem = o.NetworkCost(make(), examples, lmbda)
    theta = problem.theta
    hessian = problem.hessian(theta)
    for i in range(len(theta)):
        wanted = slope(lambda i=i: problem.gradient(theta)[i], theta)
        assert_allclose(hessian[i], wanted, atol=2e-7)
    assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize(
    "make", [make for name, make in NETS.items() if "relu" not in name]
)  # relu has kinks
def test_the_quadratic_model_is_right_to_the_third_order(make, examples, rng):
    problem = o.NetworkCost(make(), examples)
    theta = problem.theta
    way = rng.standard_normal(len(theta)) / np.sqrt(len(theta))
    errors = []
    for length in (0.02, 0.01):
        d = length * way
        model = problem.cost(theta) + problem.gradient(theta) @ d + d @ problem.hessian_product(theta, d) / 2
        errors.append(abs(problem.cost(theta + d) - model))
    assert errors[1] < errors[0] / 5 or errors[0] < 1e-12  # eight times less for half the step


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
@pytest.mark.parametrize("penalty", [{"lmbda": 4.0}, {"penalty": L1(4.0)}])
def test_the_gradient_of_the_whole_vector_is_its_slope(make, penalty, examples):
    problem = o.NetworkCost(make(), examples, **penalty)
    theta = problem.theta
    assert_allclose(problem.gradient(theta), slope(lambda: problem.cost(theta), theta), atol=1e-8)


def test_theta_goes_out_and_comes_back(examples, rng):
    net = small_net()
    problem = o.NetworkCost(net, examples)
    theta = problem.theta
    assert len(theta) == 4 * 5 + 5 + 5 * 3 + 3
    assert_array_equal(theta[:25], np.r_[net.layers[0].w.ravel(), net.layers[0].b])
    other = rng.standard_normal(len(theta))
    problem.theta = other
    assert_array_equal(problem.theta, other)
    assert_array_equal(net.layers[1].w, other[25:40].reshape(3, 5))


def test_the_memory_of_a_hessian_grows_with_the_square():
    assert o.hessian_bytes(10**7) == 8 * 10**14
    assert o.hessian_bytes(23_860) == pytest.approx(4.55e9, rel=0.01)


# Newton


@pytest.mark.parametrize("d", [1, 2, 7])
def test_newton_finds_the_bottom_of_a_bowl_in_one_step(d, rng):
    a, b = positive_definite(rng, d), rng.standard_normal(d)
    found = o.newton(o.bowl(a, b), rng.standard_normal(d))
    assert (found.steps, found.reached) == (1, True)
    assert_allclose(found.w, np.linalg.solve(a, b), rtol=1e-9)
    start = rng.standard_normal(d)
    assert_allclose(start + o.newton_step(o.bowl(a, b), start), np.linalg.solve(a, b), rtol=1e-9)


def test_a_smaller_eta_goes_that_share_of_the_way(rng):
    a, b, start = positive_definite(rng, 3), rng.standard_normal(3), rng.standard_normal(3)
    bottom = np.linalg.solve(a, b)
    found = o.newton(o.bowl(a, b), start, eta=0.5, steps=3)
    assert_allclose(found.places - bottom, np.outer(0.5 ** np.arange(4), start - bottom), rtol=1e-9)


def test_at_a_saddle_the_formula_goes_to_the_saddle_and_the_damped_step_goes_down():
    saddle = o.bowl([1.0, -1.0])
    start = np.array([1.0, 0.1])
    assert_allclose(start + o.newton_step(saddle, start), 0, atol=1e-12)
    with pytest.warns(o.NotConvex, match="not positive definite.*a start closer to the minimum"):
        found = o.newton(saddle, start, steps=3)
    assert (np.diff(found.costs) < 0).all()


def test_near_the_minimum_newton_warns_of_nothing_and_doubles_its_digits():
    found = o.newton(o.rosenbrock(), [1.05, 1.1])
    distance = np.linalg.norm(found.places - 1, axis=1)
    assert found.reached and found.steps < 8
    assert distance[-1] < 1e-10


def test_a_flat_direction_has_no_newton_step():
    with pytest.raises(ValueError, match=r"singular.*newton\(\) damps"):
        o.newton_step(o.bowl([1.0, 0.0]), np.ones(2))
    with pytest.warns(o.NotConvex):
        assert o.newton(o.bowl([1.0, 0.0]), np.ones(2)).reached


# Conjugate gradient, BFGS, L-BFGS


@pytest.mark.parametrize("d", [1, 2, 5, 12])
def test_conjugate_gradient_solves_d_equations_in_d_steps(d, rng):
    a, b = positive_definite(rng, d), rng.standard_normal(d)
    found = o.conjugate_gradient(a, b)
    assert found.steps <= d and found.reached
    assert_allclose(found.w, np.linalg.solve(a, b), rtol=1e-7)
    steps = np.diff(found.places, axis=0)
    products = steps @ a @ steps.T
    assert_allclose(
        products, np.diag(np.diag(products)), atol=1e-9 * products.max()
    )  # conjugate to each other


def test_conjugate_gradient_needs_one_step_for_each_different_curvature(rng):
    turn, _ = np.linalg.qr(rng.standard_normal((9, 9)))
    a = turn @ np.diag([1] * 3 + [5] * 3 + [20] * 3) @ turn.T
    assert o.conjugate_gradient((a + a.T) / 2, rng.standard_normal(9), tolerance=1e-9).steps == 3


METHODS = {"bfgs": o.bfgs, "lbfgs": o.lbfgs, "lbfgs, two pairs": lambda *a, **k: o.lbfgs(*a, memory=2, **k)}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("start", [[-1.2, 1.0], [2.0, 2.0], [0.0, -3.0]])
def test_the_curved_valley_is_followed_to_its_end(method, start):
    found = method(o.rosenbrock(), start)
    assert found.costs[-1] < 1e-8 and found.reached
    assert (np.diff(found.costs) <= 0).all()
    theirs = scipy_optimize.minimize(o.rosenbrock().cost, start, jac=o.rosenbrock().gradient, method="BFGS")
    assert_allclose(found.w, theirs.x, atol=1e-4)


def test_rosenbrocks_derivatives_are_slopes(rng):
    valley = o.rosenbrock()
    for w in rng.uniform(-2, 2, (5, 2)):
        assert_allclose(valley.gradient(w), slope(lambda w=w: valley.cost(w), w), rtol=1e-6, atol=1e-6)
        for i in range(2):
            assert_allclose(
                valley.hessian(w)[i], slope(lambda w=w, i=i: valley.gradient(w)[i], w), rtol=1e-6, atol=1e-6
            )


def test_the_estimate_of_bfgs_stays_symmetric_and_positive_definite():
    seen = []
    o.bfgs(o.rosenbrock(), [-1.2, 1.0], watch=seen.append)
    assert len(seen) > 20
    for inverse in seen:
        assert_allclose(inverse, inverse.T, rtol=1e-9)
        assert np.linalg.eigvalsh(inverse)[0] > 0


def test_the_estimate_of_bfgs_agrees_with_its_latest_step_and_ends_near_the_truth(rng):
    a, b = positive_definite(rng, 4), rng.standard_normal(4)
    seen = []
    found = o.bfgs(o.bowl(a, b), np.zeros(4), watch=seen.append)
    s, y = found.places[-2] - found.places[-3], a @ (found.places[-2] - found.places[-3])
    assert_allclose(seen[-1] @ y, s, atol=1e-10)
    assert_allclose(seen[-1] @ a, np.eye(4), atol=0.1)


@pytest.mark.parametrize("start", [[-1.2, 1.0], [2.0, 2.0]])
def test_limited_memory_that_forgets_nothing_is_bfgs(start):
    whole = o.bfgs(o.rosenbrock(), start, steps=15)
    limited = o.lbfgs(o.rosenbrock(), start, memory=15, scale=False, steps=15)
    assert_allclose(limited.places, whole.places, rtol=1e-6)


def test_two_loops_multiply_by_the_matrix_they_stand_for(rng):
    a = positive_definite(rng, 5)
    pairs = [(s, a @ s) for s in rng.standard_normal((3, 5))]
    matrix = 0.7 * np.eye(5)
    for s, y in pairs:
        left = np.eye(5) - np.outer(s, y) / (y @ s)
        matrix = left @ matrix @ left.T + np.outer(s, s) / (y @ s)
    g = rng.standard_normal(5)
    assert_allclose(o.two_loops(g, pairs, 0.7), matrix @ g, rtol=1e-10)


# Whole networks


@pytest.mark.parametrize("method", ["CG", "BFGS", "L-BFGS", "Newton-CG"])
def test_every_method_brings_a_network_to_a_minimum(method, examples):
    net = small_net()
    found = o.minimize(net, examples, method=method, lmbda=2.0, steps=500)
    assert found.reached and found.slope < 1e-5
    assert found.costs[-1] == pytest.approx(net.evaluate(examples, lmbda=2.0).cost)
    assert found.costs[0] == pytest.approx(small_net().evaluate(examples, lmbda=2.0).cost)
    assert found.costs[-1] < found.costs[0]
    problem = o.NetworkCost(net, examples, 2.0)
    assert np.linalg.eigvalsh(problem.hessian(problem.theta))[0] > -1e-6


def test_newton_brings_a_network_to_a_minimum_though_it_starts_where_nothing_is_convex(examples):
    net = small_net()
    with pytest.warns(o.NotConvex):
        found = o.minimize(net, examples, method="Newton", lmbda=2.0, steps=500)
    assert found.reached and (np.diff(found.costs) < 0).all()


def test_one_layer_has_one_minimum_and_every_method_finds_it(examples):
    ends = []
    for method in ("CG", "BFGS", "L-BFGS", "Newton-CG", "Newton"):
        net = small_net(Dense(4, 3))
        o.minimize(net, examples, method=method, lmbda=1.0, steps=300, tolerance=1e-7)
        ends.append(o.NetworkCost(net, examples).theta)
    for end in ends:
        assert_allclose(end, ends[0], atol=1e-4)


def test_few_steps_are_enough_to_read_digits(digits):
    train, validation, _ = digits
    net = Network([Dense(784, 15), Dense(15, 10)], cost=CrossEntropy(), dtype="float64", seed=0)
    found = o.minimize(net, train[:600], steps=30, lmbda=1.0)
    assert len(found.costs) <= 31 and not found.reached
    assert net.accuracy(validation) > 0.85


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda e: o.NetworkCost(Network([Dense(4, 3)]), e), ValueError, r'Write Network\(..., dtype="float64"\)'),
    (lambda e: o.NetworkCost("net", e), TypeError, "net is a Network, got str"),
    (lambda e: o.NetworkCost(small_net(Dense(5, 3)), e), ValueError, "takes 5 inputs"),
    (lambda e: o.minimize(small_net(), e, method="Adam"), ValueError, "method is one of 'CG', 'BFGS'"),
    (lambda e: o.minimize(small_net(Dense(4, 3000), Dense(3000, 3)), e, method="Newton"), ValueError,
     r'24,003 parameters has 5.76e\+08 entries, 4.61 GB.*method="Newton-CG"'),
    (lambda e: o.bowl([[1.0, 2.0], [0.0, 1.0]]), ValueError, r"Write \(a \+ a.T\) / 2"),
    (lambda e: o.bowl(np.ones((2, 3))), ValueError, "symmetric matrix"),
    (lambda e: o.conjugate_gradient(np.diag([1.0, -1.0]), [1.0, 1.0]), ValueError, "a saddle has no bottom"),
    (lambda e: o.descend(o.bowl(1.0), 1.0, 0, steps=3), ValueError, "eta is above 0"),
    (lambda e: o.largest_eta(1.0, 1.0), ValueError, "Take a mu below 1"),
    (lambda e: o.lbfgs(o.rosenbrock(), [0, 0], memory=0), ValueError, "memory is at least 1"),
])  # fmt: skip
def test_wrong_arguments_are_answered_with_what_is_wanted(examples, call, kind, message):
    with pytest.raises(kind, match=message):
        call(examples)


def test_a_hessian_of_feature_maps_is_refused_and_a_gradient_is_not(rng):
    net = Network([ConvPool(maps=2, field=5, pool=2), Dense(288, 3)], dtype="float64", cost=CrossEntropy())
    problem = o.NetworkCost(net, (rng.random((4, 784)), np.array([0, 1, 2, 1])))
    theta = problem.theta
    with pytest.raises(TypeError, match="dense layers, got ConvPool"):
        problem.hessian_product(theta, theta)
    assert o.minimize(net, problem.data, steps=5).costs[-1] < problem.cost(theta)
