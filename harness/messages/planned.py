"""Requests for plans that name users' files: a worker makes them, which may import those files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradparity.harness.messages.request import Request


@dataclass(frozen=True, slots=True)
class Made:
    """A plan in JSON's types, or the user's mistake that there is none for; see `planner.py`."""

    plan: dict[str, Any]
    fault: str | None


@dataclass(frozen=True, slots=True)
class MakePlan(Request[Made]):
    """Plan a run. targets, options: as `make_plan` takes them. without: files to leave out."""

    targets: tuple[str, ...]
    options: dict[str, Any]
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Best:
    """What tuning has found for one entrant, `Who` of `harness/training/tuning.py`."""

    problem: str
    size: str
    dtype: str
    backend: str
    optimizer: str
    rate: float | None
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MakeRacePlan(Request[Made]):
    """Plan a race. tuned: None before anything is tuned. The others as in `MakePlan`."""

    targets: tuple[str, ...]
    options: dict[str, Any]
    without: tuple[str, ...]
    tuned: tuple[Best, ...] | None
