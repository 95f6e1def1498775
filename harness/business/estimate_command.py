"""`gradparity optimize sales.csv --price P --sold Q [--spend S] [--cost C] [--seed N]`."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.harness.business.estimate import estimate
from gradparity.harness.business.estimate_output import write
from gradparity.harness.business.sales import read
from gradparity.problems.errors import InputError, unknown

OPTIONS = ("price", "sold", "spend", "cost", "seed")


def estimated(words: Sequence[str], form: str, others: Sequence[str]) -> None:
    """Read, fit, print. Raises InputError, one line, for what is missing or makes no sense.

    others: options of the verb that were given and mean nothing here.
    """
    file, *rest = words
    if others:
        raise InputError(f"{others[0]} is for a market of known figures, not for a table of sales")
    given = _options(rest)
    for name in ("price", "sold"):
        if name not in given:
            raise InputError(f"{file}: say which column is which: --price PRICE --sold QUANTITY")
    cost, seed = _number(given, "cost"), _number(given, "seed")
    sales = read(file, given["price"], given["sold"], given.get("spend"))
    if cost >= sales.price.max():
        raise InputError(
            f"--cost {cost:g} is above every price in {file}: nothing was ever sold at a profit"
        )
    write(estimate(sales, cost, int(seed)), form)


def _options(rest: Sequence[str]) -> dict[str, str]:
    given, left = {}, list(rest)
    while left:
        option, equals, text = left.pop(0).partition("=")
        name = option.removeprefix("--")
        if not option.startswith("--") or name not in OPTIONS:
            raise unknown("option for a table of sales:", option, [f"--{one}" for one in OPTIONS])
        if not equals:
            if not left:
                raise InputError(f"{option} needs a value")
            text = left.pop(0)
        given[name] = text
    return given


def _number(given: dict[str, str], name: str) -> float:
    text = given.get(name, "0")
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"--{name} {text}: it should be a number") from None
    if not 0.0 <= number < 1e30:
        raise InputError(f"--{name} {text}: it should be a number from 0 on")
    return number
