"""A value of the loss in the place of another one, in an adjoint: η - y for exp(η) - y.

Adjoints of losses are made of residuals, sums of values of the loss. If one value is mistaken for
another, the adjoint of some node is off by c times their difference, c a constant. Products with
random directions (`projections.py`) tell of each node and pair of values whether there is such a c.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.harness.judging.diagnosis.chain.altered_chain import Altered, Chain, Repeated
from gradparity.harness.judging.diagnosis.chain.mistaken_values import values_of
from gradparity.harness.judging.diagnosis.chain.projections import Projections
from gradparity.harness.judging.diagnosis.evidence.figures import figure
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio
from gradparity.problems import Array


def mistaken(found: Chain, seen: Projections, known: list[KnownRatio]) -> Iterator[Repeated]:
    """Yield the pairs of values of which one stands for the other in an adjoint.

    known: what c may be, or its reciprocal, besides 1.
    """
    values = values_of(found)
    usual = [1.0, *(abs(float(r.value)) for r in known if r.usual)]
    for k in range(len(found.nodes) - 1, -1, -1):
        node = found.nodes[k]
        found.deadline.keep()
        own = [(text, x) for text, x in values if x.shape == node.shape]
        if len(own) < 2 or not node.shape:
            continue
        products = np.array([seen.of(node, x) for _, x in own])
        for a, b in np.argwhere(~np.eye(len(own), dtype=bool)):
            if a > b:
                continue
            c = seen.multiple(products[a] - products[b])
            # Of one number alone every c is some; only a usual one says something.
            if c is None or not any(abs(abs(c) - x) <= 1e-8 * x for x in usual):
                continue
            (one, x), (other, y) = (own[a], own[b]) if c > 0 else (own[b], own[a])
            size = abs(c)
            times = "" if abs(size - 1) < 1e-9 else f"{figure(size)} times "
            text = (
                f"in the gradient with respect to the result of {found.name(k)}, {times}{one} "
                f"stands for {times}{other}"
            )
            yield "stale", text, _changed(found, k, size * (x - y)), {}


def _changed(found: Chain, k: int, difference: Array) -> Altered:
    more = partial(found.contribution, found.nodes[k])

    def altered(at: int, j: int, g: Array, part: Array) -> Array:
        return more(j, g + difference) if at == k else part

    return altered
