"""What a loop hands on: a state that is not carried back in time, or only its last reading is.

A node depends on those of its kind before it where the loop carries a state. Whoever writes the
way back and forgets to carry it computes each round's own share alone.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.harness.judging.diagnosis.chain.altered_chain import (
    Altered,
    Chain,
    Repeated,
    Step,
    at_steps,
)
from gradparity.harness.judging.diagnosis.chain.kinds import kinds
from gradparity.harness.judging.diagnosis.chain.scatters import ADDED_ONCE, places_read
from gradparity.problems import Array

# Beyond, which node depends on which is too much to write down.
_NODES = 4_000


def not_carried(found: Chain) -> Iterator[Repeated]:
    """Yield the ways back from each round of a loop to the one before, cut."""
    if len(found.nodes) > _NODES:
        return
    above = found.above
    seen: set[frozenset[Step]] = set()
    for text, steps in kinds(found):
        rounds = _rounds(above, sorted({k for k, _ in steps}))
        cut = frozenset(
            step
            for now, then in itertools.pairwise(rounds)
            for step in _between(found, above, now, then)
        )
        if len(rounds) > 2 and cut not in seen:
            seen.add(cut)
            what = f"what a round makes of the {text} of the round before is cut"
            yield "term-missing", f"{what}: a state is not carried back in time", _cut(cut), {}


def is_carried(found: Chain, steps: list[Step]) -> bool:
    """Whether these steps lead on from each other, as what a loop carries does."""
    few = len(found.nodes) <= _NODES
    return few and len(_rounds(found.above, sorted({k for k, _ in steps}))) > 2


def _rounds(above: list[int], nodes: list[int]) -> list[list[int]]:
    """The nodes in groups, each of which depends on the one before; none if they do not."""
    rounds: list[list[int]] = []
    for k in nodes:
        if rounds and any(above[k] >> i & 1 for i in rounds[-1]):
            rounds.append([k])
        elif rounds and len(rounds) > 1 and not any(above[k] >> i & 1 for i in rounds[-2]):
            return []
        elif rounds:
            rounds[-1].append(k)
        else:
            rounds.append([k])
    return rounds


def _between(found: Chain, above: list[int], now: list[int], then: list[int]) -> Iterator[Step]:
    """The steps back into the nodes of a round, on the way from those of the next."""
    first = {id(found.nodes[k]) for k in now}
    below = 0
    for k in then:
        below |= above[k]
    for k in range(now[0] + 1, then[-1] + 1):
        if below >> k & 1:
            for j, (_, parent) in enumerate(found.nodes[k].parents):
                if id(parent) in first:
                    yield k, j


def _cut(steps: frozenset[Step]) -> Altered:
    return lambda k, j, g, part: np.zeros_like(part) if (k, j) in steps else part


def read_again(found: Chain) -> Iterator[Repeated]:
    """Yield, for each array that is read several times, that one reading alone counts."""
    readings: dict[int, list[tuple[Step, Array]]] = defaultdict(list)
    names: dict[int, str] = {}
    for k, j in reversed(found.steps):
        node = found.nodes[k]
        primitive, operands, _, static = node.call
        place, parent = node.parents[j]
        if place != 0 or primitive.name not in ("take", "gather", "take_along_axis", "getitem"):
            continue
        where = places_read(primitive.name, operands, static, parent.shape)
        if where is not None:
            array = id(_whole(found, parent))
            readings[array].append(((k, j), np.unique(where)))
            names[array] = found.owner(operands[0]) or found.name(k)
    for array, read in readings.items():
        if np.bincount(np.concatenate([where for _, where in read])).max() < 2:
            continue
        for which, chosen in (
            (ADDED_ONCE, _last(read)),
            ("counts once, not as often as it has an adjoint", _largest(found, read)),
            ("keeps the first adjoint alone", _last(read[::-1])),
        ):
            own: dict[Step, list[int]] = {step: [] for step, _ in read}
            for i, step in chosen.items():
                own[step].append(i)
            at = {step: partial(_kept, entries) for step, entries in own.items()}
            text = f"an entry of {names[array]} that is read more than once {which}"
            yield "repeated-index", text, at_steps(at), {}


def _whole(found: Chain, node: TapeNode) -> TapeNode:
    """The array itself, of which this is another shape."""
    while (k := found.number.get(id(node))) is not None:
        if found.nodes[k].call[0].name != "reshape":
            break
        node = found.nodes[k].parents[0][1]
    return node


def _last(read: list[tuple[Step, Array]]) -> dict[int, Step]:
    """The step that reads each entry last."""
    return {int(i): step for step, where in read for i in where}


def _largest(found: Chain, read: list[tuple[Step, Array]]) -> dict[int, Step]:
    """The step with the largest adjoint of each entry."""
    chosen: dict[int, Step] = {}
    size: dict[int, float] = {}
    for step, where in read:
        node = found.nodes[step[0]]
        g = found.adjoints.get(id(node))
        part = np.zeros(1) if g is None else np.ravel(found.contribution(node, step[1], g))
        for i in map(int, where):
            if part.size > i and abs(part[i]) > size.get(i, 0):
                chosen[i], size[i] = step, float(abs(part[i]))
    return chosen


def _kept(entries: list[int], g: Array, part: Array) -> Array:
    kept = np.zeros(part.size, part.dtype)
    kept[entries] = part.ravel()[entries]
    return kept.reshape(part.shape)
