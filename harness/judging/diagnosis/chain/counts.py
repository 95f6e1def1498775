"""How many entries are not 0 where a loss chooses: a mean over these alone, or over all."""

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
