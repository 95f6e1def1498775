"""The learning rates of a race: one, a list, or a grid.

0.1                 one rate
0.01,0.1,1          these
1e-3:1:log13        13 from 1e-3 to 1, ends included, each the same factor above the one before
0.1:0.5:lin5        5 from 0.1 to 0.5, each the same step above the one before

Ends are exact, what lies between is rounded to 12 digits: 1e-3:1:log4 has 0.1 in it.
"""

from __future__ import annotations

import math
import re

from gradparity.problems import InputError

GRAMMAR = "a number, a list 0.01,0.1, or a grid LOW:HIGH:logN or LOW:HIGH:linN"


def rates(text: str) -> tuple[float, ...]:
    """The rates that `text` means, each once. Raises InputError, one line."""
    if ":" not in text:
        return tuple(dict.fromkeys(_rate(part.strip(), text) for part in text.split(",")))
    parts = text.split(":")
    grid = re.fullmatch(r"(log|lin)(\d+)", parts[-1].strip())
    if len(parts) != 3 or grid is None:
        raise InputError(f"rates {text!r}: it should be {GRAMMAR}, such as 1e-3:1:log13")
    low, high = (_rate(part.strip(), text) for part in parts[:2])
    count = int(grid[2])
    if count < 2 or not low < high:
        raise InputError(f"rates {text!r}: a grid goes up, in 2 rates or more")
    steps = [i / (count - 1) for i in range(count)]
    if grid[1] == "lin":
        found = [low + (high - low) * step for step in steps]
    else:
        found = [low * (high / low) ** step for step in steps]
    return (low, *(float(f"{rate:.12g}") for rate in found[1:-1]), high)


def _rate(text: str, whole: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        raise InputError(f"rates {whole!r}: {text!r} is no number; give {GRAMMAR}") from None
    if not (rate > 0 and math.isfinite(rate)):
        raise InputError(f"rate {text} is not allowed; it should be above 0 and finite")
    return rate
