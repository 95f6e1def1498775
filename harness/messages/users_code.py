"""Requests that only look at a user's code, or tell what it says: tried, derived, recommended."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.messages.request import Request


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a problem, in one line; None if nothing is."""

    fault: str | None


@dataclass(frozen=True, slots=True)
class TryProblem(Request[Fault]):
    """Evaluate a problem of a user's file once, at its smallest size; "": import the file alone."""

    begins = True
    file: str
    problem: str
    seed: int


@dataclass(frozen=True, slots=True)
class DerivedSource:
    """The source of a NumPy function."""

    source: str


@dataclass(frozen=True, slots=True)
class Derive(Request[DerivedSource]):
    """Derive the source of an operator; see `harness/planning/derivation.py`."""

    target: str
    size: str | None
    operator: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Recommended:
    """What `optimize` prints. pictures: paths; doubts: for standard error; code: to exit with."""

    out: str
    pictures: tuple[str, ...]
    doubts: tuple[str, ...]
    code: int


@dataclass(frozen=True, slots=True)
class Recommend(Request[Recommended]):
    """What to charge and to spend; see `harness/business/telling.py`.

    words and limits: as typed. columns: of the terminal that shows it; None if it is none.
    """

    words: tuple[str, ...]
    backend: str
    limits: dict[str, str | None]
    currency: str | None
    above_cost: bool | None
    form: str
    steps: bool
    plots: str | None
    columns: int | None
    encoding: str
