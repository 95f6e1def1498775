"""The atlas of conventions: what each backend answers where the derivative is a choice.

At a kink, at a tie or on the border of a domain libraries legitimately differ, and they change
their mind between versions. So the answers are measured, on the installed versions, in float64.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from gradparity.harness.conventions.answers import (
    COLUMNS,
    NO_OPERATION,
    UNAVAILABLE,
    Said,
    answered,
    text,
    unavailable,
)
from gradparity.harness.conventions.cases.case import Case, Lawful
from gradparity.harness.conventions.cases.catalogue import CASES
from gradparity.harness.processes.environment import installed
from gradparity.problems import InputError

VERSIONS = ("torch", "jax", "autograd", "numpy", "gradparity")

Row = Mapping[str, str]
"""family, case, at, exact, lawful, an answer per backend, agree, wrong."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """versions: of each library, None if it is not installed. rows: one per case."""

    versions: Mapping[str, str | None]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The versions in one word: the name under which the atlas is stored."""
        return "_".join(f"{name}-{version or 'none'}" for name, version in self.versions.items())


def measure(only: str | None = None, told: Callable[[int, int], None] | None = None) -> Atlas:
    """The answers of the installed backends to all cases, or to those that `only` selects.

    told: called with (answers so far, answers in all).
    Raises: InputError if `only` selects nothing.
    """
    cases = selected(only)
    asked = len(cases) * len(COLUMNS)
    steps = count(1)

    def step() -> None:
        if told is not None:
            told(next(steps), asked)

    said: dict[str, list[Said]] = {}
    # Infinities and NaN are answers here, not accidents.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for column in COLUMNS:
            if unavailable(column) is None:
                said[column] = answered(column, cases, step)
            else:
                said[column] = [Said(UNAVAILABLE)] * len(cases)
    rows = [_row(case, {c: said[c][i] for c in COLUMNS}) for i, case in enumerate(cases)]
    return Atlas({name: installed(name) for name in VERSIONS}, tuple(rows))


def selected(only: str | None) -> Sequence[Case]:
    """The cases with this text in name or family; capitals do not matter."""
    if only is None:
        return CASES
    found = [c for c in CASES if only.lower() in f"{c.name} {c.family}".lower()]
    if not found:
        families = ", ".join(dict.fromkeys(case.family for case in CASES))
        raise InputError(f"no case has {only!r} in its name or family; families: {families}")
    return found


def _row(case: Case, answers: Mapping[str, Said]) -> Row:
    wrong = [column for column, said in answers.items() if said.lawful is False]
    given = [x.text for x in answers.values() if x.text not in (UNAVAILABLE, NO_OPERATION)]
    return {
        "family": case.family,
        "case": case.name,
        "at": text(np.array(case.point, np.float64)),
        "exact": case.exact,
        "lawful": _bounds(case.lawful),
        **{column: said.text for column, said in answers.items()},
        "agree": _agreement(given, wrong),
        "wrong": " ".join(wrong),
    }


def _agreement(given: Sequence[str], wrong: Sequence[str]) -> str:
    """yes, differ or wrong; alone where fewer than two backends answer."""
    if wrong:
        return "wrong"
    if len(given) < 2:
        return "alone"
    return "yes" if len(set(given)) == 1 else "differ"


def _bounds(lawful: Lawful | None) -> str:
    if lawful is None:
        return "undefined"
    low, high = (text(np.array(x, np.float64)) for x in (lawful.low, lawful.high))
    return low if low == high else f"{low} to {high}"


def changes(old: Atlas, new: Atlas) -> dict[str, Any]:
    """What is different: {"versions": {library: [old, new]}, "changed": [...], "new", "gone"}.

    A changed row is {case, at, backend, old, new}; "new" and "gone" name cases that one of the two
    lacks.
    """
    before, after = ({f"{r['case']} at {r['at']}": r for r in a.rows} for a in (old, new))
    columns = [c for c in COLUMNS if all(c in row for row in (*old.rows, *new.rows))]
    return {
        "versions": {
            name: [old.versions.get(name), version]
            for name, version in new.versions.items()
            if old.versions.get(name) != version
        },
        "changed": [
            {
                "case": row["case"],
                "at": row["at"],
                "backend": column,
                "old": before[name][column],
                "new": row[column],
            }
            for name, row in after.items()
            if name in before
            for column in columns
            if before[name][column] != row[column]
        ],
        "new": [name for name in after if name not in before],
        "gone": [name for name in before if name not in after],
    }
