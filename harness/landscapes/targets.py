"""What a target names: a problem of the catalogue, a file, or one thing in a file."""

from __future__ import annotations

from typing import Any

from gradparity.harness.landscapes.curve_view import curve_view
from gradparity.harness.landscapes.plain_loss import is_plain, problem_of_plain
from gradparity.harness.landscapes.seen_loss import SeenLoss
from gradparity.harness.landscapes.surface_view import slice_view, surface_view
from gradparity.harness.planning.lookup import catalogue, defined
from gradparity.harness.views.view import View
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import import_file, is_file
from gradparity.problems.user_files import unknown_target


def view_of(target: str, size: str | None = None) -> View:
    """The view of a problem: by its name, `FILE` or `FILE::NAME`; size: the smallest, without one.

    It runs what is in the file. Raises InputError, one line, for what there is not.
    """
    problem, file = found(target)
    subject = SeenLoss(problem, file, size)
    make = {1: curve_view, 2: surface_view}.get(subject.layout.size, slice_view)
    return make(subject)


def found(target: str) -> tuple[Problem, str | None]:
    """The problem of a target, and its file, None for the catalogue's."""
    file, _, name = target.partition("::")
    if not is_file(target):
        known = catalogue()
        if target not in known:
            raise unknown_target("problem", target, known)
        return known[target], None
    return _in_file(file, name), file


def _in_file(file: str, name: str) -> Problem:
    """A Problem or a function f(x, y) of a file, by its name if there are several."""
    module = import_file(file)
    functions = {
        key: value
        for key, value in vars(module).items()
        if not key.startswith("_") and _is_own(value, file)
    }
    there = functions | dict(defined(module, file))
    named = {**there, **{x.name: x for x in there.values() if isinstance(x, Problem)}}
    if name:
        if name not in named:
            raise unknown(f"loss of {file}", name, named)
        return _as_problem(named[name])
    problems = {id(x): x for x in there.values() if isinstance(x, Problem)}
    rest = list(problems.values()) or list(there.values())
    if not rest:
        raise InputError(
            f"{file}: no Problem and no function f(x, y) in it; a loss is def loss(x, y): ..."
        )
    if len(rest) > 1:
        some = [x.name if isinstance(x, Problem) else x.__name__ for x in rest]
        raise InputError(f"{file}: several losses; say which, {file}::{some[0]}: {', '.join(some)}")
    return _as_problem(rest[0])


def _is_own(value: Any, file: str) -> bool:
    """Whether a file defines this function of two variables, and does not just import it."""
    code = getattr(value, "__code__", None)
    return code is not None and is_plain(value) and code.co_filename.endswith(file.split("/")[-1])


def _as_problem(value: Any) -> Problem:
    return value if isinstance(value, Problem) else problem_of_plain(value)
