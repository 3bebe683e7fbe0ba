"""The ladder of isolation: how strictly a worker is locked in, and which rung this machine reaches.

bubblewrap   A file system of its own: the interpreter and its packages read-only, an empty /tmp of 64 MB, nothing else:
             no sources, no home, no other submission. No network. Its own processes, which die with the grader.
             Needs bubblewrap 0.8 or newer.
namespaces   util-linux's ``unshare``: no network, its own processes. Files are as readable as the user makes them.
limits       Resource limits only. Files, network and the grader's process are within reach: trust your students.

As root, every rung also gives the worker a user id of its own (where that user can read the interpreter), without
which the kernel does not enforce the limit on processes. Every rung has the resource limits below. Between
``namespaces`` and ``limits`` there is room for Landlock and seccomp, and on every rung for a cgroup that caps the
memory of all processes together; RLIMIT_AS caps each.
"""

import os
import shutil
import site
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LADDER", "LIMITS", "Room", "command", "environment", "kernel_caches", "rungs"]

LADDER = ("bubblewrap", "namespaces", "limits")
MEGABYTE = 1 << 20
LIMITS = {
    "RLIMIT_AS": 2048 * MEGABYTE,
    "RLIMIT_FSIZE": 64 * MEGABYTE,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_NPROC": 64,
    "RLIMIT_CORE": 0,
    "RLIMIT_CPU": 900,  # the clock on the wall stops a worker earlier; this is for what escapes from it
}
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
_PACKAGE = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.append({root!r}); from nndl.grading.worker import main; main({fd})"


@dataclass(frozen=True)
class Room:
    """Where a worker is put: a rung of the ladder, a fresh folder, and folders it must never see."""

    rung: str
    folder: str
    hidden: tuple = ()
    kernels: bool = True  # the compiled kernels of nndl, so that students need not compile them again

    @property
    def uid(self):
        """A user id for this worker alone, or None where the grader has no privilege to give up."""
        if os.geteuid() != 0 or not (self.rung == "bubblewrap" or _others_can_run()):
            return None
        return 100_000 + os.getpid() % 1_000_000

    @property
    def inside(self):
        """The worker's folder by the name that the worker knows."""
        return "/tmp" if self.rung == "bubblewrap" else self.folder


def rungs():
    """The rungs whose programs are installed here, the strictest first; whether they work, a trial must tell."""
    programs = {"bubblewrap": "bwrap", "namespaces": "unshare", "limits": "true"}
    return [rung for rung in LADDER if rung == "limits" or shutil.which(programs[rung])]


def command(room, fd):
    """The worker's command line, and the file descriptors it must inherit besides ``fd``."""
    start = _START.format(root=str(_PACKAGE.parent), fd=fd)
    python = [sys.executable, "-s", "-P", "-B", "-c", start]
    if room.rung == "bubblewrap":
        arguments = _descriptor(_bubblewrap(room))
        return [shutil.which("bwrap"), "--args", str(arguments), *python], [arguments]
    if room.rung == "namespaces":
        user = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
        options = ["--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return [shutil.which("unshare"), *user, *options, "--", *python], []
    return python, []


def environment(room):
    """The worker's environment: nothing of the grader's but the folder of the data."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA", "NUMEXPR", "VECLIB")
    variables = {f"{name}_NUM_THREADS": "1" for name in names}  # a process with threads does not fork well
    variables |= {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}
    variables |= {"HOME": room.inside, "TMPDIR": room.inside, "PYTHONUTF8": "1"}
    if _data():
        variables["NNDL_DATA"] = _data()
    return variables


def _bubblewrap(room):
    """Bubblewrap's options. Later ones cover earlier ones, so what is hidden comes last."""
    shown = [*_SYSTEM, *_interpreter(), str(_PACKAGE), *([_data()] if _data() else [])]
    options = ["--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    options += ["--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"]
    if room.uid is None:
        options += ["--unshare-user", "--disable-userns"]
    else:
        options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    options += _empty("/tmp")  # first: this very installation may lie in it
    for path in shown:
        for parent in reversed(Path(path).parents):
            options += ["--dir", str(parent)]  # else bubblewrap makes it for root alone
        options += ["--ro-bind-try", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", *_empty("/dev/shm")]
    for copy, original in kernel_caches(room):
        options += ["--ro-bind", original, copy, *_empty(original, "0777")]
    for path in map(os.path.realpath, room.hidden):
        if os.path.isdir(path) and any(Path(path).is_relative_to(os.path.realpath(root)) for root in shown):
            options += ["--tmpfs", path]
    return [*options, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/tmp"]


def _empty(folder, mode="1777"):
    """Options for an empty, writable folder of 64 MB in memory."""
    return ["--perms", mode, "--size", str(64 * MEGABYTE), "--tmpfs", folder]


def _interpreter():
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    return list(dict.fromkeys([*prefixes, *site.getsitepackages()]))


def kernel_caches(room):
    """Where Numba's caches are shown, and where they belong, as pairs of paths inside the room.

    Numba ignores a cache that it cannot write to, and compiling takes seconds. So each worker copies the caches, before
    it runs a line of the student's, into a small file system in memory that lies where Numba looks for them.
    """
    if not room.kernels or room.rung != "bubblewrap":
        return []
    folders = sorted({str(path.parent) for path in _PACKAGE.rglob("__pycache__/*.nbi")})
    return [[f"/run/kernels/{n}", folder] for n, folder in enumerate(folders)]


def _descriptor(options):
    """A file in memory with the options, rewound, to be inherited."""
    with tempfile.TemporaryFile() as file:
        file.write(b"\0".join(os.fsencode(option) for option in options) + b"\0")
        file.flush()
        file.seek(0)
        return os.dup(file.fileno())


def _data():
    folder = os.environ.get("NNDL_DATA")
    return os.path.realpath(folder) if folder and os.path.isdir(folder) else None


def _others_can_run():
    """True if a user without rights can reach the interpreter and this package."""
    paths = [Path(os.path.realpath(sys.executable)), Path(sys.executable).absolute(), _PACKAGE / "grading"]
    return all(parent.stat().st_mode & 0o001 for path in paths for parent in path.parents)
