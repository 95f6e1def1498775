"""Where a descent starts and between which bounds it stays, as they are typed.

--start x=-1.2,1            a parameter and its numbers, row by row; one number is for all of them
--bound price=0:200         a parameter, its least and its largest value; either may be missing
--target accuracy=0.95      a loss, or what is to be reached on the cases held out
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.namespace import NUMPY

Start = dict[str, list[float]]
Bounds = dict[str, list[float]]
TARGETS = ("loss", "held-out-loss", "accuracy")


def start_of(given: Iterable[str]) -> Start:
    """{"x": [-1.2, 1.0]} of ["x=-1.2,1"]. Raises InputError, one line."""
    found = {}
    for text in given:
        name, equals, rest = (part.strip() for part in text.partition("="))
        if not (name and equals and rest):
            raise InputError(f"--start {text}: it should be NAME=NUMBERS, such as x=-1.2,1")
        found[name] = [_number("--start", text, part) for part in rest.split(",")]
    return found


def bounds_of(given: Iterable[str]) -> Bounds:
    """{"price": [0.0, 200.0]} of ["price=0:200"]; infinite where an end is missing."""
    found = {}
    for text in given:
        name, equals, rest = (part.strip() for part in text.partition("="))
        low, colon, high = (part.strip() for part in rest.partition(":"))
        if not (name and equals and colon and (low or high)):
            raise InputError(f"--bound {text}: it should be NAME=LOW:HIGH, such as price=0:200")
        ends = [
            _number("--bound", text, low) if low else -math.inf,
            _number("--bound", text, high) if high else math.inf,
        ]
        if not ends[0] < ends[1]:
            raise InputError(f"--bound {text}: nothing lies between; give the lower end first")
        found[name] = ends
    return found


def targets_of(given: Iterable[str]) -> dict[str, float]:
    """{"accuracy": 0.95} of ["accuracy=0.95"]; a number alone is a loss. Raises InputError."""
    found = {}
    for text in given:
        name, equals, rest = (part.strip() for part in text.rpartition("="))
        name = name if equals else "loss"
        if name not in TARGETS:
            raise unknown("target", name, TARGETS)
        found[name] = _number("--target", text, rest)
    return found


def _number(option: str, text: str, part: str) -> float:
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{option} {text}: {part.strip()!r} is not a finite number")
    return number


def started(problem: Problem, instance: Instance, start: Mapping[str, Any]) -> Instance:
    """The instance with these numbers for its parameters; InputError where they do not fit."""
    params = dict(instance.params)
    for name, numbers in start.items():
        if name not in params:
            raise unknown(f"parameter of {problem.name}:", name, params)
        shape = np.shape(params[name])
        if len(numbers) not in (1, math.prod(shape)):
            raise InputError(
                f"start {name} has {len(numbers)} numbers; {problem.name} has {math.prod(shape)}"
            )
        one = len(numbers) == 1
        params[name] = np.full(shape, numbers[0]) if one else np.array(numbers).reshape(shape)
    return Instance(params, instance.data, instance.direction)


def limits_of(problem: Problem, instance: Instance, bounds: Mapping[str, Any]) -> Any:
    """(low, high), (P,) each, of all parameters. Raises InputError for a name that nobody has."""
    for name in bounds:
        if name not in instance.params:
            raise unknown(f"parameter of {problem.name}:", name, instance.params)
    ends = [bounds.get(name, (-math.inf, math.inf)) for name in instance.params]
    sizes = [np.size(x) for x in instance.params.values()]
    return tuple(np.repeat([float(end[i]) for end in ends], sizes) for i in (0, 1))


def check_start(problem: Problem, instance: Instance, bounds: Mapping[str, Any], seed: int) -> None:
    """Raise InputError where the loss is no number at the start, or bounds exclude it."""
    for name, (low, high) in bounds.items():
        x = np.asarray(instance.params[name])
        if np.any(x < low) or np.any(x > high):
            first = float(np.ravel(x[(x < low) | (x > high)])[0])
            raise InputError(
                f"{problem.name}: the bounds {name} = {low:g} ... {high:g} exclude the start of "
                f"seed {seed}, {first:.6g}; widen them, or name a start: --start {name}=..."
            )
    with np.errstate(all="ignore"):
        loss = float(problem.loss(NUMPY, instance.params, instance.data))
    if not math.isfinite(loss):
        raise InputError(f"{problem.name}: the start lies outside the domain: its loss is {loss}")
