"""Problems by name: those of the catalogue, and those in a user's file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    module = import_file(file)
    found: dict[str, Problem] = {}
    called: dict[str, str] = {}
    for variable, value in vars(module).items():
        if not isinstance(value, Problem):
            continue
        if found.setdefault(value.name, value) is not value:
            both = f"{called[value.name]} and {variable}"
            raise InputError(f"{file}: {both} are two problems called {value.name!r}; rename one")
        called.setdefault(value.name, variable)
    if not found:
        raise InputError(
            f"{file}: no Problem in it; give one a name at the top level: PROBLEM = Problem(...)"
        )
    return found


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
