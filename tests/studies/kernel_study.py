"""Are right kernels let pass, and wrong ones caught? `make kernel-study` writes docs/kernel-study.md.

    python -m tests.studies.kernel_study --seeds 3 --minutes 20

Right kernels are judged at cards of the deck, in turn, in both dtypes. Mistakes are planted in the
gradients that right kernels answer at the ordinary card, and judged as `kernelcheck` does, with two
fresh inputs. Beside it stands what tests of kernels do: `torch.testing.assert_close` with the right
gradient of the same dtype, with its defaults, 1e-2 and 2e-2, and "at most twice the eager error".
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch

from gradparity.backends import Answer
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.low_precision import judge_low, signed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.kernels.card_verdict import KernelPoint, judged_card, point_of
from gradparity.harness.kernels.deck import CARDS, Card
from gradparity.harness.kernels.kernel import OUTPUT, Kernel
from gradparity.harness.plain.judging import truth_of
from gradparity.harness.plain.low import with_biases
from gradparity.problems import Array
from tests import ROOT
from tests.studies.kernel_bugs import PLANTED, PLANTED_IN, TORCH, Planted, jax_kernels, planted
from tests.studies.kernel_catches import CATCHES, Catch, accepted, said

PAGE = ROOT / "docs" / "kernel-study.md"
DTYPES = ("bfloat16", "float16")
FIELD = ("defaults", "1e-2", "2e-2", "twice eager")


@dataclass
class Counts:
    """What was counted.

    right: verdicts on right kernels; accused: those that were not right; overflown: what has left
    the range of the dtype, and was said to be no finite number. bugs: planted; caught,
    named, nameable. field: by yardstick, what it caught. worst: the largest u of a right kernel.
    missed: the kinds of what was not caught.
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


@dataclass
class Known:
    """A right kernel at a point: the truth, and what it answers."""

    point: KernelPoint
    truth: Truth
    outs: list[Array]
    gradients: list[Array]


def right(counts: Counts, seed: int, dtype: str, names: list[str] | None = None) -> None:
    """Judge every right kernel at two cards."""
    kernels = [("torch", *x) for x in TORCH.items()] + [("jax", *x) for x in jax_kernels().items()]
    for i, (library, name, (f, shapes)) in enumerate(kernels):
        if names is not None and name not in names:
            continue
        kernel = Kernel.of(f, library, dtype, "cpu")
        others = [card for card in CARDS[1:] if len(shapes) == 1 or not card.logits]
        for card in (CARDS[0], others[(seed * 5 + i) % len(others)]):
            found = judged_card(kernel, None, card, shapes, seed, together=True).finding
            counts.right += 1
            where = f"{name}, {dtype}, {card.name}, seed {seed}"
            if found.status == "nonfinite":
                counts.overflown.append(where)
            elif not found.right:
                counts.accused.append(f"{where}: {found}")
            if found.right:
                counts.worst = max(counts.worst, (found.figure.get(dtype, 0.0), where))


def wrong(
    counts: Counts, seed: int, dtype: str, name: str, kinds: list[Planted] | None = None
) -> None:
    """Plant every mistake in a kernel's gradients, and judge them."""
    f, shapes = TORCH[name]
    kernel = Kernel.of(f, "torch", dtype, "cpu")
    known = [_known(kernel, CARDS[0], shapes, seed, turn) for turn in (0, 1, 2)]
    for one in PLANTED if kinds is None else kinds:
        told = _told(kernel, known, one, seed)
        counts.bugs += 1
        counts.caught += bool(told)
        if not told:
            counts.missed[one.kind] += 1
        if one.named:
            counts.nameable += 1
            has = any(word in told for word in one.named)
            counts.named += has
            if told and not has:
                counts.unnamed[one.kind] += 1
        for yardstick in _field(kernel, known[0], one, seed):
            counts.others[yardstick] += 1


def _known(
    kernel: Kernel, card: Card, shapes: list[tuple[int, ...]], seed: int, turn: int
) -> Known:
    point = point_of(kernel, card, shapes, seed, turn)
    translation, params = kernel.translated(point.inputs, point.cotangents, point.dtypes)
    truth = truth_of(translation, params, seed)
    # Every mistake is held against the same truth, which is found once.
    for method in ("runs", "in_range"):
        setattr(truth, method, cache(getattr(truth, method)))
    return Known(point, truth, *kernel.answered(point.inputs, point.cotangents))


def _told(kernel: Kernel, known: list[Known], one: Planted, seed: int) -> str:
    """What is said of a kernel with a mistake; "" if it is let pass."""

    def errors(k: Known) -> tuple[object, list[SignedErrors]]:
        bad = planted(one, k.gradients, k.point.inputs, kernel.dtype, seed)
        answer = Answer(np.asarray(k.truth.exact[""]), kernel.named(k.outs, bad))
        found, own = judge_low(k.truth, answer, kernel.dtype)
        if own is None or found.status == "nonfinite":
            return found, []
        return found, [e for e in signed(own) if not e.parameter.startswith(OUTPUT)]

    def fresh() -> Iterator[list[SignedErrors]]:
        yield from (errors(k)[1] for k in known[1:])

    found, own = errors(known[0])
    found = with_biases(found, own, fresh) if own else found  # type: ignore[arg-type]
    return "" if found.right else str(found)


def _field(kernel: Kernel, known: Known, one: Planted, seed: int) -> Iterator[str]:
    """The yardsticks that a mistake fails."""
    bad = planted(one, known.gradients, known.point.inputs, kernel.dtype, seed)
    dtype = getattr(torch, kernel.dtype)
    pairs = [
        (torch.tensor(a).to(dtype), torch.tensor(b).to(dtype))
        for a, b in zip(bad, known.gradients, strict=True)
    ]
    for name in FIELD[:3]:
        options = {} if name == "defaults" else {"rtol": float(name), "atol": float(name)}
        try:
            for a, b in pairs:
                torch.testing.assert_close(a, b, **options)
        except AssertionError:
            yield name
    for i, (g, own) in enumerate(zip(bad, known.gradients, strict=True)):
        true = known.truth.exact[f"input {i}"].astype(np.float64)
        if np.max(np.abs(g - true)) > 2 * np.max(np.abs(own - true)):
            yield FIELD[3]
            return


def study(seeds: int, minutes: float) -> Counts:
    """Everything, seed by seed, as far as the time allows."""
    counts, start = Counts(), time.time()
    for seed in range(seeds):
        for dtype in DTYPES:
            right(counts, seed, dtype)
            for name in PLANTED_IN:
                wrong(counts, seed, dtype, name)
                if time.time() - start > 60 * minutes:  # the page counts what was done
                    counts.seconds = time.process_time()
                    return counts
    counts.seconds = time.process_time()
    return counts


def catch_row(one: Catch) -> tuple[bool, str]:
    """(whether the verdict is the right one, the row of the table)."""
    passes, verdict = said(one)
    field = ["passes" if accepted(one, t) else "fails" for t in (None, 1e-2, 2e-2)]
    cells = [one.name, one.source, verdict, *field]
    return passes == one.right, f"| {' | '.join(cells)} |"


def page(counts: Counts, catches: list[tuple[bool, str]]) -> str:
    """The page, in Markdown. catches: of `catch_row`, in the order of `CATCHES`."""
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
        "Made by `make kernel-study`; the kernels and mistakes are in `tests/studies/kernel_bugs.py`.",
        "",
        f"**Right kernels**: {counts.right:,} verdicts on {len(TORCH) + len(jax_kernels())} kernels of torch "
        f"and JAX, each at the ordinary card and another of the deck: **{len(counts.accused)} accused**. The "
        f"largest u is {counts.worst[0]:.2g} of 8 ({counts.worst[1]}).",
        *(f"- accused: {x}" for x in counts.accused),
        *(f"- not finite, and said so: {x}" for x in counts.overflown),
        "",
        f"**Planted mistakes**: {len(PLANTED)} kinds in the gradients of {', '.join(PLANTED_IN)}, 4,096 numbers in an "
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


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=240.0)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    catches = [catch_row(one) for one in CATCHES]
    given.page.write_text(page(study(given.seeds, given.minutes), catches))


if __name__ == "__main__":
    main()
