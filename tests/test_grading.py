"""Honest submissions: right, half right, empty, and the ways in which honest code fails."""

import pytest
from grading_kit import cell, exercise, graded, hidden, one, with_answers

TWICE = "import numpy as np\ndef twice(x):\n    return 2 * np.asarray(x)"
TWICE_TEST = 'assert twice(2) == 4, f"twice(2) is 4, got {twice(2)}"\n' + hidden(
    "x = rng.random(5)\nassert np.allclose(twice(x), 2 * x), 'Every entry is to be doubled.'"
)
SOURCE = [
    cell("read-only", "imports", "%matplotlib inline\nimport numpy as np\nrng = np.random.default_rng(0)"),
    *exercise("x1", TWICE, TWICE_TEST, points=2, hint="Think of arrays."),
    *exercise("x2", "best = 'b'", hidden("assert best == 'b'"), hint="Which one is linear?"),
    *exercise(
        "x3", "def sort(v):\n    v.sort()", "v = [2, 1]\nsort(v)\nassert v == [1, 2], 'Sort in place.'"
    ),
]
STUB = "# YOUR CODE HERE\nraise NotImplementedError('Write your answer here, then run the cell.')"


def statuses(results):
    return {name: result.status for name, result in results.items()}


def test_the_source_itself_gets_every_point(tmp_path):
    results = graded(tmp_path, SOURCE, SOURCE)
    assert statuses(results) == {"x1": "passed", "x2": "passed", "x3": "passed"}
    assert [result.score for result in results.values()] == [2, 1, 1]


def test_a_half_right_submission_gets_the_points_of_its_right_answers(tmp_path):
    results = graded(tmp_path, SOURCE, with_answers(SOURCE, x2="best = 'a'", x3=STUB))
    assert statuses(results) == {"x1": "passed", "x2": "failed", "x3": "no answer"}
    assert sum(result.score for result in results.values()) == 2
    assert results["x2"].messages == ("Which one is linear?",)


def test_an_empty_submission_gets_no_points_and_a_reason(tmp_path):
    for empty in ([], with_answers(SOURCE, x1=STUB, x2="# later\n" + STUB, x3="  ")):
        results = graded(tmp_path, SOURCE, empty)
        assert set(statuses(results).values()) == {"no answer"}
        assert all(result.score == 0 and "No answer yet" in result.messages[0] for result in results.values())


def test_a_visible_test_is_quoted_and_a_hidden_one_is_not(tmp_path):
    visible = graded(tmp_path, SOURCE, with_answers(SOURCE, x1="def twice(x): return x"))["x1"]
    assert visible.messages == ("twice(2) is 4, got 2",)
    answer = "def twice(x):\n    return 4"
    behind = graded(tmp_path, SOURCE, with_answers(SOURCE, x1=answer))["x1"]
    assert behind.messages == ("Every entry is to be doubled.",)


def test_a_hidden_message_with_data_in_it_gives_way_to_the_hint(tmp_path):
    test = hidden("assert f(3) == 987654, f'expected 987654, got {f(3)}'")
    result = one(tmp_path, "def f(x): return 987654", test, "def f(x): return 0", hint="Look at the sign.")
    assert result.messages == ("Look at the sign.",)


def test_the_students_error_names_cell_and_line_but_in_a_hidden_test_not_its_message(tmp_path):
    answer = "def f(x):\n    raise ValueError(f'leak {x}')"
    shown = one(tmp_path, "def f(x): return x", "assert f(3) == 3", answer)
    assert shown.messages == ("ValueError in your code (cell x1-answer, line 2): leak 3",)
    behind = one(tmp_path, "def f(x): return x", hidden("assert f(3) == 3"), answer, hint="Think.")
    assert behind.messages == (
        "A hidden test ended with ValueError in your code (cell x1-answer, line 2). Think.",
    )


def test_a_missing_name_is_explained_by_the_cell_that_should_have_bound_it(tmp_path):
    result = one(tmp_path, "def f(x): return x", "assert f(3) == 3", "1 / 0\ndef f(x): return x")
    assert result.status == "failed"
    assert "`f` is not defined" in result.messages[0]
    assert "The cell x1-answer, line 1, stopped with ZeroDivisionError" in result.messages[0]


def test_a_cell_that_raises_does_not_stop_the_others(tmp_path):
    broken = with_answers(SOURCE, x1="def twice(x) return x")
    assert statuses(graded(tmp_path, SOURCE, broken)) == {"x1": "failed", "x2": "passed", "x3": "passed"}


def test_partial_credit_counts_the_asserts(tmp_path):
    test = "assert f(1) == 1\nassert f(2) == 4\nfor n in (3, 4):\n    assert f(n) == n * n\nassert f(0) == 0"
    answer = "def f(x): return {0: 0, 1: 1, 2: 5, 3: 9, 4: 16}[x]"
    result = one(tmp_path, "def f(x): return x * x", test, answer, points=8, partial=True)
    assert (result.status, result.score) == ("partial", 6.0)
    assert one(tmp_path, "def f(x): return x * x", test, answer, points=8).score == 0


def test_prints_warnings_and_magics_cost_nothing(tmp_path):
    answer = (
        "%matplotlib inline\n!pip install nothing\nimport warnings, sys\n"
        "def f(x):\n    print('working', file=sys.stderr)\n    print('x' * 100000)\n"
        "    warnings.warn('careful')\n    return x\nf?\ndisplay(f(1))"
    )
    assert one(tmp_path, "def f(x): return x", "assert f(3) == 3", answer).status == "passed"


def test_a_timed_cell_runs_its_body(tmp_path):
    assert one(tmp_path, "a = 1", "assert a == 1", "%%time\na = 1").status == "passed"


def test_functions_of_the_test_are_called_back(tmp_path):
    solution = (
        "def descend(gradient, x):\n    for _ in range(3):\n        x = x - 0.5 * gradient(x)\n    return x"
    )
    test = "calls = []\nassert descend(lambda x: calls.append(x) or x, 8.0) == 1.0\nassert calls == [8.0, 4.0, 2.0]"
    assert one(tmp_path, solution, test, solution).status == "passed"
    result = one(tmp_path, solution, test, "def descend(gradient, x): return 1.0")
    assert "This did not hold: `assert calls ==" in result.messages[0]


def test_what_a_function_of_the_test_raises_is_the_tests_own_error(tmp_path):
    test = "def once(x):\n    assert x > 0, 'f was called with a negative number'\n    return x\nuse(once)"
    result = one(tmp_path, "def use(f): return f(1)", test, "def use(f): return f(-1)")
    assert result.messages == ("f was called with a negative number",)


def test_a_students_function_may_be_passed_to_another(tmp_path):
    solution = "def cube(x): return x ** 3\ndef apply(f, x): return f(x)"
    assert one(tmp_path, solution, "assert apply(cube, 2) == 8", solution).status == "passed"


@pytest.mark.parametrize(
    ("change", "test"),
    [
        ("x[0] = 9.0", "x = np.zeros(3)\nf(x)\nassert x[0] == 0, 'f changes its argument'"),
        (
            "x[0] = 9.0",
            "xs = [np.zeros(2), 1]\nv = xs[0]\nf(xs[0])\nassert v[0] == 0, 'f changes its argument'",
        ),
        ("x[0].append(1)", "x = [[]]\ninner = x[0]\nf(x)\nassert inner == [], 'f changes its argument'"),
        (
            "x['k'][0] = 1",
            "x = {'k': np.zeros(1)}\nk = x['k']\nf(x)\nassert k[0] == 0, 'f changes its argument'",
        ),
        ("x.add(3)", "x = {1}\nf(x=x)\nassert x == {1}, 'f changes its argument'"),
    ],
)
def test_a_change_in_place_is_seen_by_the_test(tmp_path, change, test):
    test = "import numpy as np\n" + test
    assert one(tmp_path, "def f(x): return 1", test, "def f(x): return 1").status == "passed"
    result = one(tmp_path, "def f(x): return 1", test, f"def f(x):\n    {change}\n    return 1")
    assert result.messages == ("f changes its argument",)


NETWORK = """class Network:
    def __init__(self, sizes):
        self.sizes, self.w = sizes, [0.0] * len(sizes)
    def predict(self, x):
        return x + sum(self.w)
    def __len__(self):
        return len(self.sizes)
"""
NETWORK_TEST = "net = Network([2, 3])\nnet.w = [1.0, 2.0]\nassert net.predict(4) == 7 and len(net) == 2 and net.sizes[1] == 3"


def test_objects_are_used_from_afar_where_the_test_opts_in(tmp_path):
    assert one(tmp_path, NETWORK, NETWORK_TEST, NETWORK, handles=["Network"]).status == "passed"
    refused = one(tmp_path, NETWORK, NETWORK_TEST, NETWORK)
    assert refused.status == "failed"
    assert "an object of type Network" in refused.messages[0]


def test_a_function_that_returns_a_function_needs_the_opt_in(tmp_path):
    solution = "def scaled(c):\n    return lambda x: c * x"
    test = "double = scaled(2)\nassert double(4) == 8"
    assert one(tmp_path, solution, test, solution, handles=["function"]).status == "passed"
    assert "type function" in one(tmp_path, solution, test, solution).messages[0]


def test_what_is_no_plain_data_is_named(tmp_path):
    result = one(tmp_path, "def f(): return [1]", "assert f() == [1]", "def f(): return (x for x in [1])")
    assert "an object of type generator. Return numbers" in result.messages[0]
    named = one(tmp_path, "a = [1]", "assert a == [1]", "a = iter([1])")
    assert "`a` is an object of type list_iterator" in named.messages[0]


def test_helpers_and_data_come_from_the_source_whatever_the_submission_made_of_them(tmp_path):
    source = [
        cell("read-only", "data", "SCALE = 10\ndef scaled(x): return SCALE * x"),
        *exercise("x1", "def f(x): return scaled(x) + 1", "assert f(2) == scaled(2) + 1 == 21"),
    ]
    edited = [{**source[0], "source": "SCALE = 0\ndef scaled(x): return -1"}, *source[1:]]
    for submission in (source, edited, source[1:], [*source, source[0]]):
        assert graded(tmp_path, source, submission)["x1"].status == "passed"


def test_each_test_starts_from_the_same_state(tmp_path):
    answer = cell("answer", "a", "count = []\ndef f():\n    count.append(1)\n    return len(count)")
    tests = [cell("test", f"t{n}", "assert f() == 1\nassert f() == 2", 1, id="x1") for n in (1, 2)]
    assert graded(tmp_path, [answer, *tests], [answer, *tests])["x1"].score == 2


def test_an_answer_in_a_cell_of_the_students_own_counts(tmp_path):
    source = exercise("x1", "a = 1", "assert a == 1")
    own = [cell("answer", "x1-answer", STUB), cell(None, "mine", "a = 1"), source[1]]
    assert graded(tmp_path, source, own)["x1"].status == "passed"


def test_hidden_numbers_are_the_same_again_but_differ_between_submissions(tmp_path):
    test = "import numpy as np\nf(seed, float(rng.random()))\nassert False, f'{seed} {rng.random()}'"
    source = exercise("x1", "def f(*a): return 1", test)
    seen = [
        graded(tmp_path, source, with_answers(source, x1=answer))["x1"].messages[0]
        for answer in ("def f(*a): return 2", "def f(*a): return 2", "def f(*a): return 3")
    ]
    assert seen[0] == seen[1] != seen[2]


def test_a_manual_answer_is_listed_without_points(tmp_path):
    source = [cell("manual", "essay", "Your view", 5, "markdown", id="x9")]
    result = graded(tmp_path, source, source)["x9"]
    assert (result.status, result.max_score) == ("manual", 0)


def test_an_exercise_that_its_own_answer_fails_is_the_graders_fault(tmp_path):
    source = exercise("x1", "a = 1", "assert a == 2, 'wrong'")
    result = graded(tmp_path, source, with_answers(source, x1="a = 3"), check=True)["x1"]
    assert result.status == "environment"
    assert "own answer fails" in result.messages[0]


def test_instructors_code_that_fails_is_the_graders_fault(tmp_path):
    source = [cell("read-only", "data", "table = 1 / 0"), *exercise("x1", "a = 1", "assert a == table")]
    result = graded(tmp_path, source, with_answers(source, x1="a = 2"), check=True)["x1"]
    assert result.status == "environment"
    assert "ended with ZeroDivisionError" in result.messages[0]


def test_data_that_an_earlier_test_has_bound_are_there_for_a_later_one(tmp_path):
    source = [
        *exercise("x1", "def pair(): return 1, 2", "a, b = pair()\nassert a == 1\nv = [3]\nassert b == 2"),
        cell("test", "more", "assert (b, v) == (2, [3]), 'No pair.'", 1, id="x1", hint="Return two."),
    ]
    assert graded(tmp_path, source, source)["x1"].status == "passed"
    result = graded(tmp_path, source, with_answers(source, x1="def pair(): return 1, 2, 3"))["x1"]
    assert (result.status, result.score) == ("failed", 0)
    assert result.messages[1] == "What this test prepares ended with ValueError. Return two."
