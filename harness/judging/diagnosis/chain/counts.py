"""How many entries are not 0 where a loss chooses, and how many tie: their number as a factor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio

_CHOOSING = ("maximum", "minimum", "where")


def counts(found: Chain) -> Iterator[KnownRatio]:
    """Yield what comes of a mean over the entries that are not 0, of a result and of a loop's."""
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for k, node in enumerate(found.nodes):
        if node.call[0].name in _CHOOSING:
            z = np.asarray(node.call[2])
            seen[found.name(k)].append((int(np.count_nonzero(z)), z.size))
            seen[f"every {node.call[0].name}"].append((int(np.count_nonzero(z)), z.size))
    yield from _ties(found)
    one = np.longdouble(1)
    told = set()
    for name, each in seen.items():
        some, n = (sum(x[i] for x in each) for i in (0, 1))
        if not 0 < some < n or (some, n) in told:
            continue
        told.add((some, n))
        what = f"of the {n} entries of {name} {some} are not 0"
        yield KnownRatio(one * n / some, f"{n}/{some}", f"{what}: a mean over these alone")
        yield KnownRatio(one * some / n, f"{some}/{n}", f"{what}: a mean over all")


def _ties(found: Chain) -> Iterator[KnownRatio]:
    """The whole adjoint for each of the entries that tie in a maximum."""
    for k, node in enumerate(found.nodes):
        primitive, operands, z, _ = node.call
        if primitive.name in ("max", "min") and np.size(z) == 1:
            n = int(np.count_nonzero(operands[0] == np.ravel(z)[0]))
            if n > 1:
                text = f"{n} entries tie in {found.name(k)}: each gets all, they are to share it"
                yield KnownRatio(np.longdouble(n), f"{n}", text)
