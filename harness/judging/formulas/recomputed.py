"""The gradient that a backward makes if it recomputes one step of the function otherwise.

The loss is written down once on the tape. Values are then computed anew from the changed step on,
and the chain rule meets those. A backward of a fused kernel keeps what was reduced along a row in
the forward pass, as a softmax's maximum and sum, and the adjoint that reaches it: `saved` leaves
both as they are in truth. So a softmax's P becomes exp(S' - max) / sum, and dS = P' (dP - Σ P dP).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import apply
from gradparity.backends.numpy_tape.primitives.shapes import unbroadcast
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.problems import Array, Arrays

REDUCED = ("sum", "mean", "max", "min")


@dataclass(frozen=True, slots=True)
class ChangedStep:
    """What is otherwise at one node.

    operands: of its own, other ones. result: of its result, what is used after it. weights: by the
    place of an operand, by what its contribution to the gradient is multiplied: 0 where the way
    back is left out.
    """

    operands: Callable[[list[Any]], list[Any]] | None = None
    result: Callable[[Array], Array] | None = None
    weights: Mapping[int, float] = field(default_factory=dict)


def put(place: int, other: Any, operands: list[Any]) -> list[Any]:
    """Operands with another at one place."""
    return [other if i == place else x for i, x in enumerate(operands)]


Changes = Mapping[int, ChangedStep]
"""By the number of a node on the tape."""


def recomputed(found: Chain, changes: Changes, saved: bool) -> Arrays | None:
    """The gradient by parameter, float64; None where shapes or numbers do not fit.

    saved: whether what is reduced along rows is as in truth, see above.
    """
    try:
        with np.errstate(all="ignore"):
            return _gradient(found, changes, saved)
    except (ValueError, IndexError, TypeError, KeyError):  # no hypothesis
        return None


def _gradient(found: Chain, changes: Changes, saved: bool) -> Arrays:
    values: dict[int, tuple[list[Any], Array]] = {}
    used: dict[int, Array] = {}
    for k, node in enumerate(found.nodes):
        primitive, operands, z, static = node.call
        own, change = list(operands), changes.get(k)
        moved = False
        for place, parent in node.parents:
            at = found.number.get(id(parent))
            if at is not None and at in used:
                own[place], moved = used[at], True
        if change is not None and change.operands is not None:
            own, moved = change.operands(own), True
        if moved and not (saved and primitive.name in REDUCED):
            z = _known(apply(primitive, *own, **static))
            values[k] = own, z
            used[k] = z
        if change is not None and change.result is not None:
            used[k] = change.result(z)
    adjoints: dict[int, Array] = {id(found.end): np.ones((), found.end.dtype)}
    for k in range(len(found.nodes) - 1, -1, -1):
        node = found.nodes[k]
        g = adjoints.pop(id(node), None)
        if g is None:
            continue
        found.deadline.keep()
        primitive, operands, z, static = node.call
        if saved and primitive.name in REDUCED:
            g = found.adjoints[id(node)]
        own, z = values.get(k, (operands, z))
        weights = changes[k].weights if k in changes else {}
        for j, (place, parent) in enumerate(node.parents):
            weight = weights.get(place, 1.0)
            if weight == 0:
                continue
            if primitive is p.getitem:
                part = found.contribution(node, j, g)
            else:
                part = adjoint_of(primitive)(place, g, z, tuple(own), static)
            part = unbroadcast(_known(part) * weight, parent.shape)
            before = adjoints.get(id(parent))
            adjoints[id(parent)] = part if before is None else before + part
    return {
        name: adjoints.get(id(node), np.zeros(node.shape, node.dtype))
        for name, node in found.parameters.items()
    }


def _known(x: Array) -> Array:
    """0 for NaN, as of a row all of which is masked."""
    return np.where(np.isnan(x), 0.0, x)
