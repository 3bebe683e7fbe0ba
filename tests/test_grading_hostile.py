"""Submissions that fight the grader: none gets a point it has not earned, none harms another exercise."""

import os
import time

import pytest
from grading_kit import cell, exercise, graded, hidden, one, with_answers

from nndl.grading.grade import find_rung

DOUBLE = exercise("x1", "def f(x): return 2 * x", "assert f(3) == 6\n" + hidden("assert f(4) == 8"))
OTHER = exercise("x2", "a = 1", "assert a == 1")
locked_in = pytest.mark.skipif(find_rung() != "bubblewrap", reason="needs bubblewrap")

# Under ``unshare`` the worker is the first process of its namespace, which its own signals do not reach.
SHOT = "failed" if find_rung() == "namespaces" else "crash"


def statuses(tmp_path, answer, **options):
    """The statuses of x1, answered so, and of x2, answered right in the next cell."""
    source = [*DOUBLE, *OTHER]
    results = graded(tmp_path, source, with_answers(source, x1=answer), **{"seconds": 1.0, **options})
    assert results["x1"].status == "passed" or results["x1"].score == 0
    return results["x1"].status, results["x2"].status


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("while True: pass", "time limit"),
        ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "time limit"),
        ("import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass", "time limit"),
        ("def f(x):\n    while True: pass", "time limit"),
        ("def f(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass", "time limit"),
        ("import time\ndef f(x): time.sleep(100)", "time limit"),
        ("import os\nos._exit(0)", "exit"),
        ("import os\ndef f(x): os._exit(0)", "exit"),
        ("import sys\nsys.exit(0)", "exit"),
        ("import sys\ndef f(x): sys.exit('6')", "exit"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", SHOT),
        ("import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSEGV)", "crash"),
        ("import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGKILL)", "failed"),
        ("def f(x): return 'x' * 10 ** 11", "memory"),
        ("import numpy as np\nblob = np.ones(10 ** 10)\ndef f(x): return 2 * x", "memory"),
        ("import numpy as np\ndef f(x):\n    v = []\n    while True: v.append(np.empty(10 ** 8))", "memory"),
        ("def f(x): return f(x)", "failed"),
        ("def f(x): return [0] * 10 ** 8", "failed"),
        ("def f(x):\n    v = []\n    for _ in range(10 ** 5): v = [v]\n    return v", "failed"),
        ("def f(x):\n    v = []\n    v.append(v)\n    return v", "failed"),
        ("def f(x): return 1 << 10 ** 6", "failed"),
    ],
)  # fmt: skip
def test_what_stops_or_hangs_costs_only_its_own_exercise(tmp_path, answer, status):
    assert statuses(tmp_path, answer) == (status, "passed")


LIAR = "class Liar:\n    def __eq__(self, other): return True\n    def __bool__(self): return True\n"


@pytest.mark.parametrize(
    "answer",
    [
        LIAR + "def f(x): return Liar()",
        LIAR + "class Number(int, Liar): pass\ndef f(x): return Number(1)",
        "class Number(float):\n    def __eq__(self, other): return True\ndef f(x): return Number(1)",
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True\ndef f(x): return np.zeros(()).view(A)",
        "import builtins\nbuiltins.AssertionError = ZeroDivisionError\ndef f(x): return 0",
        "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\ndef f(x): return 0",
        "import sys\ndef f(x):\n    g = sys._getframe(2)\n    while g:\n        g.f_globals.clear(); g = g.f_back",
        "import gc\ndef f(x): return [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]",
        "import sys, types\nsys.modules['nndl.grading.wire'] = types.ModuleType('wire')\ndef f(x): return 0",
        "import nndl.grading.wire as w\nw.Encoder.encode = lambda self, value, depth=0: ['handle', 0, 'int']\ndef f(x): return 0",
        "import nndl.grading.wire as w\nw.Encoder.encode = lambda self, value, depth=0: ['back', 0]\ndef f(x): return 0",
        "import nndl.grading.wire as w\nw.Encoder.encode = lambda s, v, d=0: ['array', 'object', [1], 0, True]\ndef f(x): return 0",
        "import nndl.grading.serve as s\ns.send = lambda c, *a: c.sendall(b'\\xff' * 64)\ndef f(x): return 0",
        "import nndl.grading.serve as s\ns.send = lambda c, *a: c.sendall(b'{\"value\": 6}')\ndef f(x): return 0",
        "import nndl.grading.serve as s\nold = s.send\ns.send = lambda c, *a: old(c, {'callback': 0, 'args': [], 'kwargs': {}})\ndef f(x): return 0",
        "import nndl.grading.serve as s\nold = s.send\ns.send = lambda c, *a: old(c, {'done': 0, 'passed': True})\ndef f(x): return 0",
        "import nndl.grading.worker as w\nw.fork_test = lambda c, m, n: w.send(c, {'names': 7})\ndef f(x): return 0",
        "import nndl.grading.worker as w\nw.fork_test = lambda c, m, n: w.send(c, {'names': {'f': ['value', ['call', [], 1]]}})\ndef f(x): return 0",
        "class E(Exception):\n    student = None\ndef f(x): raise E('passed')",
        "class SystemExit(BaseException): pass\ndef f(x): raise SystemExit",
        "def f(x): raise StopIteration(6)",
        "f = type('f', (), {'__call__': lambda s, x: 0, '__getattr__': lambda s, n: s})()",
    ],
)  # fmt: skip
def test_tampering_earns_nothing(tmp_path, answer):
    mine, other = statuses(tmp_path, answer)
    assert mine in ("failed", "crash", "exit", "time limit")
    assert other in (
        "passed",
        "crash",
        "exit",
        "failed",
        "time limit",
    )  # who breaks the worker's own code harms nobody else


def test_the_answer_of_the_tampered_exercises_is_right_without_tampering(tmp_path):
    assert statuses(tmp_path, "def f(x): return 2 * x") == ("passed", "passed")


def test_test_cells_of_the_submission_are_ignored(tmp_path):
    wrong = with_answers(DOUBLE, x1="def f(x): return 0")
    generous = {
        **wrong[1],
        "source": "assert True",
        "metadata": {"nbgrader": {**wrong[1]["metadata"]["nbgrader"], "points": 99}},
    }
    for cells in ([wrong[0]], [wrong[0], generous], [*wrong, generous, generous]):
        result = graded(tmp_path, DOUBLE, cells)["x1"]
        assert (result.score, result.max_score) == (0, 1)
    right = [DOUBLE[0], generous, generous]
    assert graded(tmp_path, DOUBLE, right)["x1"].score == 1
    loop = {**generous, "source": "while True: pass"}
    assert graded(tmp_path, DOUBLE, [DOUBLE[0], loop])["x1"].score == 1


def test_metadata_of_any_shape_is_survived(tmp_path):
    for nonsense in (
        {"nbgrader": 7},
        {"nbgrader": {"grade_id": [1]}},
        {"nndl": {"time_limit": 1e9}},
        {"nbgrader": None},
    ):
        cells = [{**DOUBLE[0], "metadata": nonsense}, DOUBLE[1]]
        assert graded(tmp_path, DOUBLE, cells)["x1"].max_score == 1


def test_an_endless_loop_in_the_test_itself_ends(tmp_path):
    test = "while more(1): pass\nassert True"
    began = time.monotonic()
    result = one(tmp_path, "def more(x): return False", test, "def more(x): return True", seconds=0.5)
    assert result.status == "time limit"
    assert time.monotonic() - began < 30


def test_a_number_that_asks_the_test_for_too_much_memory_fails_it(tmp_path):
    test = "import numpy as np\nassert np.ones(size()).sum() == size()"
    result = one(tmp_path, "def size(): return 3", test, "def size(): return 10 ** 9")
    assert (result.status, result.score) == ("failed", 0)
    assert "MemoryError" in result.messages[0]


def test_hidden_inputs_leave_no_trace_in_what_the_student_sees(tmp_path):
    leaky = [
        "def f(x): raise ValueError(str(x))",
        "def f(x): raise type('E' + str(x), (Exception,), {})()",
        "def f(x): return type('E' + str(x), (), {})()",
        "def f(x): print(x)",
        "def f(x): assert False, x",
        "def f(x): return {x: 1}",
    ]
    for answer in leaky:
        result = one(
            tmp_path,
            "def f(x): return 1",
            hidden("assert f(918273) == 1, f'{f(918273)}'"),
            answer,
            hint="No.",
        )
        assert result.score == 0
        assert "918273" not in " ".join(result.messages)


@locked_in
def test_sources_home_network_and_other_files_are_out_of_reach(tmp_path):
    source = str(tmp_path / "source")
    answer = f"""
import os, socket, glob
def f(x):
    seen = []
    for path in ({source!r}, {str(tmp_path)!r}, os.path.expanduser("~root/.ssh"), "/etc/passwd", "/home", {os.getcwd()!r} + "/tests"):
        seen += [path] if os.path.exists(path) else []
    for place in ("/", "/usr", "/etc", os.path.dirname(os.__file__)):
        try:
            open(place + "/mine", "w").close()
            seen.append(place)
        except OSError:
            pass
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=0.2)
        seen.append("network")
    except OSError:
        pass
    seen += [name for name in os.environ if "KEY" in name or "TOKEN" in name or name == "SECRET_OF_THE_TEST"]
    seen += ["processes"] if len(glob.glob("/proc/[0-9]*")) > 4 else []
    return seen
"""
    os.environ["SECRET_OF_THE_TEST"] = "1"
    try:
        result = one(tmp_path, "def f(x): return []", "assert f(0) == [], f'saw {f(0)}'", answer)
    finally:
        del os.environ["SECRET_OF_THE_TEST"]
    assert result.messages == ()


@locked_in
def test_the_disk_and_the_number_of_processes_are_bounded(tmp_path):
    answer = """
import os
def files(x):
    written = 0
    try:
        for n in range(40):
            with open(f"/tmp/{n}", "wb") as file:
                written += file.write(bytes(10 ** 7))
    except OSError:
        pass
    return written
def processes(x):
    children = 0
    try:
        while children < 500:
            if os.fork() == 0:
                import time
                time.sleep(60)
                os._exit(0)
            children += 1
    except OSError:
        pass
    return children
"""
    test = "assert files(0) < 1e8, files(0)\nassert processes(0) < 100"
    assert one(tmp_path, answer, test, answer, seconds=8.0).status == "passed"


@locked_in
def test_nothing_is_left_over_for_the_next_submission(tmp_path):
    answer = """
import os
def f(x):
    before = os.path.exists("/tmp/mark")
    open("/tmp/mark", "w").close()
    return before
"""
    for _ in range(2):
        assert one(tmp_path, "def f(x): return False", "assert f(0) is False", answer).status == "passed"


@pytest.mark.parametrize("rung", ["namespaces", "limits"])
def test_the_weaker_rungs_grade_the_same(tmp_path, rung):
    if rung not in ("limits",) and find_rung("namespaces") != rung and not _works(rung):
        pytest.skip(f"{rung} does not work here")
    assert statuses(tmp_path, "def f(x): return 2 * x", rung=rung) == ("passed", "passed")
    assert statuses(tmp_path, "while True: pass", rung=rung) == ("time limit", "passed")
    assert statuses(tmp_path, "import os\ndef f(x): os._exit(0)", rung=rung) == ("exit", "passed")


def _works(rung):
    from nndl.grading import grade

    return grade._works(rung, ())


def test_a_detached_child_does_not_hold_the_grader_up(tmp_path):
    answer = """
import os
def f(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            time.sleep(5)
        os._exit(0)
    return 2 * x
"""
    began = time.monotonic()
    assert statuses(tmp_path, answer) == ("passed", "passed")
    assert time.monotonic() - began < 5


def test_a_cell_with_another_ones_id_cannot_take_its_place(tmp_path):
    source = [
        cell("read-only", "helper", "def expected(x): return 2 * x"),
        *exercise("x1", "def f(x): return expected(x)", "assert f(3) == expected(3)"),
    ]
    fake = cell("read-only", "helper", "def expected(x): return 0")
    wrong = with_answers(source, x1="def f(x): return 0")
    assert graded(tmp_path, source, [fake, fake, *wrong[1:]])["x1"].score == 0


def test_control_characters_and_half_characters_do_not_reach_the_report(tmp_path):
    answer = """
import nndl.grading.wire as w
w._text = lambda value: value
def f(x): return "\\x1b[2J\\x07\\ud800" + "x" * 10 ** 6
"""
    result = one(tmp_path, "def f(x): return 0", "assert f(0) == 0, f(0)", answer)
    assert result.status == "failed"
    assert result.messages[0].startswith("?[2J??") and len(result.messages[0]) <= 1500


@locked_in
def test_the_packages_compiled_kernels_are_writable_copies_of_bounded_size(tmp_path):
    answer = """
import glob, os, nndl
def f(x):
    folder = os.path.join(os.path.dirname(nndl.__file__), "kernels", "__pycache__")
    written = 0
    try:
        for n in range(20):
            with open(f"{folder}/{n}", "wb") as file:
                written += file.write(bytes(10 ** 7))
    except OSError:
        pass
    return written
"""
    test = "assert 0 < f(0) < 1e8, f(0)"
    assert one(tmp_path, answer, test, answer, seconds=8.0).status == "passed"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "-" * 100_000 + "1",
        "x" + ".x" * 50_000,
        "1" + "+1" * 50_000,
        "[" * 90 + "]" * 90,
        " " * 100_000 + "x",
        " " * 100_000 + "?x",
        "a" + " " * 100_000 + "= !x",
        "!x\n" * 40_000,
        "\0",
        "\ud800".encode("utf-8", "replace").decode(),
        "def f(x):\n" + "".join(" " * n + "if x:\n" for n in range(1, 150)),
    ],
)  # fmt: skip
def test_code_that_attacks_the_parser_costs_its_own_exercise_only(tmp_path, text):
    began = time.monotonic()
    source = [*DOUBLE, *OTHER]
    results = graded(tmp_path, source, [cell(None, "own", text), *with_answers(source, x1=text)])
    assert (results["x1"].score, results["x2"].score) == (0, 1)
    assert time.monotonic() - began < 30


def test_many_slow_cells_share_one_budget(tmp_path):
    slow = [cell(None, f"slow{n}", "import time\ntime.sleep(0.4)") for n in range(40)]
    began = time.monotonic()
    results = graded(tmp_path, DOUBLE, [DOUBLE[0], *slow, *OTHER], seconds=0.5)
    assert results["x1"].status == "passed"
    assert time.monotonic() - began < 10


def test_values_that_collide_in_a_set_do_not_stop_the_clock(tmp_path):
    answer = "def f(x): return {n * (2 ** 61 - 1) for n in range(1, 3)} | {0}"
    assert one(tmp_path, answer, "assert len(f(0)) == 3", answer).status == "passed"
    forged = """
import nndl.grading.wire as w
w.Encoder.encode = lambda self, value, depth=0: ["set", [["int", hex(n * (2 ** 61 - 1))] for n in range(150_000)]]
def f(x): return 0
"""
    assert one(tmp_path, answer, "assert len(f(0)) == 3", forged, seconds=1.0).score == 0
