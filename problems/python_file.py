"""A user's Python, imported: a file and what lies beside it, what an installed package offers."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from gradparity.problems.errors import InputError, UnfinishedError
from gradparity.problems.neighbours import neighbours
from gradparity.problems.user_files import fault

MADE = ".problem"
"""How the file of a problem that was made in Python ends (`harness/planning/made.py`)."""


def is_file(name: str) -> bool:
    """Whether a name on the command line means a Python file, or one thing in it, FILE::NAME."""
    file = file_of(name)
    return file.endswith((".py", MADE)) or "/" in file


def file_of(name: str) -> str:
    """The file of FILE or FILE::NAME."""
    return name.partition("::")[0]


def files_among(names: Iterable[str]) -> list[str]:
    """The Python files that are named, each once."""
    return list(dict.fromkeys(file_of(name) for name in names if is_file(name)))


def import_file(file: str) -> ModuleType:
    """The module in a file; the same one when it is asked for again in this process.

    It may import what lies beside it and, if folders with an `__init__.py` hold it, from that
    package (`neighbours.py`).

    Raises InputError, one line that names the file and where it can the line, if it cannot be read
    or raises on import; UnfinishedError for SystemExit and its like.
    """
    told = fault(file)
    if told is not None:
        raise InputError(f"{file}: {told[0].lower()}{told[1:]}")
    path = Path(file).resolve()
    if path.suffix == MADE:
        return _made(path, file)
    if path.suffix != ".py":
        raise InputError(f"{file}: not a Python file (its name should end in .py)")
    folder, parents = package_of(path)
    around = neighbours(folder)
    last = [] if str(folder) in sys.path else [str(folder)]
    sys.path.extend(last)  # for what is imported by name, not by a statement
    try:
        return around.module(path, parents)
    except BaseException as error:
        told = _told(error).replace(f"{around.package}.", "")
        kind = InputError if isinstance(error, Exception) else UnfinishedError
        raise kind(f"{file}{_line_in(error, path)}: {told}") from error
    finally:
        for entry in last:
            sys.path.remove(entry)


@cache
def _made(path: Path, file: str) -> ModuleType:
    """A module with the problem that was kept in a file, as `PROBLEM`."""
    module = ModuleType(path.stem)
    try:
        kept = pickle.loads(path.read_bytes())
        last = [entry for entry in kept["path"] if entry not in sys.path]
        sys.path.extend(last)  # for what it refers to by name
        try:
            module.__dict__["PROBLEM"] = pickle.loads(kept["problem"])
        finally:
            for entry in last:
                sys.path.remove(entry)
    except Exception as error:
        raise InputError(f"{file}: its problem cannot be read: {_told(error)}") from error
    return module


def package_of(path: Path) -> tuple[Path, list[str]]:
    """The folder from which a file is imported, and the names of the packages that hold it."""
    folder, parents = path.parent, list[str]()
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        folder, parents = folder.parent, [folder.name, *parents]
    return folder, parents


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_in(error: BaseException, path: Path) -> str:
    """Where in `path` the error arose, as ", line 3"; the deepest frame counts."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    line = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = f", line {trace.tb_lineno}"
        trace = trace.tb_next
    return line


def offered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group, by name. They are looked for once: there may be hundreds."""
    return dict(_found(group, tuple(sys.path), entry_points))


@cache
def _found(
    group: str, path: tuple[str, ...], find: Callable[..., Iterable[EntryPoint]]
) -> dict[str, EntryPoint]:
    return {point.name: point for point in find(group=group)}


def loaded(kind: str, point: EntryPoint) -> tuple[Any, str]:
    """What an entry point leads to, and what a message calls it; kind: "backend", "optimizer".

    Raises InputError, one line, where its package cannot be imported.
    """
    package = point.dist.name if point.dist else point.module
    where = f"{kind} {point.name!r} of package {package} ({point.value})"
    try:
        return point.load(), where
    except Exception as error:
        text = " ".join(str(error).split())
        raise InputError(f"{where}: {type(error).__name__}: {text}") from error
