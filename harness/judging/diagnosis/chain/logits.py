"""What is done wrongly with logits: the adjoint of z in a cross-entropy is c (softmax(z) - y).

However a cross-entropy is written, by a log-sum-exp and the logit of the right class or by the
logarithm of a softmax, its adjoint tells of it: with the right c, softmax(z) minus the adjoint over
c is the labels, whose rows add up to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.harness.judging.diagnosis.chain.altered_chain import Altered, Chain, Repeated
from gradparity.harness.judging.diagnosis.chain.composites import sigmoid, softmax
from gradparity.harness.judging.diagnosis.chain.projections import Projections
from gradparity.problems import Array

_CLOSE = 1e-9


def of_logits(found: Chain, seen: Projections) -> Iterator[Repeated]:
    """Yield what is done wrongly with the adjoint of a value that is taken for logits."""
    for k in range(len(found.nodes) - 1, -1, -1):
        node = found.nodes[k]
        g = found.adjoints.get(id(node))
        if g is None or not node.shape:
            continue
        found.deadline.keep()
        with np.errstate(all="ignore"):
            for key, text, other in _others(np.asarray(node.call[2]), g):
                if np.all(np.isfinite(other)) and seen.explains(seen.of(node, other - g)):
                    yield (
                        key,
                        f"at the result of {found.name(k)}, {text}",
                        _with(found, k, other),
                        {},
                    )


def _with(found: Chain, k: int, other: Array) -> Altered:
    contribution = partial(found.contribution, found.nodes[k])

    def altered(at: int, j: int, g: Array, part: Array) -> Array:
        return contribution(j, other) if at == k else part

    return altered


def _others(z: Array, g: Array) -> Iterator[tuple[str, str, Array]]:
    """(key, what is done wrongly, the adjoint that comes of it)."""
    s = sigmoid(z)
    key = "wrong-derivative"
    yield key, "the adjoint is multiplied by a sigmoid's slope, s(1 - s), as well", g * s * (1 - s)
    yield key, "the adjoint is multiplied by tanh's slope as well", g * (1 - np.tanh(z) ** 2)
    if z.ndim < 2:
        return
    for axis in range(z.ndim):
        q = softmax(z, axis)
        scale = _scale(q, g, axis)
        if scale is None:
            continue
        labels = q - g / scale
        inner = np.sum(g * q, axis=axis, keepdims=True)
        yield key, "the Jacobian of the softmax is multiplied by as well", q * (g - inner)
        yield key, "the softmax's slope y(1 - y) is multiplied by as well", g * q * (1 - q)
        for other in (a for a in range(z.ndim) if a != axis):
            text = f"the softmax runs over axis {other} instead of axis {axis}"
            yield "wrong-axis", text, scale * (softmax(z, other) - labels)
        yield key, "the softmax is left out: z - y for p - y", scale * (z - labels)
        yield key, "a sigmoid stands for the softmax", scale * (s - labels)
        yield "sign", "y + p stands for p - y", scale * (q + labels)
        yield "term-missing", "p is taken for p - y: the labels are forgotten", scale * q
        yield "term-missing", "-y is taken for p - y: p is forgotten", -scale * labels
        for step in (1, -1):
            text = f"the labels are off by {step:+d}"
            yield "off-by-one", text, scale * (q - np.roll(labels, step, axis))


def _scale(q: Array, g: Array, axis: int) -> float | None:
    """The c with g = c (q - labels), labels of 0 and 1 with one 1 in each row; None if none is."""
    ratio = np.ravel(g / q)
    positive = ratio[np.ravel(g) > 0]
    if not len(positive):
        return None
    c = float(np.median(positive))
    labels = q - g / c
    whole = np.abs(labels - np.rint(labels)) <= _CLOSE
    one = np.abs(labels.sum(axis=axis) - 1) <= _CLOSE
    return c if np.all(whole) and np.all(one) else None
