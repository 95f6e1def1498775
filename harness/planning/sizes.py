"""Which sizes are meant: a problem's own by name, figures of `draw`, and ladders of a figure.

tiny                    a size of the problem
n=100,d=5               these figures, the others as in the smallest
n=10:1e6:log7,d=5       a ladder: seven sizes, n from 10 to 1,000,000 (`grid.py`), d = 5 in each
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gradparity.harness.planning.grid import grid
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown

EXAMPLE = "n=10:1e6:log7"


def expanded(wanted: Iterable[str]) -> tuple[str, ...]:
    """The sizes with every ladder as its steps, each once. Raises InputError, one line."""
    return tuple(dict.fromkeys(step for size in wanted for step in _steps(size)))


def _steps(size: str) -> list[str]:
    if ":" not in size:
        return [size]
    parts = re.split(r",(?=\w+=)", size)
    climbing = [i for i, part in enumerate(parts) if ":" in part]
    if len(climbing) > 1 or "=" not in parts[climbing[0]]:
        raise InputError(f"sizes {size!r}: it should be a ladder of one figure, such as {EXAMPLE}")
    at = climbing[0]
    name, _, ends = parts[at].partition("=")
    return [
        ",".join([*parts[:at], f"{name}={number}", *parts[at + 1 :]])
        for number in _numbers(grid(ends, "size", "10:1e6:log7"))
    ]


def _numbers(found: Sequence[float]) -> list[str]:
    """Whole between whole ends."""
    if all(end.is_integer() for end in (found[0], found[-1])):
        return [str(round(number)) for number in found]
    return [repr(number) for number in found]


def meant(problem: Problem, listed: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The sizes of a problem that are meant: those wanted, if any, of those listed, if any."""
    own = [size for size in listed or problem.sizes if size in problem.sizes]
    if not wanted:
        return own
    return [size for size in own if size in wanted] + [size for size in wanted if "=" in size]


def check_sizes(problems: Sequence[Problem], wanted: Iterable[str]) -> None:
    """Raise InputError for a size that no problem has, or a figure that one of them has not.

    Nor may one have no size at all.
    """
    for problem in problems:
        if not problem.sizes:
            raise InputError(f'{problem.name}: sizes is empty; give it at least {{"tiny": {{}}}}')
    known = list(dict.fromkeys(size for problem in problems for size in problem.sizes))
    for size in wanted:
        if "=" in size:
            for problem in problems:
                problem.keywords(size)
        elif size not in known:
            raise unknown("size", size, known)
