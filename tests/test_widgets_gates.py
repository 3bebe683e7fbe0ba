"""NandBoard: the page's perceptrons and circuits against nndl.logic."""

import contextlib
import io
from itertools import product

import numpy as np
import pytest
from node_kit import in_node, needs_node
from numpy.testing import assert_allclose, assert_array_equal

from nndl import Sigmoid, logic
from nndl.widgets import NandBoard
from nndl.widgets.nand_board import CHALLENGES, TARGETS
from nndl.widgets.nand_board.picture import GATES

CORNERS = np.array(list(product([0, 1], repeat=2)))
MEANT = {
    "NOT": logic.NOT, "AND": logic.AND, "OR": logic.OR, "XOR": logic.XOR, "half adder": logic.half_adder(),
}  # fmt: skip


def run(program):
    """Run a program as a reader would; return its names and what it printed."""
    names, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, names)
    return names, out.getvalue()


@pytest.fixture
def page(tmp_path):
    """Evaluate an expression of m, the figure's module, and d, the data, as the page would."""
    return lambda script, d=None: in_node(tmp_path, "nand_board", f"const m = M; return {script};", d=d)


@needs_node
def test_the_page_and_the_package_agree_on_every_corner(page, rng):
    states = [
        {"w1": w1, "w2": w2, "b": b, "neuron": "sigmoid", "c": 3.0}
        for w1, w2, b in rng.integers(-3, 4, (40, 3)).tolist()
    ]
    tables = page("d.map((s) => m.truthTable(s))", states)
    for state, table in zip(states, tables):
        gate = logic.Perceptron([state["w1"], state["w2"]], state["b"])
        z = gate.weighted_input(CORNERS)
        assert_array_equal([row["z"] for row in table], z)
        assert_array_equal([row["bit"] for row in table], gate(CORNERS))
        assert_allclose([row["a"] for row in table], Sigmoid()(3 * z), rtol=1e-14)


@needs_node
def test_a_tie_in_decimals_is_a_tie(page):
    table = page("m.truthTable(d)", {"w1": 0.1, "w2": 0.2, "b": -0.3, "neuron": "step", "c": 1})
    assert [row["bit"] for row in table] == [0, 0, 0, 0]


@needs_node
def test_the_presets_are_the_gates_they_name(page):
    for name, preset in page("m.PRESETS").items():
        gate = getattr(logic, name)
        assert [*gate.w, gate.b] == [preset["w1"], preset["w2"], preset["b"]]
        assert page("m.TARGETS")[name] == gate(CORNERS).tolist()


@needs_node
def test_every_gate_has_its_name_and_xor_is_out_of_reach(page):
    """Search a grid of weights: 14 of the 16 tables come up, and XOR never has more than 3 rows right."""
    script = """(() => { const seen = new Set(), s = [];
        for (let w1 = -3; w1 <= 3; w1++) for (let w2 = -3; w2 <= 3; w2++) for (let b = -7; b <= 7; b++) {
          const bits = m.truthTable({ w1, w2, b: b / 2, neuron: "step", c: 1 }).map((row) => row.bit);
          seen.add(m.gateName(bits)); s.push(m.score(bits, m.TARGETS.XOR)); }
        return { seen: [...seen], most: Math.max(...s) }; })()"""
    found = page(script)
    assert len(found["seen"]) == 14 and found["most"] == 3
    assert {"AND", "OR", "NAND", "NOR"} <= set(found["seen"])
    assert not {"XOR", "XNOR"} & set(found["seen"])


@needs_node
def test_a_scaled_sigmoid_turns_into_the_step_except_at_a_tie(page):
    state = {"w1": 2, "w2": 1, "b": -1, "neuron": "sigmoid"}
    small, large = page("[1, 50].map((c) => m.truthTable({ ...d, c }))", state)
    assert [row["z"] for row in large] == [-1, 0, 1, 2]
    assert [row["a"] for row in large if row["z"] == 0] == [0.5]
    assert max(row["gap"] for row in large if row["z"]) < 1e-6 < min(row["gap"] for row in small)
    huge = page("m.truthTable({ ...d, c: 1e6 }).map((row) => row.a)", state)
    assert huge == [0, 0.5, 1, 1]


@needs_node
def test_a_dragged_line_passes_through_the_pointer_and_keeps_its_weights_length(page):
    shift, turn = page(
        "[m.lineThrough(d, [0.2, 0.9]), m.lineAlong(d, [0.5, 0.4], [1, 1])]", {"w1": 3, "w2": 4, "b": 1}
    )
    assert_allclose(3 * 0.2 + 4 * 0.9 + shift["b"], 0, atol=1e-12)
    assert_allclose(np.hypot(turn["w1"], turn["w2"]), 5)
    for t in (-1, 0, 2):
        assert_allclose(turn["w1"] * (0.5 + t) + turn["w2"] * (0.4 + t) + turn["b"], 0, atol=1e-12)


@needs_node
def test_the_visible_line_ends_on_the_border_and_on_the_line(page, rng):
    states = [{"w1": a, "w2": b, "b": c} for a, b, c in rng.uniform(-2, 2, (30, 3)).tolist()]
    states += [{"w1": 1, "w2": 0, "b": -0.5}, {"w1": 0, "w2": 0, "b": 1}, {"w1": 1, "w2": 1, "b": -99}]
    lines = page("d.map((s) => m.visibleLine(s, -0.6, 1.6))", states)
    assert lines[-2:] == [None, None] and lines[-3] is not None
    for state, line in zip(states, lines):
        for x1, x2 in line or []:
            assert_allclose(state["w1"] * x1 + state["w2"] * x2 + state["b"], 0, atol=1e-9)
            assert min(abs(x - side) for x in (x1, x2) for side in (-0.6, 1.6)) < 1e-9


@needs_node
@pytest.mark.parametrize("name", CHALLENGES)
def test_the_shown_solution_is_the_circuit_of_the_package(page, name):
    script = "(() => { const c = m.CHALLENGES[d]; return [m.check(c, c.solution), m.check(c, {})]; })()"
    solved, empty = page(script, name)
    assert solved["solved"] and not empty["solved"]
    for row in solved["rows"]:
        assert_array_equal(np.ravel(MEANT[name](np.array(row["x"]))), row["got"])


@needs_node
def test_the_half_adder_uses_one_nand_twice(page):
    assert page("m.doubled(m.CHALLENGES['half adder'], m.CHALLENGES['half adder'].solution)") == ["g5"]
    once = logic.Perceptron([-4], 3)
    assert [int(once([bit])) for bit in (0, 1)] == [int(logic.NAND([bit, bit])) for bit in (0, 1)]


def some_wires(rng, challenge, loops):
    """Wires at random, some pins left open; none that would close a loop."""
    wires = {}
    sources, pins = challenge["sources"], challenge["pins"]
    for pin in rng.permutation(pins).tolist():
        source = str(rng.choice([*sources, ""]))
        if source and not loops(wires, source, pin):
            wires[pin] = source
    return wires


def closes_a_loop(wires, source, pin):
    """By brute force: follow every wire from the source up for as many steps as there are gates."""
    front = {source}
    for _ in range(8):
        if pin.split(".")[0] in front:
            return True
        front |= {wires[f"{gate}.{side}"] for gate in front for side in "ab" if f"{gate}.{side}" in wires}
    return False


@needs_node
@pytest.mark.parametrize("name", CHALLENGES)
def test_random_circuits_copied_as_python_do_what_the_page_shows(page, name, rng):
    parts = page(
        "(() => { const c = m.CHALLENGES[d]; return { sources: m.sourcesOf(c), pins: m.pinsOf(c) }; })()",
        name,
    )
    cases = [some_wires(rng, parts, closes_a_loop) for _ in range(12)]
    script = """d.cases.map((wires) => { const challenge = m.CHALLENGES[d.name];
        return [m.check(challenge, wires).rows, m.boardCode({ challenge, wires })]; })"""
    for rows, program in page(script, {"name": name, "cases": cases}):
        names, shown = run(program)
        x = np.array([row["x"] for row in rows])
        assert_array_equal(names["circuit"](x), [row["got"] for row in rows])
        assert len(shown.splitlines()) == len(rows)


@needs_node
def test_a_wire_that_would_close_a_loop_is_found(page, rng):
    parts = page(
        "(() => { const c = m.CHALLENGES['half adder']; return { sources: m.sourcesOf(c), pins: m.pinsOf(c) }; })()"
    )
    wires = [some_wires(rng, parts, closes_a_loop) for _ in range(5)]
    every = [(w, source, pin) for w in wires for source in parts["sources"] for pin in parts["pins"]]
    found = page("d.map(([w, source, pin]) => m.wouldLoop(w, source, pin))", every)
    assert found == [closes_a_loop(*case) for case in every]
    assert 0 < sum(found) < len(found)


@needs_node
def test_wires_from_anywhere_are_kept_only_where_they_fit(page):
    given = {"g1.a": "x1", "g2.a": "g1", "g1.b": "g2", "g9.a": "x1", "out": "y", "g2.b": "x2"}
    assert page("m.soundWires(m.CHALLENGES.AND, d)", given) == {"g1.a": "x1", "g2.a": "g1", "g2.b": "x2"}


@needs_node
@pytest.mark.parametrize("neuron", ["step", "sigmoid"])
def test_the_perceptron_copied_as_python_gives_the_same_table(page, neuron):
    state = {"w1": -2, "w2": 1.5, "b": 0.25, "neuron": neuron, "c": 2.5}
    table, program = page("[m.truthTable(d), m.perceptronCode(d)]", state)
    names, shown = run(program)
    assert_array_equal(names["gate"](names["x"]), [row["bit"] for row in table])
    assert ("Sigmoid" in names) == (neuron == "sigmoid") and len(shown.splitlines()) >= 2


@needs_node
def test_the_still_picture_has_the_gates_of_the_page(page):
    places = page("Object.fromEntries(Object.entries(m.CHALLENGES).map(([name, c]) => [name, c.at]))")
    assert {name: {g: tuple(at) for g, at in gates.items()} for name, gates in places.items()} == GATES
    assert (tuple(places), tuple(page("Object.keys(m.TARGETS)"))) == (CHALLENGES, TARGETS)


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ({"target": "IMPLIES"}, "target is one of 'AND', 'OR', 'NAND', 'XOR'"),
        ({"view": "both"}, "view is one of 'perceptron', 'board'"),
        ({"c": 0.0}, "c is above 0, got 0.0. At c = 0 every output is 1/2."),
        (
            {"wires": {"g1.a": "g2", "g2.b": "g1"}},
            "wires close a loop, g. to g. to g.. Take one of these out.",
        ),
        ({"inputs": [1, 2]}, r"inputs are 0 or 1, got \[1, 2\]"),
        ({"w1": float("nan")}, "w1 lies anywhere but at infinity or nan"),
    ],
)
def test_the_board_refuses_what_it_cannot_draw(setting, advice):
    with pytest.raises(ValueError, match=advice):
        NandBoard(**setting)


def test_the_board_names_its_settings_when_asked_for_another():
    with pytest.raises(TypeError, match="NandBoard has no setting 'gate'; it has b, c, challenge, .*, wires"):
        NandBoard(gate="AND")


def test_the_board_follows_its_traits():
    fig = NandBoard(w1=-2.0, w2=-2.0, b=3.0)
    assert "weights -2 and -2 and bias 3" in fig.alt
    fig.view = "board"
    assert "XOR" in fig.alt
