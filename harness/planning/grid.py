"""LOW:HIGH:logN and LOW:HIGH:linN: N numbers between two ends.

1e-3:1:log13        13 from 1e-3 to 1, ends included, each the same factor above the one before
0.1:0.5:lin5        5 from 0.1 to 0.5, each the same step above the one before

Ends are exact, what lies between is rounded to 12 digits: 1e-3:1:log4 has 0.1 in it.
"""

from __future__ import annotations

import math
import re

from gradparity.problems import InputError

GRAMMAR = "a grid LOW:HIGH:logN or LOW:HIGH:linN"


def grid(text: str, kind: str, example: str, grammar: str = GRAMMAR) -> tuple[float, ...]:
    """The numbers of a grid, above 0 and upward.

    kind: what one is, "rate"; grammar, example: what a message offers. Raises InputError, one line.
    """
    parts = text.split(":")
    spacing = re.fullmatch(r"(log|lin)(\d{1,4})", parts[-1].strip())
    if len(parts) != 3 or spacing is None:
        raise InputError(f"{kind}s {text!r}: it should be {grammar}, such as {example}")
    low, high = (positive(part.strip(), text, kind, grammar) for part in parts[:2])
    count = int(spacing[2])
    if count < 2 or not low < high:
        raise InputError(f"{kind}s {text!r}: a grid goes up, in 2 {kind}s or more")
    steps = [i / (count - 1) for i in range(count)]
    if spacing[1] == "lin":
        found = [low + (high - low) * step for step in steps]
    else:
        found = [low * (high / low) ** step for step in steps]
    return (low, *(float(f"{number:.12g}") for number in found[1:-1]), high)


def positive(text: str, whole: str, kind: str, grammar: str) -> float:
    """The number that a part of `whole` is. Raises InputError if it is none, or not above 0."""
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{kind}s {whole!r}: {text!r} is no number; give {grammar}") from None
    if not (number > 0 and math.isfinite(number)):
        raise InputError(f"{kind} {text} is not allowed; it should be above 0 and finite")
    return number
