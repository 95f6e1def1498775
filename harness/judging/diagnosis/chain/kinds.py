"""Steps of one kind: the same operation on operands of the same origin, as a loop repeats them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain, Step

Kind = tuple[str, list[Step]]
"""(what the steps are, in words; the steps, of which there are two at least)."""


_MOVING = ("reshape", "transpose", "broadcast_to", "astype")
"""What a user's loss is translated with, and does not say."""


def kinds(found: Chain) -> Iterator[Kind]:
    """Yield the steps of each kind: all of an operation, then by the operands, then by its data."""
    seen: set[frozenset[Step]] = set()
    for described in (_operation, _with_operands, _with_data):
        grouped: dict[tuple[str, int, Any], list[Step]] = defaultdict(list)
        for k, j in found.steps:
            if found.nodes[k].call[0].name in _MOVING:
                continue
            text, more = described(found, k)
            if text:
                grouped[text, found.nodes[k].parents[j][0], more].append((k, j))
        for (text, _, _), steps in grouped.items():
            chosen = frozenset(steps)
            if len(steps) > 1 and chosen not in seen:
                seen.add(chosen)
                yield text, steps


def _operation(found: Chain, k: int) -> tuple[str, Any]:
    return found.nodes[k].call[0].name, None


def _with_operands(found: Chain, k: int) -> tuple[str, Any]:
    """The operation and where its operands come from; its result's shape tells loops apart."""
    primitive, operands, z, _ = found.nodes[k].call
    origins = [found.origin(x) for x in operands if np.asarray(x).dtype.kind == "f"]
    return f"{primitive.name} of {listed(origins)}", np.shape(z)


def _with_data(found: Chain, k: int) -> tuple[str, Any]:
    """The operation and the array of data in it; "" where there is none."""
    primitive, operands, _, _ = found.nodes[k].call
    names = [found.names[id(x)] for x in operands if id(x) in found.names]
    return (f"{primitive.name} with {names[0]}", None) if len(names) == 1 else ("", None)
