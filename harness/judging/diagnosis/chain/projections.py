"""Whether an altered step of the chain rule could give the answer, told by a few inner products.

Let d be what an alteration adds to the adjoint of a node, ẋ the tangent of the node along a
direction v of the parameters. Then it adds <d, ẋ> to the gradient's product with v, whatever lies
between the node and the parameters. So one forward pass along each of some random directions tells
of every alteration, at the cost of an inner product, whether it can be the error that was made;
only those that can are walked through in full.

The directions are scaled by what is allowed of each component, so that all count alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.forward_rules import tangent_of
from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.backends.numpy_tape.primitives.shapes import unbroadcast
from gradparity.backends.numpy_tape.primitives.table import FLAT
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.harness.judging.diagnosis.evidence.evidence import EPS, Context, allowed_of
from gradparity.problems import Array

DIRECTIONS = 3


class Projections:
    """The error of an answer, and every node's tangents, along random directions.

    Raises: OutOfTimeError.
    """

    def __init__(self, context: Context, found: Chain) -> None:
        rng = np.random.default_rng(0)
        self._tangents: list[dict[int, Array]] = []
        error, slack = [], []
        for _ in range(DIRECTIONS):
            tangents = {}
            total, noise = np.longdouble(0), np.longdouble(0)
            for name, e in context.every.items():
                top = np.max(np.abs(e.got), initial=0)
                allowed = allowed_of(e, e.got) + 4 * EPS * np.abs(e.got) + EPS * EPS * top + 1e-300
                signs = rng.choice((-1.0, 1.0), e.true.shape)
                v = rng.uniform(0.5, 1.5, e.true.shape) * signs / allowed
                total = total + np.sum((e.got - e.true) * v)
                noise = noise + 4 * e.true.size
                if name in found.parameters:
                    node = found.parameters[name]
                    tangents[id(node)] = v.astype(node.dtype)
            self._carried(found, tangents)
            self._tangents.append(tangents)
            error.append(total)
            slack.append(noise)
        self.error, self.slack = np.array(error), np.array(slack)

    def _carried(self, found: Chain, tangents: dict[int, Array]) -> None:
        for node in found.nodes:
            found.deadline.keep()
            primitive, operands, z, static = node.call
            if primitive.name in FLAT:
                continue
            moving: list[Any] = [None] * len(operands)
            for place, parent in node.parents:
                moving[place] = tangents.get(id(parent))
            if all(t is None for t in moving):
                continue
            t = tangent_of(primitive)(moving, z, operands, static)
            tangents[id(node)] = np.broadcast_to(t, node.shape)

    def of(self, node: TapeNode, change: Array) -> Array:
        """What a change of the adjoint of a node adds to the products with the directions."""
        change = unbroadcast(np.asarray(change), node.shape)
        zero = np.zeros(())
        return np.array([np.sum(change * t.get(id(node), zero)) for t in self._tangents])

    def explains(self, change: Array) -> bool:
        """Whether the error may be this change of the products, see `of`."""
        noise = self._slack(change)
        return bool(np.all(np.abs(self.error - change) <= noise))

    def multiple(self, part: Array) -> Any:
        """The c with which c times `part`, see `of`, may be the error; None if none may."""
        size = part @ part
        if not np.isfinite(size) or np.any(np.abs(part) <= self._slack(part)):
            return None
        c = self.error @ part / size
        return (
            c if np.all(np.abs(self.error - c * part) <= self._slack(part) * (1 + abs(c))) else None
        )

    def _slack(self, change: Array) -> Array:
        return self.slack + 1e-9 * (np.abs(change) + np.abs(self.error))
