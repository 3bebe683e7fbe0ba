import doctest

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nndl import logic
from nndl.logic import AND, NAND, NOT, OR, XOR, Circuit, Perceptron, every_input

PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_the_examples_in_the_docstrings_are_true():
    found = doctest.testmod(logic.circuit)
    assert found.attempted > 0 and found.failed == 0


def test_nand_has_the_weighted_inputs_of_the_book_and_their_outputs():
    assert_array_equal(NAND.weighted_input(PAIRS), [3, 1, 1, -1])
    assert_array_equal(NAND(PAIRS), [1, 1, 1, 0])


@pytest.mark.parametrize(
    "gate, truth",
    [(NAND, lambda a, b: not (a and b)), (AND, lambda a, b: a and b), (OR, lambda a, b: a or b)],
)
def test_gates_do_what_python_says(gate, truth):
    assert [bool(gate(pair)) for pair in PAIRS] == [bool(truth(*pair)) for pair in PAIRS]


def test_not_turns_a_bit_round_and_xor_asks_whether_two_differ():
    assert_array_equal(NOT([[0], [1]]), [1, 0])
    assert_array_equal(XOR(PAIRS)[:, 0], [a != b for a, b in PAIRS])


def test_threshold_and_bias_forms_agree_on_every_input_ties_included(rng):
    ties = 0
    for _ in range(200):
        w, threshold = rng.integers(-3, 4, 4), int(rng.integers(-4, 5))
        x = every_input(4)
        sums = [sum(int(wj) * int(xj) for wj, xj in zip(w, row)) for row in x]
        ties += sums.count(threshold)
        assert_array_equal(Perceptron.with_threshold(w, threshold)(x), [int(s > threshold) for s in sums])
        assert_array_equal(Perceptron(w, -threshold)(x), [int(s > threshold) for s in sums])
    assert ties > 100


def test_evidence_is_weighed_as_in_the_example_of_the_book():
    # One large weight decides alone at threshold 5; at 3 the two small ones together decide as well.
    for threshold, rule in [(5, lambda a, b, c: a), (3, lambda a, b, c: a or (b and c))]:
        neuron = Perceptron.with_threshold([6, 2, 2], threshold)
        assert_array_equal(neuron(every_input(3)), [bool(rule(*row)) for row in every_input(3)])
        assert neuron.threshold == threshold


def test_multiplying_weights_and_bias_by_a_positive_number_changes_no_perceptron(rng):
    layers = [
        (rng.standard_normal((5, 4)), rng.standard_normal(5)),
        (rng.standard_normal((3, 5)), rng.standard_normal(3)),
    ]
    x = every_input(4)
    for c in (1e-3, 0.7, 12.0):
        assert_array_equal(logic.feedforward(logic.scaled(layers, c), x), logic.feedforward(layers, x))


@pytest.mark.parametrize("merged", [False, True])
def test_half_adder_gives_sum_and_carry(merged):
    adder = logic.half_adder(merged)
    assert_array_equal(adder(PAIRS), [((a + b) % 2, (a + b) // 2) for a, b in PAIRS])


def test_one_wire_read_twice_is_one_weight_of_minus_four():
    for (w, b), (w_merged, b_merged) in zip(
        logic.half_adder().layers(), logic.half_adder(merged=True).layers()
    ):
        assert_array_equal(w, w_merged)
        assert_array_equal(b, b_merged)
    assert -4 in logic.half_adder().layers()[1][0]


def test_a_half_adder_is_made_of_nands_alone():
    assert {gate for gate, *_ in logic.half_adder().gates.values()} == {NAND}


def test_a_circuit_shows_its_ends_and_its_size():
    assert repr(logic.half_adder()) == "Circuit(a b -> sum carry, 5 gates)"
    assert repr(NAND) == "Perceptron([-2.0, -2.0], 3)"


def test_full_adder_adds_three_bits():
    x = every_input(3)
    assert_array_equal(logic.full_adder()(x) @ [1, 2], x.sum(axis=1))


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_adder_adds_every_pair_of_numbers(bits):
    x = every_input(2 * bits)
    sums = logic.from_bits(x[:, :bits]) + logic.from_bits(x[:, bits:])
    assert_array_equal(logic.from_bits(logic.adder(bits)(x)), sums)


def test_layers_compute_what_their_circuit_computes(rng):
    circuits = [XOR, logic.half_adder(), logic.full_adder(), logic.adder(3)]
    circuits += [logic.from_truth_table(rng.integers(0, 2, (8, 2)), nand_only) for nand_only in (False, True)]
    for circuit in circuits:
        x, want = circuit.truth_table()
        assert_array_equal(logic.feedforward(circuit.layers(), x), want)
        assert_array_equal(logic.feedforward(circuit.layers(), x[1]), want[1])


@pytest.mark.parametrize("nand_only", [False, True])
@pytest.mark.parametrize("k", [1, 2])
def test_every_truth_table_of_one_and_two_inputs_is_built(k, nand_only):
    for table in every_input(2**k):
        circuit = logic.from_truth_table(table, nand_only)
        assert_array_equal(circuit.truth_table()[1][:, 0], table)


@pytest.mark.parametrize("nand_only", [False, True])
@pytest.mark.parametrize("k", [3, 4])
def test_random_truth_tables_are_built(k, nand_only, rng):
    for table in rng.integers(0, 2, (200, 2**k)):
        circuit = logic.from_truth_table(table, nand_only)
        assert_array_equal(circuit.truth_table()[1][:, 0], table)
        assert not nand_only or {gate for gate, *_ in circuit.gates.values()} <= {NAND}


def test_a_table_with_several_columns_gives_several_outputs(rng):
    table = rng.integers(0, 2, (16, 3))
    for nand_only in (False, True):
        assert_array_equal(logic.from_truth_table(table, nand_only).truth_table()[1], table)


def test_a_truth_table_needs_two_layers_and_leaves_no_gate_unread():
    assert len(logic.from_truth_table([0, 1, 1, 0]).layers()) == 2
    xor = logic.from_truth_table([0, 1, 1, 0], nand_only=True)
    read = {wire for _, *wires in xor.gates.values() for wire in wires} | set(xor.outputs)
    assert set(xor.gates) <= read


def test_a_circuit_may_stand_in_another_with_an_input_or_one_wire_going_out_twice():
    odd = Circuit("a b", {"n": (NAND, "a", "b")}, "a n n")
    outer = Circuit("x y", {"p q r": (odd, "x", "y"), "s": (NAND, "q", "r")}, "p q r s")
    want = [(a, 1 - a * b, 1 - a * b, a * b) for a, b in PAIRS]
    assert_array_equal(outer(PAIRS), want)
    assert_array_equal(logic.feedforward(outer.layers(), PAIRS), want)


def test_sigmoid_neurons_become_perceptrons_as_their_weights_grow():
    layers = logic.adder(2).layers()
    gaps = [logic.sigmoid_gap(layers, every_input(4), c) for c in (1, 4, 16, 64)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.1 and gaps[-1] < 1e-6


def test_a_weighted_input_of_zero_keeps_the_sigmoid_at_a_half():
    tie = [(np.array([[1.0, -1.0]]), np.zeros(1))]
    assert [logic.sigmoid_gap(tie, [1, 1], c) for c in (1, 100, 1e6)] == [0.5, 0.5, 0.5]


def test_bits_and_numbers_are_each_others_way_back():
    assert_array_equal(logic.to_bits(6, 4), [0, 1, 1, 0])
    assert_array_equal(logic.from_bits(logic.to_bits(np.arange(32), 5)), np.arange(32))


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda: Perceptron([], 1), "the number of inputs is at least 1, got 0"),
        (
            lambda: NAND([1, 0, 1]),
            r"x has shape \(2,\) or \(m, 2\), got \(3,\). Give one number for each input",
        ),
        (
            lambda: Circuit("a", {"b": (NAND, "a")}, "b"),
            "reads 2 wires and drives 1, got 1 and 1. Name one wire",
        ),
        (
            lambda: Circuit("a", {"b": (NAND, "a", "c")}, "b"),
            "reads wire 'c', which nothing drives yet. Put its gate",
        ),
        (lambda: Circuit("a", {}, "b"), "The output reads wire 'b'"),
        (lambda: Circuit("a b", {"a": (NAND, "a", "b")}, "a"), "Wire 'a' is driven twice. Give each gate"),
        (lambda: logic.from_truth_table([0, 1, 1]), "2, 4, 8, ... rows, .* got 3. Write them all"),
        (lambda: logic.from_truth_table([0, 2]), "zeros and ones only"),
        (lambda: logic.to_bits(4, 2), "2 bits hold 0 to 3, got 4 to 4. Take more bits"),
        (lambda: logic.scaled([], 0), "c is above 0"),
    ],
)
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
