"""Some cases left out, counted twice, or alone: the chain rule with a weight for each case.

A value on the tape belongs to the cases if its leading axis is theirs and it was computed from
data that have that axis. Where the chain rule enters such a value from one that does not, from the
sum over the cases, each case's adjoint is multiplied by its weight. What does not go through the
cases, a penalty for instance, keeps its full share.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.harness.judging.diagnosis.evidence.evidence import Context, is_supposed
from gradparity.problems import Array, Arrays

# Up to so many cases each is looked at; beyond, the first, the last and the halves.
_EVERY_CASE = 64


def case_cause(context: Context, found: Chain) -> Cause | None:
    """Return the cause if other weights of the cases give the answer."""
    lengths = {x.shape[0] for x in context.data.values() if x.ndim}
    if len(lengths) != 1 or (n := lengths.pop()) < 2:
        return None
    cased = _cased(found, context.data, n)
    for text, weights in _weights(n):
        if is_supposed(context, _weighted(found, cased, weights)):
            names = listed(e.name for e in context.wrong)
            verb = "is" if len(context.wrong) == 1 else "are"
            parameter = names if len(context.wrong) == 1 else ""
            return Cause("cases", f"{names} {verb} the gradient {text} of {n}.", parameter)
    return None


def _cased(found: Chain, data: Arrays, n: int) -> set[int]:
    """The ids of the nodes whose values belong to the cases."""
    arrays = {id(x) for x in data.values() if x.ndim and x.shape[0] == n}
    nodes = set()
    for node in found.nodes:
        _, operands, result, _ = node.call
        if result.ndim and result.shape[0] == n and any(id(x) in arrays for x in operands):
            arrays.add(id(result))
            nodes.add(id(node))
    return nodes


def _weighted(found: Chain, cased: set[int], weights: Array) -> Arrays:
    def altered(k: int, j: int, g: Array, part: Array) -> Array:
        node = found.nodes[k]
        parent = node.parents[j][1]
        if id(node) in cased or id(parent) not in cased:
            return part
        shape = np.shape(part) if np.ndim(part) >= len(parent.shape) else parent.shape
        column = weights.reshape(-1, *(1,) * (len(parent.shape) - 1))
        return np.broadcast_to(part, shape) * column

    return found.walk(altered)


def _weights(n: int) -> Iterator[tuple[str, Array]]:
    half = n // 2
    groups = [("the first half", range(half)), ("the second half", range(half, n))]
    places = range(n) if n <= _EVERY_CASE else (0, n - 1)
    for what, cases in (*((f"case {i}", [i]) for i in places), *groups):
        inside = np.zeros(n, np.longdouble)
        inside[list(cases)] = 1
        count = len(cases)
        yield f"without {what}", 1 - inside
        yield f"with {what} counted twice", 1 + inside
        yield f"of {what} alone", inside
        yield f"of {what} alone, as a mean", inside * n / count
        yield f"without {what}, as a mean", (1 - inside) * n / (n - count)
