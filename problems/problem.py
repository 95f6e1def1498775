"""A problem: a loss, written once, and where to evaluate it."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from inspect import Parameter, signature
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

from gradparity.problems.arguments import expect_annotated, expect_fields
from gradparity.problems.errors import InputError, unknown
from gradparity.problems.namespace import Namespace
from gradparity.problems.special.short_floats import rounded

Array = Any
"""An array of whichever library evaluates the loss."""

Arrays = dict[str, Any]
"""Named arrays: the parameters, or the data, of one instance."""

Loss = Callable[[Namespace, Arrays, Arrays], Array]
"""loss(xp, params, data) -> scalar array of xp."""

ByHand = Callable[[Arrays, Arrays], tuple[Any, Arrays]]
"""gradient(params, data) -> (value, gradients by name), on NumPy arrays."""

HAND = "numpy"
"""The backend that answers with gradients written by hand."""

VARIANTS = ("portable", "idiomatic", "control")
"""What the rows of a backend are called where nobody gave them a name: the loss written once, the
loss as the library's users write it, a second copy of a row."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Where a loss is evaluated: NumPy arrays by name, floating arrays in float64.

    params: what the gradient is taken with respect to.
    data: everything else; integers stay integers (labels, indices).
    direction: one array per parameter, of its shape: where to, for jvp and hvp. `Problem.instance`
        fills it.
    """

    params: Arrays
    data: Arrays
    direction: Arrays = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InputError for what is no dict of arrays by name."""
        for what, x in (("params", self.params), ("data", self.data)):
            if not isinstance(x, dict) or not all(isinstance(name, str) for name in x):
                raise InputError(f"Instance: {what} should be a dict of arrays by name")

    @property
    def parameters(self) -> int:
        """The number of scalar parameters."""
        return sum(int(np.size(array)) for array in self.params.values())

    def rounded(self, dtype: str = "float32") -> Instance:
        """The same instance with every floating array rounded to values of `dtype`, in float64.

        Float32 and float64 backends then see identical numbers, so that a difference between
        their answers is arithmetic, never input. Raises: InputError for what is beyond the range
        of bfloat16 or float16.
        """
        parts = self.params, self.data, self.direction
        return Instance(*(_rounded(arrays, dtype) for arrays in parts))

    def zeros(self) -> Instance:
        """The same shapes and dtypes with zeros for the parameters and the direction.

        Backends are prepared here and run elsewhere: nothing value-dependent can be baked in. Data
        keep their values, for labels and indices must stay in their range.
        """
        return Instance(_zeros(self.params), self.data, _zeros(self.direction))


def _rounded(arrays: Arrays, dtype: str) -> Arrays:
    return {name: _round(name, np.asarray(array), dtype) for name, array in arrays.items()}


def _zeros(arrays: Arrays) -> Arrays:
    return {name: np.zeros_like(array) for name, array in arrays.items()}


def _round(name: str, array: np.ndarray[Any, Any], dtype: str) -> np.ndarray[Any, Any]:
    if not np.issubdtype(array.dtype, np.floating):
        return array
    if dtype == "float32":
        return array.astype(np.float32).astype(np.float64)
    found = rounded(array, dtype)
    beyond = np.isinf(found) & np.isfinite(array)
    if np.any(beyond):
        raise InputError(f"{name} holds {array[beyond].flat[0]:.4g}, beyond the range of {dtype}")
    return found


@dataclass(frozen=True, slots=True)
class Minimum:
    """A known answer to a problem.

    value: the minimum of the loss, or its infimum.
    params: a minimiser by parameter name; None where the value is approached and never attained.
    note: what a reader should know (several minimisers, an infimum, the certificate).
    """

    value: float
    params: Arrays | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Raise InputError for a value that is no number."""
        if not isinstance(self.value, Real):
            raise InputError(f"Minimum: value is {self.value!r}, should be a number")


@dataclass(frozen=True, slots=True)
class CriticalPoint:
    """A place where the gradient is zero.

    kind: "minimum", "maximum" or "saddle". params: by parameter name. value: the loss there.
    """

    kind: str
    params: Arrays
    value: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A loss and where to evaluate it; plain data and plain functions.

    name: "family-member", for example "price-linear"; the family alone selects all its members.
    loss: loss(xp, params, data) -> scalar, written once over the operations of `Namespace`.
    draw: draw(rng, **size) -> Instance; float64 NumPy, the same for the same generator state.
    sizes: "tiny", "small", "medium", "large" -> draw's keywords, smallest first.
    source: where the mathematics comes from.
    minimum: data -> the known answer, or None if there is none.
    critical: data -> every known place where the gradient is zero, for landscapes.
    residuals: the vector-valued form, where a Jacobian makes sense.
    idiomatic: backend -> the loss as that library's users write it, `xp` unused.
    units: parameter -> unit, for problems that have them; "" is the loss itself.
    gradient: a hand-written gradient that a user's file brings along, on NumPy arrays; those of the
        catalogue are in `backends/numpy_backprop`. Several by name, {"blas": f, "c": g}, are a row
        each, the first for whoever asks for one; a text in place of a function says why it cannot
        be had here.
    cases: the data arrays whose first axis runs over cases; a mini-batch takes rows of these, and
        the loss accepts any number of them. () where the loss is not a mean over cases.
    accuracy: (params, data) -> the share of cases that NumPy parameters answer rightly.
    held_out: held_out(rng, **size) -> data of cases that `draw`, from the same generator state, has
        left out; for `accuracy` on what was not trained on.
    exact: whether float64 data and starting points stay as they are, for figures that rounding to
        float32 values would move; float32 is then judged at the rounded instance.
    decisions: decisions(xp, params, data) -> what is really decided, by name, where the parameters
        are a smooth reparametrisation of it; `units` are then its units.

    Law: `loss` and `gradient` never mutate their arguments and are deterministic.
    """

    name: str
    loss: Loss
    draw: Callable[..., Instance]
    sizes: Mapping[str, Mapping[str, Any]]
    source: str
    minimum: Callable[[Arrays], Minimum] | None = None
    residuals: Callable[[Namespace, Arrays, Arrays], Array] | None = None
    idiomatic: Mapping[str, Loss] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    gradient: ByHand | Mapping[str, ByHand | str] | None = None
    cases: tuple[str, ...] = ()
    accuracy: Callable[[Arrays, Arrays], float] | None = None
    held_out: Callable[..., Arrays] | None = None
    decisions: Callable[[Namespace, Arrays, Arrays], Arrays] | None = None
    critical: Callable[[Arrays], Sequence[CriticalPoint]] | None = None
    exact: bool = False

    def __post_init__(self) -> None:
        """Raise InputError for a field of another kind, `Problem("a", loss=3, ...)`."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        expect_fields(Problem, given, "Problem")
        if isinstance(self.gradient, Mapping):
            _expect_names(self.gradient)

    def instance(self, size: str, seed: int) -> Instance:
        """The instance of this size and seed; unless `exact`, floats rounded to float32 values."""
        drawn = self.draw(np.random.default_rng(seed), **self.keywords(size))
        rng = np.random.default_rng([seed, 1])  # a generator of its own: draws stay as they are
        direction = {name: rng.normal(size=np.shape(x)) for name, x in drawn.params.items()}
        instance = replace(drawn, direction=direction)
        return instance if self.exact else instance.rounded()

    def keywords(self, size: str) -> Mapping[str, Any]:
        """Those of `draw` at a size: a named one, or "n=100,d=5" in place of the smallest's.

        Raises: InputError for a name that is not known, or a value that is none.
        """
        if size in self.sizes:
            return self.sizes[size]
        if "=" not in size:
            known = ", ".join(self.sizes)
            raise InputError(f"{self.name} has no size {size!r}; it has: {known}")
        found = dict(next(iter(self.sizes.values()), {}))
        _, *taken = signature(self.draw).parameters.values()
        named = [one.name for one in taken if one.kind != Parameter.VAR_KEYWORD]
        allowed = list(dict.fromkeys([*named, *found]))
        given: set[str] = set()
        for part in re.split(r",(?=\w+=)", size):
            name, _, text = part.partition("=")
            if name not in allowed:
                raise unknown(f"figure of {self.name}:", name, allowed)
            try:
                value = literal_eval(text)
            except (ValueError, SyntaxError):
                raise InputError(f"size {size}: {text!r} is no number") from None
            if isinstance(value, float) and not isfinite(value):
                raise InputError(f"size {size}: {text} is no finite number")
            if name in given:
                raise InputError(f"size {size}: {name} is given twice")
            given.add(name)
            whole = isinstance(value, float) and value.is_integer()
            found[name] = int(value) if whole and isinstance(found.get(name), int) else value
        expect_annotated(self.draw, found, f"size {size}")
        return found

    @property
    def by_hand(self) -> Mapping[str, ByHand | str]:
        """The hand-written gradients that a user's file brings along, by name; {} if none."""
        if isinstance(self.gradient, Mapping):
            return self.gradient
        return {} if self.gradient is None else {"portable": self.gradient}

    def variants(self, backend: str) -> tuple[str, ...]:
        """The rows that a backend has: "portable" or names of gradients, then "idiomatic"."""
        named = tuple(self.by_hand) if backend == HAND and self.by_hand else VARIANTS[:1]
        return (*named, *(VARIANTS[1:2] if backend in self.idiomatic else ()))

    def variant(self, backend: str, name: str) -> Problem:
        """This problem as a row of a backend poses it: with that loss, that gradient alone."""
        if name == "idiomatic":
            return self.idiomatic_for(backend)
        if name in VARIANTS:
            return self
        return replace(self, gradient={name: self.by_hand[name]})

    def idiomatic_for(self, backend: str) -> Problem:
        """This problem with the loss as users of `backend` write it; KeyError if not stated."""
        return replace(self, loss=self.idiomatic[backend])


def _expect_names(gradients: Mapping[str, ByHand | str]) -> None:
    """Raise InputError, one line, for no gradient at all, or a name that says something else."""
    if not gradients:
        raise InputError("Problem: gradient is {}, should have a function by its name")
    for name, written in gradients.items():
        if not (callable(written) or isinstance(written, str)):
            told = f"is a {type(written).__name__}, should be a function, or why there is none"
            raise InputError(f"Problem: gradient {name!r} {told}")
        if name in VARIANTS or not re.fullmatch(r"[\w.+-]+", name):
            allowed = "letters, digits and _ . + - in it, and none of " + ", ".join(VARIANTS)
            raise InputError(f"Problem: a gradient is called {name!r}, should have {allowed}")
