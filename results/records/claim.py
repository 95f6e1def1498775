"""What an experiment on a claim has found: figures beside what is claimed, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOLDS = "holds"
IN_PART = "holds in part"
FAILS = "does not hold"
OPEN = "not decided"
NOT_MEASURABLE = "not measurable here"

VERDICTS = {
    HOLDS: "Every figure is within what is claimed, with its whole interval.",
    IN_PART: "Some figures are within what is claimed; others are not, or their intervals reach "
    "beyond it.",
    FAILS: "Every figure is beyond what is claimed, with its whole interval.",
    OPEN: "No figure is within what is claimed, and some intervals reach beyond it and into it.",
    NOT_MEASURABLE: "No experiment on a computer tells.",
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed of a figure: that it lies in [low, high]. words: "at most 0.25".

    ours: whether the course gives no such figure, only a word as "far", or leaves the width open.
    """

    words: str
    low: float = -math.inf
    high: float = math.inf
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Theory:
    """What mathematics says of a figure. words: the formula, "K/(K + d - 1)"."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    what: for a person, "steps at 1.99/L". low, high: its 95 % interval, both `value` where nothing
    is random. seeds: independent repetitions, 0 where nothing is random.
    claimed: None of a figure that stands beside the claim. check: whether it is no part of the
    claim but a condition of the experiment, such as that backends agree. slack: how far from the
    theory's figure the interval may lie, relative to it, where the theory is itself a limit or
    leaves terms out.
    """

    what: str
    value: float
    low: float
    high: float
    seeds: int = 0
    unit: str = ""
    claimed: Claimed | None = None
    theory: Theory | None = None
    slack: float = 0.0
    check: bool = False

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Figure:
        """The figure that `asdict` has made these fields of."""
        claimed, theory = fields["claimed"], fields["theory"]
        inner = {
            "claimed": None if claimed is None else Claimed(**claimed),
            "theory": None if theory is None else Theory(**theory),
        }
        return cls(**{**fields, **inner})

    @property
    def holds(self) -> bool | None:
        """Whether it is as claimed; None: its interval does not decide, or nothing is claimed."""
        if self.claimed is None or math.isnan(self.value):
            return None if self.claimed is None else False
        if self.claimed.low <= self.low and self.high <= self.claimed.high:
            return True
        return False if self.high < self.claimed.low or self.low > self.claimed.high else None

    @property
    def agrees(self) -> bool | None:
        """Whether the theory's figure lies in the interval, widened by slack; None without one."""
        if self.theory is None:
            return None
        wide = abs(self.theory.value) * self.slack
        return self.low - wide <= self.theory.value <= self.high + wide


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """What was found of one claim.

    number, statement, chapter: which. quick: whether by fewer seeds or smaller sizes.
    status: "ok", or why there is no finding ("timeout", "crashed", "error", ...), with `reason`.
    sentence: what was seen, for a person. left_out: backend -> why it took no part.
    chart: one picture, as `results/pages/encoding.py` writes it; "" where none says it better.
    """

    number: int
    statement: str
    chapter: str
    quick: bool
    status: str = "ok"
    reason: str = ""
    sentence: str = ""
    figures: tuple[Figure, ...] = ()
    seconds: float = 0.0
    left_out: dict[str, str] = field(default_factory=dict)
    chart: str = ""

    @property
    def identity(self) -> tuple[int, bool]:
        """What no two findings of a run share."""
        return self.number, self.quick

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`; "" where the experiment did not finish."""
        if self.status != "ok":
            return ""
        held = [figure.holds for figure in self._stated]
        if not held:
            return NOT_MEASURABLE
        if any(held):
            return HOLDS if all(held) else IN_PART
        return OPEN if None in held else FAILS

    @property
    def _stated(self) -> tuple[Figure, ...]:
        """The figures of which something is claimed."""
        return tuple(one for one in self.figures if one.claimed is not None and not one.check)

    @property
    def parts(self) -> tuple[str, ...]:
        """Which figures are not as claimed, or not surely, unless it holds."""
        if self.status != "ok":
            return ()
        said = {False: "not", None: "not decided"}
        return tuple(
            f"{said[figure.holds]}: {figure.what}" for figure in self._stated if not figure.holds
        )
