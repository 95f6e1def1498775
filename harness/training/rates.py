"""The learning rates of a race: one, a list, or a grid.

0.1                 one rate
0.01,0.1,1          these
1e-3:1:log13        a grid, see `planning/grid.py`
"""

from __future__ import annotations

from gradparity.harness.planning.grid import grid, positive

GRAMMAR = "a number, a list 0.01,0.1, or a grid LOW:HIGH:logN or LOW:HIGH:linN"


def rates(text: str) -> tuple[float, ...]:
    """The rates that `text` means, each once. Raises InputError, one line."""
    if ":" in text:
        return grid(text, "rate", "1e-3:1:log13", GRAMMAR)
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(positive(part, text, "rate", GRAMMAR) for part in parts))
