"""What a study of kernels has counted: a record for each piece, and the page of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.studies.kernel_catches import CATCHES

FIELD = ("defaults", "1e-2", "2e-2", "twice eager")

Piece = tuple[str, int, str, str]
"""(right, sized or wrong; seed; dtype; the name of a kernel, of sized ": " and which size)."""

COUNTERS = ("others", "missed", "unnamed")
SETS = ("seeds", "kinds", "kernels")


@dataclass
class Counts:
    """What was counted.

    right: verdicts on right kernels; accused: those that were not right; overflown: what has left
    the range of the dtype, and was said to be no finite number. bugs: planted; caught,
    named, nameable. field: by yardstick, what it caught. worst: the largest u of a right kernel.
    missed: the kinds of what was not caught. kinds: of the planted. largest: numbers of the largest
    right kernel. pieces: how many pieces these are. kernels: the right ones that were judged.
    """

    right: int = 0
    accused: list[str] = field(default_factory=list)
    overflown: list[str] = field(default_factory=list)
    bugs: int = 0
    caught: int = 0
    nameable: int = 0
    named: int = 0
    worst: tuple[float, str] = (0.0, "")
    others: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    seeds: set[int] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    largest: int = 0
    pieces: int = 1
    kernels: set[str] = field(default_factory=set)

    def add(self, other: Counts) -> None:
        """Take in what another piece has counted."""
        for name in (
            "right",
            "bugs",
            "caught",
            "nameable",
            "named",
            "seconds",
            "accused",
            "overflown",
            "pieces",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))
        self.worst = max(self.worst, other.worst)
        for name in SETS:
            getattr(self, name).update(getattr(other, name))
        self.largest = max(self.largest, other.largest)

    def told(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        sets = {name: sorted(getattr(self, name)) for name in SETS}
        return asdict(self) | {name: dict(getattr(self, name)) for name in COUNTERS} | sets

    @staticmethod
    def read(told: dict[str, Any]) -> Counts:
        """What `told` has given."""
        kinds = {name: Counter(told[name]) for name in COUNTERS}
        sets = {name: set(told[name]) for name in SETS}
        return Counts(**told | kinds | sets | {"worst": tuple(told["worst"])})


def judged_in(piece: Piece) -> set[str]:
    """The right kernel that a piece judges."""
    what, _, _, name = piece
    return set() if what == "wrong" else {name.rsplit(": ", 1)[0]}


def page(
    counts: Counts, catches: list[tuple[bool, str]], kernels: int, sized: int, planted_in: list[str]
) -> str:
    """The page, in Markdown. catches: of `catch_row`, in the order of `CATCHES`.

    kernels, sized: how many right kernels there are, at cards of the deck and at all sizes.
    planted_in: the kernels in which mistakes are planted.
    """
    share = counts.bugs or 1
    rows = [
        f"| gradparity | {counts.caught:,} of {counts.bugs:,} ({counts.caught / share:.1%}) |",
        *(
            f"| {_field_name(x)} | {counts.others[x]:,} of {counts.bugs:,} ({counts.others[x] / share:.1%}) |"
            for x in FIELD
        ),
    ]
    named = counts.named / (counts.nameable or 1)
    lines = [
        "# Kernels in bfloat16 and float16",
        "",
        "Made by `make kernel-study`; the kernels are in `tests/studies/right_kernels.py` and `right_kernels_jax.py`, "
        "the mistakes in `kernel_bugs.py` and `wrong_formulas.py`.",
        "",
        f"Held so far: {counts.pieces:,} pieces (a kernel or a size, a dtype, a seed), of {len(counts.seeds)} seeds.",
        "",
        f"**Right kernels**: {counts.right:,} verdicts on {len(counts.kernels)} of {kernels} kernels of torch "
        f"and JAX, each at the ordinary card and another of the deck, eager, fused, compiled, with float32 inside and without, and {sized} at sizes up to {counts.largest:,} numbers: **{len(counts.accused)} accused**. The "
        f"largest u is {counts.worst[0]:.2g} of 8 ({counts.worst[1]}).",
        *(f"- accused: {x}" for x in counts.accused),
        *(f"- not finite, and said so: {x}" for x in counts.overflown),
        "",
        f"**Planted mistakes**: {len(counts.kinds)} kinds in the gradients of {', '.join(planted_in)}; at least 4,096 numbers in an "
        f"input. Named, of those that have a name: {counts.named:,} of {counts.nameable:,} ({named:.1%}).",
        "",
        "| held against | caught |",
        "| :-- | :-- |",
        *rows,
        "",
        "The yardsticks compare with the same kernel's own right gradient, which is the best that they can have.",
        f"Not caught: {_listed(counts.missed)}. Caught and not named: {_listed(counts.unnamed)}.",
        f"Processor time: {counts.seconds:.0f} s.",
        "",
        "## Bugs that were real, and right kernels that were accused",
        "",
        "Rebuilt small on the CPU from their public description (`tests/studies/kernel_catches.py`); the last "
        f"{sum(x.right for x in CATCHES)} are right. {sum(good for good, _ in catches)} of {len(catches)} verdicts "
        "are as they should be. `assert_close` compares with the eager version at normal inputs, as tests do.",
        "",
        "| kernel | source | gradparity | defaults | 1e-2 | 2e-2 |",
        "| :-- | :-- | :-- | :-- | :-- | :-- |",
        *(row for _, row in catches),
        "",
    ]
    return "\n".join(lines)


def _field_name(x: str) -> str:
    return "at most twice the eager error" if x == FIELD[3] else f"`assert_close`, {x}"


def _listed(found: Counter[str]) -> str:
    return ", ".join(f"{kind} ({n})" for kind, n in found.most_common()) or "none"
