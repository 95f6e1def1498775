"""What a gate may spend, and on what."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gradparity.harness.gate.decision import LOOKS
from gradparity.harness.planning.options import LONGEST_S
from gradparity.problems import InputError
from gradparity.problems.errors import in_range


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many rounds a pair makes of a row: `least`, then until the median is known.

    precision: the half-width of its interval, of logarithms; it goes on for at most extra_s. Where
    the first pairs of processes did not settle the row, `longer` says how it goes on. A row so slow
    that this takes longer than most_s makes do with `few`.
    """

    least: int = 6
    precision: float = 0.01
    extra_s: float = 0.08
    more: int = 12
    more_precision: float = 0.005
    more_s: float = 0.3
    few: int = 4
    most_s: float = 6.0

    def longer(self) -> Rounds:
        """The rounds of a pair on a row that earlier ones have not settled."""
        return replace(self, least=self.more, precision=self.more_precision, extra_s=self.more_s)


@dataclass(frozen=True, slots=True)
class Effort:
    """What a gate may spend.

    margin: by how much a row may be slower, as a fraction. least_pairs, most_pairs: of fresh
    processes, to screen with. looks: numbers of further ones after which a candidate is tested.
    seconds: per row, to screen, and as many to confirm; a row goes on to `least_pairs` anyway.
    total_s: for the whole gate, which keeps to it (`clock.py`): what is undecided then is
    inconclusive. Beyond `least_pairs`, screening leaves a share to confirming (see `screening`).
    """

    margin: float = 0.03
    least_pairs: int = 2
    most_pairs: int = 6
    looks: tuple[int, ...] = LOOKS
    seconds: float = 15.0
    total_s: float = 150.0
    rounds: Rounds = field(default_factory=Rounds)


def check(effort: Effort) -> Effort:
    """The same effort. Raises InputError for one that makes no sense."""
    if not effort.margin > 0:
        raise InputError(f"margin is {effort.margin}; it should be more than 0 (0.03 is 3 %)")
    if effort.margin >= 10:
        raise InputError(f"margin is {effort.margin}; it is a fraction, 0.03 is 3 %")
    if not 2 <= effort.least_pairs <= effort.most_pairs:
        raise InputError(f"pairs is {effort.most_pairs}; it should be at least 2")
    in_range("pairs", effort.most_pairs, 2, 1000, whole=True)
    for name, value in (("seconds", effort.seconds), ("total seconds", effort.total_s)):
        in_range(name, value, 0.1, LONGEST_S)
    return effort
