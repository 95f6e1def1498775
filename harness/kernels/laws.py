"""What the gradient of any kernel obeys, whatever the kernel computes. No truth is needed.

For fixed inputs the gradient is linear in the cotangent: of zero it is zero, of 2ᵏ u 2ᵏ times that
of u, and of u + v the sum of both. Where examples along the first axis do not meet, that of one
alone is what it is among others, and examples in another order have theirs in that order. What is
called again answers alike. Forward mode, where there is one, has ⟨Jv, w⟩ = ⟨v, Jᵀw⟩. How a
cotangent lies in memory is nothing to the gradient, nor what fresh memory held (`memory_laws.py`).

An error is held against 16 eps of a number's own size and of its row's: what rounding may do where
rows are sums that do not cancel. Where they do cancel the truth tells, and these laws do not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.harness.findings.finding import EPS, LARGEST, SMALLEST
from gradparity.harness.kernels.card_verdict import KernelPoint
from gradparity.harness.kernels.kernel import Kernel
from gradparity.problems import Array
from gradparity.problems.special.short_floats import rounded

Scales = Sequence[Array] | None

INVARIANCES = ("batch", "order")

_ALLOWED = 16.0
_POWER = 3
_FEWEST = 10
_ADJOINT = 64.0
"""How far ⟨Jv, w⟩ and ⟨v, Jᵀw⟩ may be apart, in eps of the norms of their terms: a forward mode
rounds where the backward does not, by what M of the backward does not tell."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A law that does not hold, and what was seen."""

    law: str
    seen: str


@dataclass(frozen=True, slots=True, eq=False)
class KernelCall:
    """A kernel at a point.

    examples: which inputs have examples along the first axis, as every result has. scales: M + |g|
    of every number of every gradient, where the truth is known.
    """

    kernel: Kernel
    point: KernelPoint
    examples: Sequence[bool]
    scales: Scales = None

    def gradients(self, cotangents: Sequence[Array]) -> list[Array]:
        """The gradients for these cotangents."""
        return self.kernel.answered(self.point.inputs, cotangents)[1]

    @property
    def own(self) -> list[Array]:
        """The gradients for the cotangents of the point."""
        return self.gradients(self.point.cotangents)

    def compared(
        self, law: str, should: Sequence[Array], found: Sequence[Array], sizes: Sequence[Array]
    ) -> Iterator[Broken]:
        """The law for each input at which it does not hold; sizes: of what was rounded."""
        for i, (a, b, size) in enumerate(zip(should, found, sizes, strict=True)):
            u = _apart(a, b, size, self.kernel.dtype)
            if u.size and np.max(u) > _ALLOWED:
                at = np.unravel_index(int(np.argmax(u)), u.shape)
                yield Broken(law, f"{b[at]:g} where it should be {a[at]:g}, in input {i}")

    def sizes(self, of: Sequence[Array], factor: float = 1.0) -> list[Array]:
        """The sizes of numbers, and what rounding moves on their way."""
        if self.scales is None:
            return [np.abs(x) for x in of]
        return [np.abs(x) + factor * scale for x, scale in zip(of, self.scales, strict=True)]


def broken(trial: KernelCall, invariance: Sequence[str] = ()) -> list[Broken]:
    """The laws that do not hold. invariance: of `INVARIANCES`, what the kernel is said to have."""
    checks = [_zero, _scaled, _added, _adjoint, *(_INVARIANT[name] for name in invariance)]
    with np.errstate(all="ignore"):
        return [x for check in checks for x in check(trial)]


def spread(trial: KernelCall, calls: int, seconds: float) -> tuple[float, list[Broken]]:
    """(how far calls are apart, in eps of a number's size and its row's; the law they break).

    calls: how many at most. seconds: after which no more than ten are made.
    """
    start, answers = time.monotonic(), [trial.own, trial.own]
    while len(answers) < calls and (len(answers) < _FEWEST or time.monotonic() - start < seconds):
        again = trial.own
        if any(
            not np.array_equal(a, b, equal_nan=True) for a, b in zip(again, answers[0], strict=True)
        ):
            answers.append(again)
        else:
            answers.append(answers[0])  # one and the same array, not fifty
    sizes = trial.sizes(answers[0])
    apart = max(
        float(np.max(_apart(a, b, size, trial.kernel.dtype), initial=0))
        for answer in answers
        for a, b, size in zip(answer, answers[0], sizes, strict=True)
    )
    seen = f"{apart:.2g} eps off in one of {len(answers)} calls"
    return apart, [Broken("calls answer alike", seen)] if apart > _ALLOWED else []


def _zero(trial: KernelCall) -> Iterator[Broken]:
    none = [np.zeros_like(u) for u in trial.point.cotangents]
    for i, g in enumerate(trial.gradients(none)):
        if np.any(g != 0):
            worst = g.flat[int(np.argmax(np.abs(np.nan_to_num(g, nan=np.inf))))]
            yield Broken("the gradient of a zero cotangent is zero", f"{worst:g} in input {i}")


def _scaled(trial: KernelCall) -> Iterator[Broken]:
    factor = 2.0**_POWER
    should = [x * factor for x in trial.own]
    found = trial.gradients([u * factor for u in trial.point.cotangents])
    law = f"{factor:g} times the cotangent has {factor:g} times the gradient"
    yield from trial.compared(law, should, found, trial.sizes(should, factor))


def _added(trial: KernelCall) -> Iterator[Broken]:
    """Of u and v = ±u, whose sum is 0 or 2 u: exact in any dtype."""
    rng = np.random.default_rng(14)
    other = [u * rng.choice((-1.0, 1.0), u.shape) for u in trial.point.cotangents]
    both = [u + v for u, v in zip(trial.point.cotangents, other, strict=True)]
    one, two, found = trial.own, trial.gradients(other), trial.gradients(both)
    sums = [x + y for x, y in zip(one, two, strict=True)]
    sizes = trial.sizes([np.abs(x) + np.abs(y) for x, y in zip(one, two, strict=True)], 2.0)
    law = "the gradient of a sum of cotangents is the sum of their gradients"
    yield from trial.compared(law, sums, found, sizes)


def _adjoint(trial: KernelCall) -> Iterator[Broken]:
    """⟨Jv, w⟩ = ⟨v, Jᵀw⟩, w being the cotangent; v has the gradient's signs: nothing cancels."""
    rng = np.random.default_rng(15)
    dtype, own = trial.kernel.dtype, trial.own
    sides = (np.where(g < 0, -1.0, 1.0) * rng.uniform(0.5, 1.5, g.shape) for g in own)
    vs = [rounded(v, dtype) for v in sides]
    pushed = trial.kernel.pushed(trial.point.inputs, vs)
    if pushed is None:
        return
    with np.errstate(all="ignore"):
        forward = [u * y for u, y in zip(trial.point.cotangents, pushed, strict=True)]
        back = [v * g for v, g in zip(vs, own, strict=True)]
        left, right = (float(sum(np.sum(x) for x in terms)) for terms in (forward, back))
        sizes = [v * x for v, x in zip(vs, trial.sizes(own), strict=True)]
        size = float(np.sqrt(sum(np.sum(np.square(x)) for x in (*forward, *sizes))))
    if abs(left - right) > _ADJOINT * EPS[dtype] * size:
        law = "the gradient is the transpose of forward mode: ⟨Jv, w⟩ = ⟨v, Jᵀw⟩"
        yield Broken(law, f"{left:.4g} and {right:.4g}")


def _alone(trial: KernelCall) -> Iterator[Broken]:
    """The last example by itself."""
    last = [x[-1:] if own else x for x, own in zip(trial.point.inputs, trial.examples, strict=True)]
    us = [u[-1:] for u in trial.point.cotangents]
    alone, whole = trial.kernel.answered(last, us)[1], trial.own
    which = [i for i, own in enumerate(trial.examples) if own]
    sizes = trial.sizes(whole)
    law = "an example alone has the gradient that it has among others"
    pairs = [whole[i][-1:] for i in which], [alone[i] for i in which]
    yield from trial.compared(law, *pairs, [sizes[i][-1:] for i in which])


def _reordered(trial: KernelCall) -> Iterator[Broken]:
    def turned(arrays: Sequence[Array]) -> list[Array]:
        both = zip(arrays, trial.examples, strict=True)
        return [x[::-1].copy() if own else x for x, own in both]

    us = [u[::-1].copy() for u in trial.point.cotangents]
    found = trial.kernel.answered(turned(trial.point.inputs), us)[1]
    law = "examples in another order have their gradients in that order"
    whole = trial.own
    yield from trial.compared(law, whole, turned(found), trial.sizes(whole))


def _apart(a: Array, b: Array, size: Array, dtype: str) -> Array:
    """|a - b| in eps of a number's size and its row's; 0 where the range has a part in it."""
    with np.errstate(all="ignore"):
        row = np.sqrt(np.mean(np.square(size), axis=-1, keepdims=True)) if size.ndim else size
        u = np.abs(a - b) / (EPS[dtype] * (size + row) + 16 * SMALLEST[dtype])
    outside = ~np.isfinite(a) | ~np.isfinite(b) | (np.abs(a) > LARGEST[dtype])
    return np.where(outside, 0.0, u)


_INVARIANT = {"batch": _alone, "order": _reordered}
