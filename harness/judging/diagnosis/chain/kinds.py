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
    """Yield the steps of each kind: first all of an operation, then by the operands as well."""
    seen: set[frozenset[Step]] = set()
    for described in (_operation, _with_operands):
        grouped: dict[tuple[str, int, Any], list[Step]] = defaultdict(list)
        for k, j in found.steps:
            if found.nodes[k].call[0].name in _MOVING:
                continue
            text, more = described(found, k)
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
