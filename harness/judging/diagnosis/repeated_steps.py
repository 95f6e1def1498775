"""The same mistake at every step of a kind: each activation of a network, each round of a loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from gradparity.harness.judging.diagnosis.alterations import Alter, alterations
from gradparity.harness.judging.diagnosis.altered_chain import (
    Altered,
    Bypass,
    Chain,
    Step,
    unaltered,
)
from gradparity.harness.judging.diagnosis.composites import Composite
from gradparity.harness.judging.diagnosis.wrong_derivatives import of_composite
from gradparity.problems import Array

Repeated = tuple[str, str, Altered, Bypass]
"""(key, what is done wrongly and where, how: altered steps, and nodes that are passed by)."""


def repeated(found: Chain, every: list[Composite]) -> Iterator[Repeated]:
    """Yield what is done wrongly at all steps of a kind, of which there are two at least."""
    yield from _cut(found)
    kinds: dict[tuple[str, int], list[Step]] = defaultdict(list)
    for k, j in found.steps:
        node = found.nodes[k]
        kinds[node.call[0].name, node.parents[j][0]].append((k, j))
    functions: dict[str, list[Composite]] = defaultdict(list)
    for one in every:
        functions[one.name].append(one)
    for name, some in functions.items():
        if len(some) > 1:
            yield from _composites(found, name, some)
    for (name, _), steps in kinds.items():
        if len(steps) > 1:
            alters: dict[tuple[str, str], dict[Step, Alter]] = defaultdict(dict)
            for step in steps:
                for key, text, alter in alterations(found, step, own=True):
                    alters[key, text][step] = alter
            for (key, text), at in alters.items():
                if len(at) > 1:
                    yield key, f"at every {name}, {text}", _all(at), {}


def _all(at: dict[Step, Alter]) -> Altered:
    def altered(k: int, j: int, g: Array, part: Array) -> Array:
        alter = at.get((k, j))
        return part if alter is None else alter(g, part)

    return altered


def _cut(found: Chain) -> Iterator[Repeated]:
    """The way back through the other operand of every product with a parameter, as in a loop."""
    uses: dict[tuple[str, str, int], list[Step]] = defaultdict(list)
    for k, j in found.steps:
        node = found.nodes[k]
        primitive, operands, _, _ = node.call
        place = node.parents[j][0]
        for i, x in enumerate(operands):
            if i != place and (name := found.owner(x)):
                uses[primitive.name, name, place].append((k, j))
    for (operation, name, _), steps in uses.items():
        if len(steps) > 1:
            chosen = set(steps)

            def altered(k: int, j: int, g: Array, part: Array, at: set[Step] = chosen) -> Array:
                return np.zeros_like(part) if (k, j) in at else part

            text = f"at every {operation} with {name}, the way back through what it multiplies is"
            yield "term-missing", f"{text} cut: a state is not carried back in time", altered, {}


def _composites(found: Chain, name: str, some: list[Composite]) -> Iterator[Repeated]:
    alters: dict[tuple[str, str], Bypass] = defaultdict(dict)
    for one in some:
        for key, text, change in of_composite(found, one, own=True):
            alters[key, text][one.top] = (one.bottom, change)
    for (key, text), at in alters.items():
        if len(at) > 1:
            yield key, f"at every {name}, {text}", unaltered, at
