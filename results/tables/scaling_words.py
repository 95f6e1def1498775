"""Scaling in words: the lines that stand under a table."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import setting
from gradparity.results.times.scaling import Crossover, Exponent
from gradparity.results.words.wording import between, digits, number


def lines(found: Sequence[Exponent | Crossover]) -> list[str]:
    """One line each; the operator and the setting are named where not all have the same."""
    several = len({x.setting for x in found}) > 1
    return [_line(x) + (f" ({setting(*x.setting)})" if several else "") for x in found]


def _line(found: Exponent | Crossover) -> str:
    return _growth(found) if isinstance(found, Exponent) else _crossing(found)


def _growth(found: Exponent) -> str:
    """Such as "rosenbrock: time grows as n^1.02 [0.99, 1.05] with jax, n from 1,000 to 100,000".

    Where the fixed cost of a call has a part in it, the exponent is a lower bound, and so it says.
    """
    power = f"n^{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}]"
    reach = f"n from {found.smallest:,} to {found.largest:,}"
    grows = "grows as" if found.clear else "grows at least as"
    return f"{found.problem}: time {grows} {power} with {found.backend}, {reach}"


def _crossing(found: Crossover) -> str:
    """Such as "xor: jax is faster than numpy from 31 parameters [28, 35], measured at 9 and 90"."""
    reach = f"{found.smallest:,} and {found.largest:,}"
    if found.estimate is None or found.low is None or found.high is None:
        ahead = f"{found.after} is faster" if found.after else "no size is decided"
        pair = f"{found.first} and {found.second}"
        return f"{found.problem}: {pair} cross nowhere between {reach} parameters; {ahead}"
    significant = digits(found.estimate, found.low, found.high)
    at = f"{number(found.estimate, significant)} parameters"
    interval = between(found.low, found.high, significant)
    overtakes = f"{found.after} is faster than {found.before} from {at} {interval}"
    return f"{found.problem}: {overtakes}, measured at {reach}"
