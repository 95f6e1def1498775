"""The same mistake at every step of a kind: each activation of a network, each round of a loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.harness.judging.diagnosis.chain.alterations import alterations
from gradparity.harness.judging.diagnosis.chain.altered_chain import (
    Alter,
    Bypass,
    Chain,
    Repeated,
    Step,
    at_steps,
    met_otherwise,
    unaltered,
)
from gradparity.harness.judging.diagnosis.chain.carried import is_carried, not_carried, read_again
from gradparity.harness.judging.diagnosis.chain.composites import Composite
from gradparity.harness.judging.diagnosis.chain.kinds import kinds
from gradparity.harness.judging.diagnosis.chain.windows import other_strides
from gradparity.harness.judging.diagnosis.chain.wrong_derivatives import of_composite
from gradparity.problems import Array


def repeated(found: Chain, every: list[Composite]) -> Iterator[Repeated]:
    """Yield what is done wrongly at all steps of a kind, of which there are two at least."""
    yield from _cut(found)
    yield from not_carried(found)
    yield from read_again(found)
    yield from other_strides(found)
    yield from _other_state(found)
    alike = list(kinds(found))
    for name, steps in alike:
        yield from _multiplied(found, name, steps)
    for one in every:
        yield from _twice(found, one)
    functions: dict[str, list[Composite]] = defaultdict(list)
    for one in every:
        functions[one.name].append(one)
    for name, some in functions.items():
        if len(some) > 1:
            yield from _composites(found, name, some)
    for name, steps in alike:
        alters: dict[tuple[str, str], dict[Step, Alter]] = defaultdict(dict)
        for step in steps:
            for key, text, alter in alterations(found, step, own=True):
                alters[key, text][step] = alter
        for (key, text), at in alters.items():
            if len(at) > 1:
                yield key, f"at every {name}, {text}", at_steps(at), {}


def _multiplied(found: Chain, name: str, steps: list[Step]) -> Iterator[Repeated]:
    """The way back through all steps of a kind, times a number."""
    k, j = steps[0]
    back = f"at every {name}, the way back through operand {found.nodes[k].parents[j][0] + 1}"
    carried = ": a state is not carried back in time" if is_carried(found, steps) else ""
    for key, text, factor in (
        ("term-missing", f"is cut{carried}", 0),
        ("sign", "is multiplied by -1: the sign is wrong", -1),
        ("term-added", "is counted twice", 2),
        ("factor", "is multiplied by ½", 0.5),
    ):
        at: dict[Step, Alter] = dict.fromkeys(steps, partial(_times, factor))
        yield key, f"{back} {text}", at_steps(at), {}


def _times(factor: float, g: Array, part: Array) -> Array:
    return factor * part


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


def _other_state(found: Chain) -> Iterator[Repeated]:
    """In the gradient of a parameter of a loop, the state of the round after or before."""
    rounds: dict[tuple[str, str, int], list[Step]] = defaultdict(list)
    for k, j in reversed(found.steps):
        node = found.nodes[k]
        place = node.parents[j][0]
        name = found.owner(node.call[1][place])
        if node.call[0].name in ("matmul", "multiply") and name:
            rounds[node.call[0].name, name, place].append((k, j))
    for (operation, name, place), steps in rounds.items():
        states = [found.nodes[k].call[1][1 - place] for k, _ in steps]
        after = [found.made.get(id(x)) for x in states[1:]]
        if len(steps) < 3 or any(k is None for k in after) or len({x.shape for x in states}) > 1:
            continue
        ahead = steps[-1][0] + (after[-1] or 0) - steps[-2][0]
        last = found.nodes[ahead].call[2] if ahead < len(found.nodes) else states[-1]
        for when, others in (
            ("after", [*states[1:], last]),
            ("before", [np.zeros_like(states[0]), *states[:-1]]),
        ):
            at: dict[Step, Alter] = {
                step: partial(met_otherwise, found, step, 1 - place, other)
                for step, other in zip(steps, others, strict=True)
            }
            text = f"at every {operation} with {name}, its state is mistaken for that of the round"
            yield "stale", f"{text} {when}", at_steps(at), {}


def _sloped(found: Chain, node: TapeNode, j: int, slope: Array, g: Array, part: Array) -> Array:
    return found.contribution(node, j, g * slope)


def _twice(found: Chain, one: Composite) -> Iterator[Repeated]:
    """The slope of an activation once more than it is there."""
    k = found.number.get(id(one.bottom))
    if k is None or one.name not in ("sigmoid", "softmax", "tanh"):
        return
    node, y = one.bottom, one.y
    slope = 1 - y * y if one.name == "tanh" else y * (1 - y)
    at: dict[Step, Alter] = {
        (k, j): partial(_sloped, found, node, j, slope) for j in range(len(node.parents))
    }
    text = f"at the {one.name}, its slope {'1 - y²' if one.name == 'tanh' else 'y(1 - y)'} is"
    yield "wrong-derivative", f"{text} multiplied by once more", at_steps(at), {}


def _composites(found: Chain, name: str, some: list[Composite]) -> Iterator[Repeated]:
    alters: dict[tuple[str, str], Bypass] = defaultdict(dict)
    for one in some:
        for key, text, change in of_composite(found, one, own=True):
            alters[key, text][one.top] = (one.bottom, change)
    for (key, text), at in alters.items():
        if len(at) > 1:
            yield key, f"at every {name}, {text}", unaltered, at
