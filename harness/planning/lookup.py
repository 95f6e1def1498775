"""Problems by name: those of the catalogue, and those in a user's file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import import_file

Target = str | Problem | Callable[..., Any] | Mapping[str, Any] | Sequence[Any]
"""What Python may name: a name or a file; a problem; a loss(xp, params, data), followed by its
params and, if it has any, its data; a list of these."""


def catalogue() -> dict[str, Problem]:
    """Every problem that comes with gradparity."""
    from gradparity.problems.catalogue import PROBLEMS

    return PROBLEMS


def selectable() -> list[str]:
    """The names that mean problems of the catalogue: families, then problems."""
    known = catalogue()
    families = {name.partition("-")[0] for name in known if "-" in name}
    return [*sorted(families - set(known)), *known]


def members(name: str) -> dict[str, Problem]:
    """The problems of the catalogue that a name means: one, or a family ("price"); {} if none."""
    known = catalogue()
    if name in known:
        return {name: known[name]}
    return {key: problem for key, problem in known.items() if key.startswith(name + "-")}


def find(name: str, file: str | None = None) -> Problem:
    """The problem of this name, in `file` if one is given."""
    known = catalogue() if file is None else load_file(file)
    if name not in known:
        raise unknown("problem", name, known)
    return known[name]


def load_file(file: str) -> dict[str, Problem]:
    """The problems that a user's Python file defines, by name.

    Raises InputError, one line that names the file, if it cannot be read, raises on import, or has
    no Problem in it.
    """
    found: dict[str, Problem] = {}
    called: dict[str, str] = {}
    for variable, value in defined(import_file(file), file):
        if found.setdefault(value.name, value) is not value:
            both = f"{called[value.name]} and {variable}"
            raise InputError(f"{file}: {both} are two problems called {value.name!r}; rename one")
        called.setdefault(value.name, variable)
    if not found:
        raise InputError(
            f"{file}: no Problem in it; give one a name at the top level, PROBLEM = Problem(...), "
            "or list several, PROBLEMS = [...]"
        )
    return found


def defined(module: ModuleType, file: str) -> Iterator[tuple[str, Problem]]:
    """What the Problems at the top level of a module are called there, and those of `PROBLEMS`.

    Raises InputError if something else is listed.
    """
    yield from ((name, x) for name, x in vars(module).items() if isinstance(x, Problem))
    listed = vars(module).get("PROBLEMS", ())
    if not isinstance(listed, list | tuple):
        raise InputError(f"{file}: PROBLEMS is a {type(listed).__name__}, should be a list")
    for i, x in enumerate(listed):
        if not isinstance(x, Problem):
            raise InputError(f"{file}: PROBLEMS[{i}] is a {type(x).__name__}, should be a Problem")
        yield f"PROBLEMS[{i}]", x


def in_file(target: str) -> list[Problem]:
    """The problems of FILE, or the one of FILE::NAME, by its name or its variable's.

    Raises InputError as `load_file`, and for a name that the file does not have.
    """
    file, _, name = target.partition("::")
    known = load_file(file)
    if not name:
        return list(known.values())
    named = dict(defined(import_file(file), file)) | known
    if name not in named:
        raise unknown(f"problem of {file}", name, known)
    return [named[name]]


def the_one(target: str) -> Problem:
    """The problem of FILE::NAME, or of a file that has one. Raises InputError, as `in_file`."""
    found = in_file(target)
    if len(found) > 1:
        names = ", ".join(problem.name for problem in found)
        raise InputError(
            f"{target}: several problems; say which, {target}::{found[0].name}: {names}"
        )
    return found[0]


def homes(named: Iterable[tuple[Problem, str | None]]) -> dict[str, str | None]:
    """The file of each problem by its name, None for the catalogue's, where all are to be kept.

    Raises InputError, one line with both files, for two problems of one name: a result is found by
    the name.
    """
    found: dict[str, tuple[Problem, str | None]] = {}
    for problem, file in named:
        first, home = found.setdefault(problem.name, (problem, file))
        if first is not problem:
            raise clash(problem.name, home, file)
    return {name: file for name, (_, file) in found.items()}


def clash(name: str, *files: str | None) -> InputError:
    """The error for two problems of one name, each in its file, None for the catalogue."""
    both = " and ".join(where or "gradparity itself" for where in files)
    return InputError(
        f"{both} both have a problem {name!r}, and a run can have one of a name; "
        "rename one, or run them one by one"
    )
