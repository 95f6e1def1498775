"""Figures in words: as many digits as they deserve, a unit, a ratio."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradparity.results.records.statuses import WRONG
from gradparity.results.words.display import printable as printable
from gradparity.results.words.display import to_ascii as to_ascii

UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))

NONE = "–"


def status(word: str) -> str:
    """Return a status for a table; of a wrong answer "wrong: " and the verdict."""
    return f"wrong: {word}" if word in WRONG else printable(word)


def digits(value: float, low: float, high: float) -> int:
    """Count the significant digits that an interval supports: 3, or 2 if it is wider than 10 %."""
    width = high - low
    return 3 if width <= abs(value) / 10 else 2


def number(value: float, significant: int = 3) -> str:
    """Write `value` to so many significant digits, without exponent: 0.0123, 12.3, 123,000."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else "nan"
    if value == 0:
        return "0"
    # Rounding may carry into a new digit (0.9996 is 1.00), so the place is taken afterwards.
    rounded = float(f"{value:.{significant - 1}e}")
    place = math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(significant - 1 - place, 0)}f}"


def error(value: float | None) -> str:
    """Write an error: "2.2e-16", "0", or a dash for one that was not judged."""
    if value is None:
        return NONE
    return f"{value:.1e}" if math.isfinite(value) and value != 0 else number(value)


def unit(times: Iterable[float], largest: bool = False) -> tuple[str, float]:
    """Choose the unit for a group of times: the smallest (or largest) is at least 1 of it.

    Where the largest would then have five digits and more, the smallest may be a tenth: 0.60 µs
    beside 3,100 µs. Returns its name and its seconds.
    """
    known = [time for time in times if time > 0 and math.isfinite(time)]
    if not known:
        return UNITS[0]
    deciding = max(known) if largest else min(known)
    # 0.9995 would be written as 1.00 of the unit, or as 1,000 of the next.
    place = next((i for i, u in enumerate(UNITS) if deciding >= 0.9995 * u[1]), len(UNITS) - 1)
    many = max(known) >= 9999.5 * UNITS[place][1]
    return UNITS[place - (many and place > 0 and deciding >= 0.1 * UNITS[place - 1][1])]


def time(seconds: float | None, of: tuple[str, float], significant: int = 3) -> str:
    """Write a time in the unit `of`, with its name."""
    if seconds is None:
        return NONE
    return f"{number(seconds / of[1], significant)} {of[0]}"


def between(low: float, high: float, significant: int) -> str:
    """Write an interval: "[2.98, 3.21]"."""
    return f"[{number(low, significant)}, {number(high, significant)}]"


def time_between(seconds: float, low: float, high: float, of: tuple[str, float]) -> str:
    """Write the interval of a time, in the unit `of`, which stands beside it."""
    return between(low / of[1], high / of[1], digits(seconds, low, high))


def plus_minus(value: float, low: float, high: float) -> str:
    """Write how far the interval reaches to its longer side, relative to `value`: "3 %"."""
    if value <= 0:
        return NONE
    share = 100 * max(value - low, high - value) / value
    return f"{number(share, 1 if share < 10 else 2)} %"


def ratio(value: float, low: float, high: float) -> str:
    """Write a ratio of times: "3.07×", "0.54×"; "1" for the reference itself.

    Where the interval holds 1 the data do not say which is slower: "0.98× (tie)".
    """
    if value == low == high == 1.0:
        return "1"
    tie = " (tie)" if low <= 1.0 <= high else ""
    return f"{number(value, digits(value, low, high))}×{tie}"


def ratio_between(value: float, low: float, high: float) -> str:
    """Write a ratio's interval; a dash for the reference."""
    if value == low == high == 1.0:
        return NONE
    return between(low, high, digits(value, low, high))


def plain(value: float, _: int | None = None) -> str:
    """Write a tick or a rate to three digits: "0.1", "20", "3.16e-4", "1e-6"."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}" if abs(value) >= 1e3 else f"{value:.3g}"
    mantissa, power = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(power)}"
