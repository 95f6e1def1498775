"""How the rate changes over a descent: a name, and the factor that it gives each step.

    constant              1
    step:FACTOR:EVERY     FACTOR^⌊k/EVERY⌋
    cosine, cosine:FLOOR  FLOOR + (1 - FLOOR) ½ (1 + cos(π k/K)), from 1 down to FLOOR (0 if unsaid)
    polynomial:POWER, polynomial:POWER:FLOOR   FLOOR + (1 - FLOOR) (1 - k/K)^POWER
    exponential:FACTOR    FACTOR^k
    plateau:FACTOR:PATIENCE, plateau:FACTOR:PATIENCE:FLOOR   times FACTOR, not under FLOOR, after
                          more than PATIENCE losses that are not 1e-4 of the best one below it
    one-cycle             up from 1/25 over 0.3 K steps, then down to 4e-6, by half cosines
    ...:warmup=N          before any of these, N steps of (k + 1)/N; they then start at their own 0

k counts steps from 0; K is how many the budget leaves after the warm-up. A factor of 0, at the very
end of a cosine, is never reached: the last step has k = K - 1.

A plateau is told the loss of every step (that of its batch), as torch's ReduceLROnPlateau and
optax's reduce_on_plateau are, whose patience is one more. Unlike theirs it takes 1e-4 of the best
loss' size, so that it works below 0 as well, and it has no smallest change (torch: 1e-8).

Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, for the cosine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from gradparity.problems.errors import InputError

OfStep = Callable[[int], float]


class Factor(Protocol):
    """What the rate is multiplied by in a step, asked once for each, in their order."""

    def __call__(self, step: int, loss: float = math.nan) -> float:
        """The factor of this step, the first being number 0. loss: what the last one told."""
        ...


GRAMMAR = (
    "constant, step:FACTOR:EVERY, cosine, cosine:FLOOR, polynomial:POWER, polynomial:POWER:FLOOR, "
    "exponential:FACTOR, one-cycle, plateau:FACTOR:PATIENCE, each with :warmup=N behind it"
)
BETTER = 1e-4
"""A loss is better than the best one if it is lower by this share of its size."""
RISING, LOWEST, LAST = 0.3, 1.0 / 25.0, 1e-4
"""Of one cycle: the share of steps that rise, the first factor, and the last one over the first."""


def factors(schedule: str, steps: int) -> Factor:
    """The schedule of a descent of so many steps. Raises InputError, one line, for its grammar."""
    name, *arguments = schedule.split(":")
    warmup = 0
    if arguments and arguments[-1].startswith("warmup="):
        warmup = _count(schedule, "N", arguments.pop().removeprefix("warmup="))
    told: Factor | None = None
    main: OfStep = _constant
    if name == "plateau" and len(arguments) in (2, 3):
        floor = _share(schedule, "FLOOR", arguments[2]) if len(arguments) == 3 else 0.0
        patience = _count(schedule, "PATIENCE", arguments[1])
        told = _plateau(_share(schedule, "FACTOR", arguments[0]), patience, floor)
    elif name == "constant" and not arguments:
        pass
    elif name == "step" and len(arguments) == 2:
        factor = _share(schedule, "FACTOR", arguments[0])
        main = _stairs(factor, _count(schedule, "EVERY", arguments[1]))
    elif name == "cosine" and len(arguments) <= 1:
        floor = _share(schedule, "FLOOR", arguments[0]) if arguments else 0.0
        main = _cosine(floor, max(1, steps - warmup))
    elif name == "polynomial" and len(arguments) in (1, 2):
        floor = _share(schedule, "FLOOR", arguments[1]) if len(arguments) == 2 else 0.0
        power = _positive(schedule, "POWER", arguments[0])
        main = _polynomial(power, floor, max(1, steps - warmup))
    elif name == "exponential" and len(arguments) == 1:
        main = _stairs(_share(schedule, "FACTOR", arguments[0]), 1)
    elif name == "one-cycle" and not arguments:
        main = _one_cycle(max(1, steps - warmup))
    else:
        raise InputError(f"unknown schedule {schedule!r}; known: {GRAMMAR}")
    if warmup > steps:
        raise InputError(
            f"schedule {schedule!r}: a warm-up of {warmup} steps never ends in a budget of {steps}"
        )
    return _warmed(told or _untold(main), warmup)


def _untold(main: OfStep) -> Factor:
    return lambda step, loss=math.nan: main(step)


def _plateau(factor: float, patience: int, floor: float) -> Factor:
    scale, best, bad = 1.0, math.inf, 0

    def reduced(step: int, loss: float = math.nan) -> float:
        nonlocal scale, best, bad
        if step == 0:
            return scale
        if math.isinf(best) or loss < best - BETTER * abs(best):
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            scale, bad = max(scale * factor, floor), 0
        return scale

    return reduced


def _constant(step: int) -> float:
    return 1.0


def _stairs(factor: float, every: int) -> OfStep:
    return lambda step: factor ** (step // every)


def _cosine(floor: float, steps: int) -> OfStep:
    def factor(step: int) -> float:
        share = min(step / steps, 1.0)
        return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * share))

    return factor


def _polynomial(power: float, floor: float, steps: int) -> OfStep:
    return lambda step: floor + (1.0 - floor) * (1.0 - min(step / steps, 1.0)) ** power


def _one_cycle(steps: int) -> OfStep:
    """torch's OneCycleLR: its phases end at RISING K - 1 and at K - 1."""
    top, end = RISING * steps - 1.0, steps - 1.0

    def between(start: float, stop: float, share: float) -> float:
        return stop + (start - stop) * 0.5 * (1.0 + math.cos(math.pi * share))

    def factor(step: int) -> float:
        if step <= top:
            return between(LOWEST, 1.0, step / top if top > 0.0 else 1.0)
        return between(
            1.0, LOWEST * LAST, min((step - top) / (end - top), 1.0) if end > top else 1.0
        )

    return factor


def _warmed(main: Factor, warmup: int) -> Factor:
    if not warmup:
        return main
    return lambda step, loss=math.nan: (
        (step + 1) / warmup if step < warmup else main(step - warmup, loss)
    )


def _count(schedule: str, name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise InputError(f"schedule {schedule!r}: {name} is {text!r}; it should be a number of steps")


def _positive(schedule: str, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0.0 < number < math.inf:
        return number
    raise InputError(f"schedule {schedule!r}: {name} is {text!r}; it should be a number above 0")


def _share(schedule: str, name: str, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if 0.0 < share <= 1.0 or (name == "FLOOR" and share == 0.0):
        return share
    allowed = "in 0 ... 1" if name == "FLOOR" else "above 0 and at most 1"
    raise InputError(f"schedule {schedule!r}: {name} is {text!r}; it should be {allowed}")
