"""A plain function f(x, y) of NumPy, which becomes a problem once it is asked for.

Its operations are read off at one point, on arrays that note every step; so it must take the same
way everywhere, and that is tried at others. What `math` has is taken from NumPy.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.loss import translated
from gradparity.harness.plain.steps.translation import Translation
from gradparity.problems import Arrays, InputError, Instance, Namespace, Problem
from gradparity.problems.namespace import NUMPY

START = (1.5, 1.0)
"""Where descents begin if the function has no defaults."""

TRIED = 60
_POINTS = (START, (0.5, 0.25), (-0.5, 0.75), (3.0, 2.0))
"""Where it is read off: at the first at which it is finite."""

_MATH = {
    "pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "sqrt": np.sqrt, "hypot": np.hypot, "pow": np.power, "fabs": np.abs,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlainLoss:
    """What stands for the loss of a problem until it is read off; names: of its two variables."""

    function: Callable[..., Any]
    names: tuple[str, str]

    def __call__(self, xp: Namespace, params: Arrays, data: Arrays) -> Any:
        """The loss, on arrays of whichever library the function takes."""
        return self.function(*(params[name] for name in self.names))


def is_plain(value: Any) -> bool:
    """Whether this is a function of two variables: f(x, y), and what else it takes has defaults."""
    try:
        variables(value)
    except InputError:
        return False
    return True


def variables(function: Any) -> list[inspect.Parameter]:
    """The two variables of a function. Raises InputError if it does not have two."""
    name = getattr(function, "__name__", str(function))
    try:
        known = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise InputError(f"{name} is no function of two variables") from None
    places = [p for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in places if p.default is p.empty]
    alone = [p for p in known if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if alone or not (len(needed) == 2 or (not needed and len(places) == 2)):
        raise InputError(f"{name} has {len(needed)} arguments; a loss to play with is f(x, y)")
    return needed or places


def problem_of_plain(function: Callable[..., Any]) -> Problem:
    """The problem of f(x, y). It is not called yet; see `read_off`.

    Where both variables have defaults, descents begin there. Raises InputError for another form.
    """
    first, second = variables(function)
    start = START if first.default is first.empty else (first.default, second.default)
    names = (first.name, second.name)
    point = {name: np.asarray(at, dtype=np.float64) for name, at in zip(names, start, strict=True)}
    name = getattr(function, "__name__", "loss").replace("_", "-").strip("-<>") or "loss"
    return Problem(
        name=name,
        loss=PlainLoss(function, names),
        draw=lambda rng: Instance(point, {}),
        sizes={"tiny": {}},
        source="made in Python",
        exact=True,
    )


def read_off(problem: Problem) -> tuple[Problem, Arrays]:
    """The problem over the operations of a loss, and the data that its function has captured.

    Raises InputError that names what cannot be read, or where another way is taken.
    """
    plain = problem.loss
    assert isinstance(plain, PlainLoss)
    function = _with_arrays(plain.function)

    def loss(params: Arrays) -> Any:
        return function(*(params[name] for name in plain.names))

    found = _translation(plain, loss)
    _same_everywhere(plain, found)
    return replace(problem, loss=found.loss), dict(found.data)


def _translation(plain: PlainLoss, loss: Callable[[Arrays], Any]) -> Translation:
    refused: InputError | None = None
    for point in _POINTS:
        at = {name: np.asarray(x) for name, x in zip(plain.names, point, strict=True)}
        try:
            return translated(loss, at)
        except InputError as error:
            refused = refused or error
    assert refused is not None
    told = str(refused)
    if "Python number" in told:
        told += (
            "; keep it an array: np.floor(x), not int(x), and NumPy's or SciPy's functions of it"
        )
    raise InputError(told)


def _same_everywhere(plain: PlainLoss, found: Translation) -> None:
    rng, xp = np.random.default_rng(5), NUMPY
    for _ in range(TRIED):
        x, y = (float(one) for one in rng.uniform(-4.0, 4.0, 2))
        point = {name: np.asarray(at) for name, at in zip(plain.names, (x, y), strict=True)}
        with np.errstate(all="ignore"):
            try:
                true = float(plain.function(x, y))
            except (ArithmeticError, ValueError):
                continue  # outside of its domain
            steps = float(found.loss(xp, point, found.data))
        if math.isfinite(true) and not math.isclose(true, steps, rel_tol=1e-9, abs_tol=1e-9):
            raise InputError(
                f"it is {true:.6g} at ({x:.3g}, {y:.3g}), where the operations read off elsewhere "
                f"give {steps:.6g}: it takes another branch there; write np.where(condition, a, b)"
            )


def _with_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NumPy's functions where it names those of `math`."""
    if not isinstance(function, FunctionType):
        return function
    theirs = {id(getattr(math, name)): ours for name, ours in _MATH.items() if callable(ours)}
    names = dict(function.__globals__)
    for name, value in function.__globals__.items():
        if value is math:
            names[name] = SimpleNamespace(**{**vars(math), **_MATH})
        elif id(value) in theirs:
            names[name] = theirs[id(value)]
    made = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made
