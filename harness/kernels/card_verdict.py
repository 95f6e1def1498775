"""What is found of a kernel at one card of the deck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, Finding, WorstNumber
from gradparity.harness.findings.notation import component
from gradparity.harness.judging.answer_errors import AnswerErrors
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.low_precision import judge_low, signed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.kernels.arithmetic import Arithmetic, estimated, times_worse
from gradparity.harness.kernels.compounding import Compounded, compounded
from gradparity.harness.kernels.deck import Card, drawn, hidden
from gradparity.harness.kernels.kernel import OUTPUT, Kernel, dtypes_of
from gradparity.harness.plain.judging import truth_of
from gradparity.harness.plain.low import with_biases
from gradparity.problems import Array, Arrays, InputError
from gradparity.problems.special.short_floats import rounded

WORSE = 8.0
"""How many times the error of the reference is `inaccurate`."""

CALLS = 10
"""Calls of a kernel that is not deterministic."""

TOGETHER = 100
"""Numbers from which on errors are looked at together."""


@dataclass(frozen=True, slots=True, eq=False)
class CardFinding:
    """What is found at a card.

    card, shapes: where. finding: the verdict. arithmetic: of the gradients, or why it is not known.
    worse: how many times the error of the reference, and where; None without one. scales: M + |g|
    of every gradient. chain: what its errors become in a chain of calls, where it is right.
    """

    card: Card
    shapes: tuple[tuple[int, ...], ...]
    finding: Finding
    arithmetic: Arithmetic | str = ""
    worse: tuple[float, str] | None = None
    scales: tuple[Array, ...] | None = None
    chain: Compounded | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KernelPoint:
    """Inputs and cotangents, float64 numbers of the dtypes in which they are given."""

    inputs: list[Array]
    cotangents: list[Array]
    dtypes: list[str]


def point_of(
    kernel: Kernel, card: Card, shapes: Sequence[tuple[int, ...]], seed: int, turn: int = 0
) -> KernelPoint:
    """The inputs of a card, and cotangents of either sign, none near zero."""
    rng = np.random.default_rng((seed, turn, 13))
    inputs = [drawn(card, shape, rng, kernel.dtype) for shape in shapes]
    for i in kernel.masks:
        inputs[i] = np.where(hidden(rng, inputs[i].shape), -np.inf, inputs[i])
    outs = kernel.outputs(inputs)
    dtypes = dtypes_of(outs)
    cotangents = []
    for y, dtype in zip(outs, dtypes, strict=True):
        shape = tuple(y.shape)
        u = rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)
        u = rounded(np.asarray(u), dtype)
        cotangents.append(np.full(shape, u.flat[0]) if card.layout == "expanded" else u)
    return KernelPoint(inputs, cotangents, dtypes)


def judged_card(
    kernel: Kernel,
    reference: Kernel | None,
    card: Card,
    shapes: Sequence[tuple[int, ...]],
    seed: int,
    together: bool,
) -> CardFinding:
    """What is found at a card. together: whether biases are looked for.

    Raises: Untranslatable if neither the kernel nor the reference can be read off.
    """
    point = point_of(kernel, card, shapes, seed)
    finding, errors = _judged(kernel, reference, card, point, seed)
    told = CardFinding(card, tuple(shapes), finding)
    if errors is None or finding.status == "nonfinite":
        return told
    scales = tuple(errors.scale[f"input {i}"].astype(np.float64) for i in range(len(shapes)))
    told = replace(told, scales=scales)
    e = _inputs_of(errors)
    if together and card.spread and sum(x.size for x in point.inputs) >= TOGETHER:
        fresh = partial(_fresh, kernel, reference, card, shapes, seed)
        told = replace(told, finding=with_biases(finding, e, fresh))
    if told.finding.right:
        told = replace(told, chain=compounded(e, kernel.dtype))
    true, moves, off = (
        np.concatenate([np.ravel(getattr(x, name)) for x in e])
        for name in ("true", "moves", "errors")
    )
    told = replace(told, arithmetic=estimated(true, moves, off, seed))
    if reference is None:
        return told
    return _beside(told, errors, _errors(reference, card, point, errors.truth, kernel.dtype))


def _judged(
    kernel: Kernel, reference: Kernel | None, card: Card, point: KernelPoint, seed: int
) -> tuple[Finding, AnswerErrors | None]:
    read = reference or kernel
    translation, params = read.translated(point.inputs, point.cotangents, point.dtypes)
    truth = truth_of(translation, params, seed)
    answer, apart = _answers(kernel, card, point, truth)
    finding, errors = judge_low(truth, answer, kernel.dtype, apart)
    return replace(finding, oracle=f"{finding.oracle}, of {translation.how}"), errors


def _answers(kernel: Kernel, card: Card, point: KernelPoint, truth: Truth) -> tuple[Answer, Arrays]:
    """An answer, and how far `CALLS` of them are from their mean, in eps; nothing if all agree."""
    answer = _answer(kernel, card, point, truth)
    if not kernel.varies:
        return answer, {}
    calls = [answer, *(_answer(kernel, card, point, truth) for _ in range(CALLS - 1))]
    apart = {}
    for name in answer.derivative:
        every = np.stack([np.asarray(x.derivative[name], np.float64) for x in calls])
        with np.errstate(all="ignore"):
            apart[name] = np.nan_to_num((every - every.mean(0)) / EPS[kernel.dtype])
    return answer, {name: x for name, x in apart.items() if np.any(x)}


def _answer(kernel: Kernel, card: Card, point: KernelPoint, truth: Truth) -> Answer:
    """The answer; its value, u · f, is not the kernel's and taken for right."""
    outs, gradients = kernel.answered(point.inputs, point.cotangents, card.layout)
    return Answer(np.asarray(truth.exact[""]), kernel.named(outs, gradients))


def _errors(
    kernel: Kernel, card: Card, point: KernelPoint, truth: Truth, dtype: str
) -> AnswerErrors:
    return judge_low(truth, _answer(kernel, card, point, truth), dtype)[1] or _unshaped()


def _unshaped() -> AnswerErrors:
    raise InputError("the reference has gradients of other shapes than its inputs")


def _inputs_of(errors: AnswerErrors) -> list[SignedErrors]:
    return [x for x in signed(errors) if not x.parameter.startswith(OUTPUT)]


def _fresh(
    kernel: Kernel,
    reference: Kernel | None,
    card: Card,
    shapes: Sequence[tuple[int, ...]],
    seed: int,
) -> Iterator[list[SignedErrors]]:
    for turn in (1, 2):
        point = point_of(kernel, card, shapes, seed, turn)
        _, errors = _judged(kernel, reference, card, point, seed)
        if errors is not None:
            yield _inputs_of(errors)


def _beside(told: CardFinding, own: AnswerErrors, other: AnswerErrors) -> CardFinding:
    """The finding, `inaccurate` where the kernel is much worse than the reference."""
    top, where, place = 0.0, "", None
    for name, x in _by_name(own).items():
        k = times_worse(x.true, x.moves, x.errors, _by_name(other)[name].errors)
        if k.size and np.max(k) > top:
            at = tuple(int(i) for i in np.unravel_index(int(np.argmax(k)), k.shape))
            top, where, place = float(np.max(k)), component(name, at), (name, at)
    told = replace(told, worse=(top, where))
    if top <= WORSE or not told.finding.right or place is None:
        return told
    name, at = place
    got, true = float(own.got[name][at]), float(own.truth.exact[name][at])
    worst = WorstNumber(name, at, got, true, float(own.u[name][at]))
    return replace(told, finding=replace(told.finding, status="inaccurate", worst=worst))


def _by_name(errors: AnswerErrors) -> dict[str, SignedErrors]:
    return {x.parameter: x for x in signed(errors)}
