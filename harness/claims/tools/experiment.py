"""What a claim is, what its experiment is given, and what that gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradparity.harness.views.view import View
from gradparity.results.pages.charts import Chart
from gradparity.results.records.claim import Figure


@dataclass(frozen=True, slots=True)
class Extent:
    """How much an experiment may take.

    quick: all claims together in three minutes on two cores; else in forty.
    backends: those of the claim that this machine has, by their catalogue's names, in order.
    """

    quick: bool
    backends: tuple[str, ...]

    def of(self, quick: int, full: int) -> int:
        """A count for this extent."""
        return quick if self.quick else full

    def seeds(self, quick: int, full: int) -> range:
        """The seeds to repeat with, from 0."""
        return range(self.of(quick, full))


@dataclass(frozen=True, slots=True)
class Observed:
    """What an experiment gives. sentence: what was seen. chart: where the view's own says less."""

    sentence: str
    figures: Sequence[Figure]
    chart: Chart | None = None


Experiment = Callable[[Extent], Observed]
"""Deterministic but for times. Its docstring derives the theory's figures."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, and how it is measured.

    statement: as the course makes it, in a sentence. experiment: None of what no computer tells.
    problems, optimizers, backends: what takes part, by their catalogues' names.
    alone: whether it measures times, so that nothing else may run beside it.
    view: one control that a reader would move (rate, depth, width, batch), and its picture.
    """

    number: int
    statement: str
    experiment: Experiment | None
    problems: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    alone: bool = False
    view: View | None = None
