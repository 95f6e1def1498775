"""`kernelcheck`: is the backward of a kernel right in low precision? Over a deck of inputs.

    gp.kernelcheck(attention, shapes=[("b", "h", "t", 64)] * 3)

The truth is that of the kernel's own forward formula in extended precision, or of `reference`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradparity.harness.kernels.card_verdict import CardFinding, judged_card, point_of
from gradparity.harness.kernels.chain import chained
from gradparity.harness.kernels.deck import Card, deck, patterns
from gradparity.harness.kernels.empty_rows import broken_by_empty_rows, masked_inputs
from gradparity.harness.kernels.kernel import Kernel, library_for
from gradparity.harness.kernels.laws import INVARIANCES, Broken, KernelCall, broken, spread
from gradparity.harness.kernels.memory_laws import broken_by_memory
from gradparity.harness.kernels.report import KernelError, KernelReport
from gradparity.harness.kernels.shapes import Shape, checked, ordinary, sized
from gradparity.harness.plain.outcome import judged_to
from gradparity.harness.plain.steps.translation import LOW, Untranslatable
from gradparity.harness.surroundings.undisturbed import undisturbed
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

NUMBERS = "numbers"
"""The shape of a function of one number, which is judged at every bit pattern."""

_CALLS, _CALLS_SECONDS = 50, 2.0
"""How often a kernel is called for races, and for how long beyond ten calls."""

_SMALLER = 12
"""How many smaller sizes are tried of a card that is wrong."""


def kernelcheck(
    f: Callable[..., Any],
    *,
    shapes: Any,
    reference: Callable[..., Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    deck: str | Sequence[str] = "quick",
    invariance: Sequence[str] = (),
    masks: Sequence[int] = (),
    dtype: str = "bfloat16",
    library: str | None = None,
    device: str = "cpu",
    accuracy: float | None = None,
    seed: int = 0,
) -> KernelReport:
    """What is found of the backward of `f(*inputs)`, an array or several, if it is right.

    shapes: one for each input, of numbers and names: [("b", "h", "t", 64)] * 3. Each name is tried
        at sizes beside those of blocks. "numbers" for a function of one number: it is judged at
        every number of the dtype. sizes: of names, where the ordinary ones (2, 3, then 40) do not
        do.
    reference: a slower implementation, eager or in float32. The truth is then the reference's own
        formula, and the kernel is held against the reference's errors in `dtype` as well.
    deck: "quick", "full", or the names of cards (`harness/kernels/deck.py`).
    invariance: "batch" if examples along the first axis do not meet, "order" if their order is
        nothing to the kernel.
    masks: which inputs, from 0, are masks that are added to scores, (..., queries, keys): half of
        their entries are -∞ then, and a row that is so wholly has to be 0 or NaN, and nothing to
        the others.
    dtype: "bfloat16" or "float16". library: "torch" or "jax", where it cannot be told from f.
    device: "cuda" for torch tensors there; the truth is found on the CPU, of `reference` where f
        does not run there.
    accuracy: the error, relative to M + |true|, that is meant to pass. seed: of all that is drawn.

    Raises: KernelError, an AssertionError, if it is wrong, or loses more digits than rounding after
    every operation. InputError if it cannot be judged.
    """
    __tracebackhide__ = True
    if dtype not in LOW:
        raise unknown("dtype of a kernel", dtype, LOW)
    for name in invariance:
        if name not in INVARIANCES:
            raise unknown("invariance", name, INVARIANCES)
    home = library_for(f, library, sys.modules)
    kernel = Kernel.of(f, home, dtype, device)
    slow = None if reference is None else Kernel.of(reference, home, dtype, "cpu")
    if isinstance(shapes, str):
        if shapes != NUMBERS:
            raise InputError(f"shapes is {shapes!r}, should be a list of shapes, or {NUMBERS!r}")
        plan: list[tuple[Card, dict[str, int]]] = [(_every(dtype), {})]
        given: tuple[Shape, ...] = ((len(patterns(dtype)),),)
    else:
        given = checked(shapes)
        plan = list(_planned(given, sizes or {}, deck))
    kernel = replace(kernel, masks=masked_inputs(masks, given))
    with undisturbed(device):
        report = _judged(kernel, slow, given, plan, invariance, accuracy, seed)
    if not report.right:
        raise KernelError(report)
    return report


def _planned(
    shapes: tuple[Shape, ...], sizes: Mapping[str, int], asked: str | Sequence[str]
) -> Iterator[tuple[Card, dict[str, int]]]:
    usual = ordinary(shapes, sizes)
    for card in deck(asked, usual, len(shapes)):
        yield card, {**usual, **card.sizes}


def _every(dtype: str) -> Card:
    return Card("every bit pattern", lambda rng, shape: patterns(dtype))


def _judged(
    kernel: Kernel,
    slow: Kernel | None,
    shapes: tuple[Shape, ...],
    plan: Sequence[tuple[Card, dict[str, int]]],
    invariance: Sequence[str],
    accuracy: float | None,
    seed: int,
) -> KernelReport:
    report = KernelReport(_named(kernel.function), kernel.dtype, shapes, seed, ())
    first, usual = plan[0]
    point = point_of(kernel, first, sized(shapes, usual), seed)
    trial = KernelCall(kernel, point, [shape[:1] == shapes[0][:1] for shape in shapes])
    cards: list[CardFinding] = []
    refused, apart, too_far = [], 0.0, list[Broken]()
    for card, own in plan:
        at = sized(shapes, own)
        try:
            found = judged_card(kernel, slow, card, at, seed, not card.sizes)
            if card is first:
                trial = replace(trial, scales=found.scales)
                apart, too_far = spread(trial, _CALLS, _CALLS_SECONDS)
                if apart and not too_far:
                    kernel = replace(kernel, varies=True)
                    found = judged_card(kernel, slow, card, at, seed, not card.sizes)
            cards.append(replace(found, finding=judged_to(found.finding, accuracy)))
        except Untranslatable as error:
            if card is first:
                report = replace(report, untold=f"there is no truth, since {error}")
                apart, too_far = spread(trial, _CALLS, _CALLS_SECONDS)
                break
            refused.append((card.name, str(error)))
        except InputError as error:
            if card is first:
                raise
            refused.append((card.name, str(error)))
    report = replace(report, cards=tuple(cards), refused=tuple(refused))
    laws = (*broken(trial, invariance), *broken_by_memory(trial), *broken_by_empty_rows(trial))
    report = replace(report, spread=apart, broken=(*laws, *too_far))
    if report.wrong:
        own = next(own for card, own in plan if card is report.first.card)
        return replace(report, smallest=_smallest(kernel, slow, report, own))
    if report.right and cards and len(point.cotangents) == 1:
        called = chained(kernel, slow or kernel, point.inputs, point.cotangents[0])
        report = replace(report, chain=called)
    return report


def _named(f: Callable[..., Any]) -> tuple[str, str]:
    """The name of a kernel, and its module; of a torch Function that of the class."""
    owner = getattr(f, "__self__", None)
    of = owner if isinstance(owner, type) else f
    return getattr(of, "__name__", "kernel"), getattr(of, "__module__", "")


def _smallest(
    kernel: Kernel, slow: Kernel | None, report: KernelReport, sizes: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    """The smallest sizes, by halves and then one less, at which the first wrong card is wrong."""
    own, tried = dict(sizes), 0
    for name in own:
        for smaller in (1, 2, own[name] // 4, own[name] // 2):
            if not 0 < smaller < own[name] or tried == _SMALLER:
                continue
            tried += 1
            at = {**own, name: smaller}
            try:
                found = judged_card(
                    kernel, slow, report.first.card, sized(report.shapes, at), report.seed, True
                )
            except InputError:
                continue
            if found.finding.status == report.first.finding.status:
                own = at
                break
    return tuple(own.items())
