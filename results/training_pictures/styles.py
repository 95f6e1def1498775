"""How the lines of contenders look."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.colours.backends import Style
from gradparity.results.colours.optimizers import style
from gradparity.results.races.contenders import Contender


def styles_of(found: Sequence[Contender]) -> dict[Contender, Style]:
    """Return how contenders are drawn: as their optimiser, further ones of the same as variants."""
    seen: dict[str, int] = {}
    styles = {}
    for who in found:
        styles[who] = style(who.optimizer, seen.get(who.optimizer, 0))
        seen[who.optimizer] = seen.get(who.optimizer, 0) + 1
    return styles
