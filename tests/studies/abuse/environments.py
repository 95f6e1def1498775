"""Odd surroundings that the command is started in, as data; and what it does there."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git
from tests.studies.abuse.commands import environment, watched
from tests.studies.abuse.faults import CODES, Fault

WELL = {0}
REFUSED = {0, 2, 4}
GONE = {0, 2, 4, 141}
"""Exit codes: it works; it works, or says why not; the reader is gone."""

VERBS = (
    ("list",),
    ("run", "mine.py", "--backend", "numpy", "--rounds", "2", "--extra", "0", "--size", "tiny"),
    ("show",),
    ("check", "mine.py", "--backend", "numpy,tape"),
    ("derive", "mine.py"),
    ("export", "-f", "json"),
    ("run", "missing.py"),
)


@dataclass(frozen=True, slots=True)
class Surrounding:
    """name; variables, without those that are None; before: called in the child before it begins.

    streams: of `subprocess.Popen`. place: the folder's name, or what makes of a folder another one.
    ends: the exit codes that are right for what is right. heard: whether anything can be told.
    """

    name: str
    variables: dict[str, str | None] = field(default_factory=dict)
    before: Callable[[], Any] | None = None
    streams: dict[str, str] = field(default_factory=dict)
    place: str | bytes = "here"
    ends: frozenset[int] | set[int] = frozenset(WELL)
    root_only: bool = False
    heard: bool = True


def closing(*numbers: int) -> Callable[[], None]:
    """Close these descriptors."""
    return lambda: [os.close(number) for number in numbers] and None


def limited(what: int, most: int) -> Callable[[], None]:
    """Set a limit of the operating system."""
    return lambda: resource.setrlimit(what, (most, most))


def _as_nobody() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


SURROUNDINGS = (
    Surrounding("no HOME", {"HOME": None}),
    Surrounding("HOME is nowhere", {"HOME": "/nowhere"}),
    Surrounding("no variables at all", {"HOME": None, "PATH": None, "TMPDIR": None}),
    Surrounding("TMPDIR is missing", {"TMPDIR": "/nowhere/tmp"}, ends=REFUSED),
    Surrounding("TMPDIR is a file", {"TMPDIR": "/etc/passwd"}, ends=REFUSED),
    Surrounding("TMPDIR is /dev/full", {"TMPDIR": "/dev/full"}, ends=REFUSED),
    Surrounding("TMPDIR may not be written", {"TMPDIR": "/proc"}, ends=REFUSED),
    Surrounding("no files of any size", before=limited(resource.RLIMIT_FSIZE, 0), ends=REFUSED),
    Surrounding("files of 4 KiB", before=limited(resource.RLIMIT_FSIZE, 4096), ends=REFUSED),
    Surrounding("ASCII", {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}),
    Surrounding("Latin 1", {"PYTHONIOENCODING": "latin-1"}),
    Surrounding("an encoding that does not exist", {"LC_ALL": "xx_XX.nothing"}),
    Surrounding("Turkish", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    Surrounding("TERM=dumb", {"TERM": "dumb"}),
    Surrounding("no TERM", {"TERM": None}),
    Surrounding("COLUMNS=0", {"COLUMNS": "0"}),
    Surrounding("COLUMNS=1", {"COLUMNS": "1", "LINES": "1"}),
    Surrounding("COLUMNS=20", {"COLUMNS": "20"}),
    Surrounding("COLUMNS is no number", {"COLUMNS": "wide", "LINES": "-3"}),
    Surrounding("COLUMNS is huge", {"COLUMNS": "9" * 9}),
    Surrounding("NO_COLOR", {"NO_COLOR": "1"}),
    Surrounding("CI", {"CI": "true", "GITHUB_ACTIONS": "true"}),
    Surrounding("a step summary that is a folder", {"GITHUB_STEP_SUMMARY": "/", "CI": "true"}),
    Surrounding("a step summary on a full disk", {"GITHUB_STEP_SUMMARY": "/dev/full"}),
    Surrounding("no standard input", before=closing(0)),
    Surrounding("no standard output", before=closing(1), ends=GONE),
    Surrounding("no standard error", before=closing(2), heard=False),
    Surrounding("none of the three", before=closing(0, 1, 2), ends=GONE, heard=False),
    Surrounding("standard output is full", streams={"stdout": "/dev/full"}, ends=REFUSED),
    Surrounding("standard error is full", streams={"stderr": "/dev/full"}, heard=False),
    Surrounding("standard input never ends", streams={"stdin": "/dev/zero"}),
    Surrounding("umask 077", before=lambda: os.umask(0o077)),
    Surrounding("umask 777", before=lambda: os.umask(0o777), ends=REFUSED),
    Surrounding("32 descriptors", before=limited(resource.RLIMIT_NOFILE, 32), ends=REFUSED),
    Surrounding("no core file", before=limited(resource.RLIMIT_CORE, 0)),
    Surrounding("a shallow stack", before=limited(resource.RLIMIT_STACK, 1 << 20), ends=REFUSED),
    Surrounding("nice 19", before=lambda: os.nice(19)),
    Surrounding("one core", before=lambda: os.sched_setaffinity(0, {0})),
    Surrounding("warnings are errors", {"PYTHONWARNINGS": "error"}),
    Surrounding("without assertions and docstrings", {"PYTHONOPTIMIZE": "2"}),
    Surrounding("a seed of hashes", {"PYTHONHASHSEED": "7"}),
    Surrounding("a seed that is none", {"PYTHONHASHSEED": "random"}),
    Surrounding("a safe path", {"PYTHONSAFEPATH": "1"}),
    Surrounding("no byte code", {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}),
    Surrounding("development mode", {"PYTHONDEVMODE": "1"}),
    Surrounding("many threads", {"OMP_NUM_THREADS": "64", "OPENBLAS_NUM_THREADS": "many"}),
    Surrounding("a space in the path", place="a place"),
    Surrounding("a newline in the path", place="a\nplace"),
    Surrounding("markup in the path", place="a[/bold]'\"$x"),
    Surrounding("a path that is not UTF-8", place=b"a\xffplace"),
    Surrounding("a path of 200 letters", place="a" * 200),
    Surrounding("a quarter and a hash", place="100%#?&;"),
    Surrounding("another user, who may not write", before=_as_nobody, ends=REFUSED, root_only=True),
)


def surrounding(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """Every verb in one surrounding."""
    one = SURROUNDINGS[number % len(SURROUNDINGS)]
    if one.root_only and os.geteuid() != 0:
        return 0, []
    place = Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(one.place))))
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "mine.py").write_text(GOOD)
    git(place, "init", "-q", "-b", "main")
    variables = environment(place) | one.variables
    given = {name: text for name, text in variables.items() if text is not None}
    faults = []
    for words in VERBS:
        with ExitStack() as stack:
            opened = {
                name: stack.enter_context(open(path, "r+b", buffering=0))
                for name, path in one.streams.items()
            }
            try:
                done = watched(
                    place, *words, env=given, preexec_fn=one.before, allowed=CODES | GONE, **opened
                )
            except (subprocess.SubprocessError, OSError) as error:
                faults.append(Fault("exit code", f"not started: {error}", one.name))
                continue
        faults += [each for each in done.faults if one.heard or each.kind != "silent"]
        ends = {2, 4, 141} if words[-1] == "missing.py" else one.ends
        if not done.faults and done.code not in ends:
            told = f"exit {done.code} of {' '.join(words)}: {done.err[-400:]}"
            faults.append(Fault("exit code", told, one.name))
    return 1, [Fault(each.kind, each.told, f"{one.name}: {each.tried}") for each in faults]
