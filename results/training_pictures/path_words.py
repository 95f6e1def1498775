"""What the pictures of paths say of where they end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradparity.results.races import contenders
from gradparity.results.races.contenders import contender
from gradparity.results.races.targets import escape
from gradparity.results.records.descent import Descent

CLOSE = 1e-6
"""Of the way from the first loss to the known minimum: what is left of it at the end, at most."""


def ends(made: Sequence[Descent]) -> str:
    """Say "gd, adam at the minimum; momentum not", or who escaped where there is none."""
    names = contenders.labels([contender(descent) for descent in made])
    there = [names[contender(d)] for d in made if _arrived(d)]
    verb = "escape" if any(d.unbounded for d in made) else "at a minimum"
    if len(there) == len(made):
        return f"all {verb}" if len(made) > 1 else f"{there[0]} {verb}"
    return f"{', '.join(there)} {verb}" if there else f"nobody {verb}"


def _arrived(descent: Descent) -> bool:
    if descent.unbounded:
        return math.isfinite(escape(descent).steps)
    if descent.final_loss is None or descent.first_loss is None or descent.diverged:
        return False
    if descent.minimum is None:
        return descent.end == "minimum"
    way = descent.first_loss - descent.minimum
    return descent.final_loss - descent.minimum <= CLOSE * way
