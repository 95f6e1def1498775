"""Are right kernels let pass, and wrong ones caught? `make kernel-study` writes docs/kernel-study.md.

    python -m tests.studies.kernel_study --record build/kernels.jsonl --minutes 20 [--cluster local]

A record has a line for every piece (a seed, a dtype, a kernel); what is in it is not done again, so
that twenty seeds can be gathered over several runs. The pieces come in a random order, always the
same one: what is there at any time is a fair sample. The page is made of the whole record.

Right kernels are judged at cards of the deck, in turn, in both dtypes. Mistakes are planted in the
gradients that right kernels answer at the ordinary card, and judged as `kernelcheck` does, with two
fresh inputs. Beside it stands what tests of kernels do: `torch.testing.assert_close` with the right
gradient of the same dtype, with its defaults, 1e-2 and 2e-2, and "at most twice the eager error".
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

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
from tests.studies import wrong_formulas
from tests.studies.in_pieces import Unfinished, gathered, read, until, with_record
from tests.studies.kernel_bugs import PLANTED, PLANTED_IN, Planted, planted
from tests.studies.kernel_catches import CATCHES, Catch, accepted, said
from tests.studies.kernel_counts import FIELD, Counts, Piece, judged_in, page
from tests.studies.right_kernels import RIGHT, RightKernel, Shapes, compiled_kernels
from tests.studies.right_kernels_jax import jax_kernels
from tests.studies.wrong_formulas import FORMULAS, WrongFormula, gradients_of

PAGE = ROOT / "docs" / "kernel-study.md"
DTYPES = ("bfloat16", "float16")
_ROWS: list[Shapes] = [
    [shape]
    for shape in ((1, 1), (1, 10), (10, 10), (10, 100), (100, 100), (1000, 100), (1000, 1000))
]
_TOKENS = (1, 5, 50, 400, 4000)
SIZED: dict[str, list[Shapes]] = {
    "softmax": _ROWS,
    "GELU": _ROWS,
    "layer norm written out": _ROWS[2:],
    "RMS norm": [[(n, 64), (64,)] for n in (1, 15, 150, 1500, 15_000)],
    "attention": [[(1, 1, t, 16)] * 3 for t in _TOKENS[:3]] + [[(8, 8, 128, 40)] * 3],
    "softmax (JAX)": _ROWS,
    "layer norm (JAX)": _ROWS[2:],
    "matmul": [[(n, 20), (20, 24)] for n in (1, 50, 5000, 50_000)],
}
"""Right kernels at sizes from 1 to 10⁶ numbers; a size is a piece of its own."""


@cache
def right_kernels() -> dict[str, RightKernel]:
    """All of them: torch, eager and compiled, and JAX."""
    return {**RIGHT, **jax_kernels(), **compiled_kernels()}


@cache
def planted_in() -> dict[str, RightKernel]:
    """The kernels in which mistakes are planted, of 4,096 numbers in an input, by name."""
    own = {name: RIGHT[name] for name in PLANTED_IN}
    ours = {f"{name} of a formula": x for name, x in wrong_formulas.KERNELS.items()}
    return {**own, **ours, **wrong_formulas.jax_kernels()}


def kinds_in(name: str) -> list[Planted | WrongFormula]:
    """The mistakes that are planted in a kernel: in its numbers, and in its formula."""
    of = name.removesuffix(" (JAX)").removesuffix(" of a formula")
    formulas = [x for x in FORMULAS if x.of == of and name not in PLANTED_IN]
    return [*formulas, *(() if name.endswith("formula") else PLANTED)]


@dataclass
class Known:
    """A right kernel at a point: the truth, and what it answers."""

    point: KernelPoint
    truth: Truth
    outs: list[Array]
    gradients: list[Array]


def right(counts: Counts, seed: int, dtype: str, names: list[str] | None = None) -> None:
    """Judge every right kernel at two cards."""
    for i, (name, own) in enumerate(right_kernels().items()):
        if names is not None and name not in names:
            continue
        others = [x for x in CARDS[1:] if not x.asked and (len(own.shapes) == 1 or not x.logits)]
        for card in (CARDS[0], others[(seed * 5 + i) % len(others)]):
            where = f"{name}, {dtype}, {card.name}, seed {seed}"
            _seen_right(counts, own, dtype, card, own.shapes, seed, where)


def sized(counts: Counts, seed: int, dtype: str, name: str, at: int) -> None:
    """Judge a right kernel at the size `at` of its sizes."""
    shapes = SIZED[name][at]
    where = f"{name}, {dtype}, shape {shapes[0]}, seed {seed}"
    _seen_right(counts, right_kernels()[name], dtype, CARDS[0], shapes, seed, where)


def _seen_right(
    counts: Counts, own: RightKernel, dtype: str, card: Card, shapes: Shapes, seed: int, where: str
) -> None:
    kernel, slow = (
        f and Kernel.of(f, own.library, dtype, "cpu") for f in (own.function, own.reference)
    )
    assert kernel is not None
    found = judged_card(kernel, slow, card, shapes, seed, together=True).finding
    counts.right += 1
    numbers = sum(int(np.prod(shape)) for shape in shapes)
    counts.largest = max(counts.largest, numbers)
    if found.status == "nonfinite":
        counts.overflown.append(where)
    elif not found.right:
        counts.accused.append(f"{where}: {found}")
    if found.right:
        counts.worst = max(counts.worst, (found.figure.get(dtype, 0.0), where))


def wrong(
    counts: Counts,
    seed: int,
    dtype: str,
    name: str,
    kinds: Sequence[Planted | WrongFormula] | None = None,
) -> None:
    """Plant every mistake in a kernel's gradients, and judge them."""
    own = planted_in()[name]
    kernel = Kernel.of(own.function, own.library, dtype, "cpu")
    known = [_known(kernel, CARDS[0], own.shapes, seed, turn) for turn in (0, 1, 2)]
    for one in kinds_in(name) if kinds is None else kinds:
        told = _told(kernel, known, one, seed)
        counts.bugs += 1
        counts.kinds.add(one.kind)
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


def _mistaken(known: Known, one: Planted | WrongFormula, kernel: Kernel, seed: int) -> list[Array]:
    """The gradients with a mistake in them."""
    if isinstance(one, WrongFormula):
        return gradients_of(one, known.point.inputs, known.point.cotangents, kernel.dtype)
    return planted(one, known.gradients, known.point.inputs, kernel.dtype, seed)


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


def _told(kernel: Kernel, known: list[Known], one: Planted | WrongFormula, seed: int) -> str:
    """What is said of a kernel with a mistake; "" if it is let pass."""

    def errors(k: Known) -> tuple[object, list[SignedErrors]]:
        bad = _mistaken(k, one, kernel, seed)
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


def _field(kernel: Kernel, known: Known, one: Planted | WrongFormula, seed: int) -> Iterator[str]:
    """The yardsticks that a mistake fails."""
    bad = _mistaken(known, one, kernel, seed)
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


def pieces(seeds: int) -> Iterator[Piece]:
    """All pieces: (what, seed, dtype, kernel), in the study's random order."""
    found: list[Piece] = []
    for seed in range(seeds):
        for dtype in DTYPES:
            found += [("right", seed, dtype, name) for name in right_kernels()]
            found += [
                ("sized", seed, dtype, f"{name}: {at}")
                for name, sizes in SIZED.items()
                for at in range(len(sizes))
            ]
            found += [("wrong", seed, dtype, name) for name in planted_in()]
    for i in np.random.default_rng(18).permutation(len(found)):
        yield found[i]


def counted(piece: Piece) -> Counts:
    """What is found of a piece."""
    what, seed, dtype, name = piece
    counts = Counts(seeds={seed}, kernels=judged_in(piece))
    start = time.process_time()
    if what == "right":
        right(counts, seed, dtype, [name])
    elif what == "wrong":
        wrong(counts, seed, dtype, name)
    else:
        kernel, at = name.rsplit(": ", 1)
        sized(counts, seed, dtype, kernel, int(at))
    counts.seconds = time.process_time() - start
    return counts


def study(
    record: Path,
    seeds: int,
    minutes: float,
    chosen: Iterable[Piece] | None = None,
    cluster: str | None = None,
) -> Counts:
    """Every piece that the record lacks, as far as the time allows; then all that is in it."""
    asked = pieces(seeds) if chosen is None else chosen
    named = [(" ".join(map(str, piece)), partial(_counted, piece)) for piece in asked]
    with suppress(Unfinished):
        gathered(record, named, until(minutes), cluster)
    counts = Counts(pieces=0)
    for told in read(record).values():
        counts.add(Counts.read(told))
    return counts


def _counted(piece: Piece) -> dict[str, Any]:
    return counted(piece).told()


def catch_row(one: Catch) -> tuple[bool, str]:
    """(whether the verdict is the right one, the row of the table)."""
    passes, verdict = said(one)
    field = ["passes" if accepted(one, t) else "fails" for t in (None, 1e-2, 2e-2)]
    cells = [one.name, one.source, verdict, *field]
    return passes == one.right, f"| {' | '.join(cells)} |"


def written(counts: Counts, rows: list[tuple[bool, str]]) -> str:
    """The page of what was counted. rows: of `catch_row`, in the order of `CATCHES`."""
    return page(counts, rows, len(right_kernels()), len(SIZED), list(planted_in()))


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    with_record(parser, ROOT / "build" / "kernel-study.jsonl")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    counts = study(given.record, given.seeds, given.minutes, cluster=given.cluster)
    given.page.write_text(written(counts, [catch_row(one) for one in CATCHES]))


if __name__ == "__main__":
    from tests.studies import kernel_study  # by its name, under which a cluster finds the pieces

    kernel_study.main()
