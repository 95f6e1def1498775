"""The space that tuning draws from: several options at once, each from a range.

lr=1e-4:1:log               the rate, between ends, evenly in its logarithm
momentum=0:0.99             an option, evenly
adam.beta2=0.9:0.9999       an option of one optimiser

Trials are drawn at random, which beats a grid where few of the options matter. The same seed draws
the same trials for every problem, backend and optimiser, as far as they share options.
Sources: Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 13 (2012);
McKay, Beckman, Conover, A comparison of three methods for selecting values of input variables,
Technometrics 21 (1979), for one draw in each part of a range.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.backends.optimizers import catalogue
from gradparity.backends.optimizers.contract.options import check
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

RATE = "lr"
GRAMMAR = "NAME=LOW:HIGH or NAME=LOW:HIGH:log, such as lr=1e-4:1:log,momentum=0:0.99"


@dataclass(frozen=True, slots=True)
class Dimension:
    """An option and its range. owner: the optimiser whose option it is; "" for all that have it."""

    owner: str
    name: str
    low: float
    high: float
    log: bool

    def drawn(self, count: int, seed: int) -> list[float]:
        """`count` values of the range, to six digits; the same for the same seed.

        One in each of `count` equal parts, in random order: a few draws cover the range as well.
        """
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        shares = (rng.permutation(count) + rng.uniform(size=count)) / count
        if self.log:
            found = self.low * (self.high / self.low) ** shares
        else:
            found = self.low + (self.high - self.low) * shares
        return [float(f"{value:.6g}") for value in found]


def space(text: str) -> tuple[Dimension, ...]:
    """The dimensions that `text` means. Raises InputError, one line, for what is none."""
    found = [_dimension(part.strip()) for part in text.split(",") if part.strip()]
    if not found:
        raise InputError(f"the space is empty; give {GRAMMAR}")
    names = [(one.owner, one.name) for one in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"space {text!r}: {twice[0][1]} is named twice")
    return tuple(found)


def _dimension(text: str) -> Dimension:
    name, equals, rest = (part.strip() for part in text.partition("="))
    parts = [part.strip() for part in rest.split(":")]
    if not (name and equals and len(parts) in (2, 3)) or parts[2:] not in ([], ["log"], ["lin"]):
        raise InputError(f"space {text!r}: it should be {GRAMMAR}")
    try:
        low, high = float(parts[0]), float(parts[1])
    except ValueError:
        raise InputError(f"space {text!r}: its ends should be numbers; give {GRAMMAR}") from None
    log = parts[2:] == ["log"]
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"space {text!r} is empty; it should go up, from one number to another")
    owner, _, name = name.rpartition(".")
    name = RATE if name == "rate" else name
    if (log or name == RATE) and not low > 0.0:
        what = "a rate is" if name == RATE else "with :log both ends are"
        raise InputError(f"space {text!r}: {what} above 0")
    return Dimension(owner, name, low, high, log)


def dimensions_of(optimizer: str, found: Sequence[Dimension]) -> list[Dimension]:
    """Those that this optimiser has; of one of its own and one of all, its own."""
    known = catalogue.find(optimizer)
    having = {*known.options, *([RATE] if known.rate is not None else [])}
    mine = [one for one in found if one.name in having and one.owner in ("", optimizer)]
    own = {one.name for one in mine if one.owner}
    return [one for one in mine if one.owner or one.name not in own]


def check_space(optimizers: Sequence[str], found: Sequence[Dimension]) -> None:
    """Raise InputError for an option that none of these has, and for an end that is not allowed."""
    for one in found:
        if one.owner and one.owner not in optimizers:
            raise unknown(f"optimizer in space {one.owner}.{one.name}:", one.owner, optimizers)
        those = [one.owner] if one.owner else optimizers
        having = [name for name in those if one in dimensions_of(name, [one])]
        if not having:
            each = dict.fromkeys(option for who in those for option in catalogue.find(who).options)
            raise unknown(f"option of {', '.join(those)}:", one.name, [RATE, *each])
        for name in having if one.name != RATE else ():
            optimizer = catalogue.find(name)
            if not isinstance(optimizer.options[one.name], float | None):
                raise InputError(f"space {one.name}: of {name} it is no real number")
            for value in (one.low, one.high):
                check(optimizer, {one.name: value})


def trials(
    optimizer: str, found: Sequence[Dimension], count: int, seed: int
) -> list[dict[str, float]]:
    """So many draws of the dimensions that this optimiser has; [] where it has none."""
    mine = dimensions_of(optimizer, found)
    if not mine:
        return []
    drawn = {one.name: one.drawn(count, seed) for one in mine}
    return [{name: values[i] for name, values in drawn.items()} for i in range(count)]
