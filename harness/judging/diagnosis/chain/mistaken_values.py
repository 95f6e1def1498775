"""Another value of the loss, of the same shape, in the place of the one that a rule uses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.harness.judging.diagnosis.chain.altered_chain import Alter, Chain, Step
from gradparity.problems import Array


def other_operands(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    """Another value of the same shape in the place of one that the rule uses."""
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    if primitive.name not in ("matmul", "multiply", "divide", "square", "tanh", "exp", "where"):
        return
    values = values_of(found)
    for i, x in enumerate((*operands, z)):
        if np.ndim(x) == 0 and not isinstance(x, np.ndarray):
            continue
        for what, other in values:
            if other is x or other.shape != np.shape(x) or other.ndim == 0:
                continue

            def alter(g: Array, part: Array, i: int = i, other: Array = other) -> Array:
                changed = [other if n == i else y for n, y in enumerate((*operands, z))]
                return adjoint_of(primitive)(place, g, changed[-1], tuple(changed[:-1]), static)

            mistaken = "result" if i == len(operands) else f"operand {i + 1}"
            yield "stale", f"its {mistaken} is mistaken for {what}", alter


def values_of(found: Chain) -> list[tuple[str, Array]]:
    """Each array that the loss computed or was given, once, with words for it."""
    seen: dict[int, tuple[str, Array]] = {}
    for k, node in enumerate(found.nodes):
        _, operands, z, _ = node.call
        for x in operands:
            if isinstance(x, np.ndarray) and x.ndim and x.dtype.kind == "f":
                seen.setdefault(id(x), (f"an operand of {found.name(k)}", x))
        seen[id(z)] = (f"the result of {found.name(k)}", z)
        shapes = [n for x in operands for n in np.shape(x)]
        if node.call[0].name == "matmul" and len(shapes) == 3 and len(set(shapes)) == 1:
            other = operands[1] @ operands[0]
            seen[id(other)] = (f"what {found.name(k)} gives with the matrix transposed", other)
    return list(seen.values())
