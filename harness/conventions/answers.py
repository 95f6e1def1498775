"""What one backend answers for cases: the gradient of each case's function at its point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.conventions.cases.case import Case, Lawful
from gradparity.problems import Instance, Problem

Array = np.ndarray[Any, Any]

PORTABLE = ("tape", "tape-eager", "autograd")
"""Backends that differentiate a case's portable function."""
COLUMNS = ("torch", "jax", *PORTABLE)

NO_OPERATION = "no such operation"
UNAVAILABLE = "unavailable"
LETTERS = 44
"""Of an error's message."""
SLACK = 1e-10
"""Of an answer against a bound, relative: rounding, not a convention."""
DUST = 1e-12
"""Entries so much smaller than the largest of an answer are rounding, and shown as 0."""


class Said(NamedTuple):
    """An answer: numbers, "no such operation", "unavailable", or "error:" and its first words.

    lawful: whether the numbers are; None where there are none.
    """

    text: str
    lawful: bool | None = None


class NoOperation(Exception):
    """The library has no such operation."""


def unavailable(column: str) -> str | None:
    """Why nothing can be asked of this backend; None if it can."""
    return load(column).unavailable()


def answered(
    column: str, cases: Sequence[Case], told: Callable[[], None] | None = None
) -> list[Said]:
    """What a backend says to each case; told() is called after each."""
    if column == "jax":
        found = _jax(cases)
    else:
        ask = _torch if column == "torch" else partial(_portable, column)
        found = (_attempt(partial(ask, case)) for case in cases)
    said = []
    for case, numbers in zip(cases, found, strict=True):
        said.append(_said(case, numbers))
        if told is not None:
            told()
    return said


def _said(case: Case, numbers: Array | Exception) -> Said:
    if isinstance(numbers, NoOperation | AttributeError):
        return Said(NO_OPERATION)
    if isinstance(numbers, Exception):
        return Said(f"error: {_first_words(numbers)}")
    return Said(text(numbers), is_lawful(numbers, case.lawful))


def _attempt(ask: Callable[[], Any]) -> Any:
    """What `ask` returns, or the exception that it raises."""
    try:
        return ask()
    except Exception as error:
        return error


def _torch(case: Case) -> Array:
    import torch

    if case.torch is None:
        raise NoOperation
    x = torch.tensor(case.point, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(case.torch(torch, x).sum(), x)
    return np.array(gradient.numpy())


def _jax(cases: Sequence[Case]) -> Iterator[Array | Exception]:
    """Family by family, each compiled as one program: compiling is what takes the time."""
    for _, family in groupby(cases, lambda case: case.family):
        together = list(family)
        found = _attempt(partial(_compiled, together))
        if isinstance(found, Exception):  # one case must not cost the others their answers
            found = [_attempt(partial(_alone, case)) for case in together]
        yield from found


def _alone(case: Case) -> Array:
    (found,) = _compiled([case])
    if isinstance(found, Exception):
        raise found
    return found


def _compiled(cases: Sequence[Case]) -> list[Array | Exception]:
    """The gradients of these cases, by one jitted function; or the exceptions of their traces."""
    import jax
    import jax.numpy as jnp

    failed: dict[int, Exception] = {}

    def gradients(points: list[Any]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for place, (case, x) in enumerate(zip(cases, points, strict=True)):
            gradient = _attempt(partial(_jax_gradient, case, x))
            (failed if isinstance(gradient, Exception) else found)[place] = gradient
        return found

    with jax.enable_x64(True):
        points = [jnp.array(case.point, dtype=jnp.float64) for case in cases]
        found = jax.jit(gradients)(points)
        return [failed[i] if i in failed else np.array(found[i]) for i in range(len(cases))]


def _jax_gradient(case: Case, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    function = case.jax
    if function is None:
        raise NoOperation
    return jax.grad(lambda x: jnp.sum(function(jnp, jax, x)))(x)


def _portable(column: str, case: Case) -> Array:
    function = case.portable
    if function is None:
        raise NoOperation

    def loss(xp: Any, params: Any, data: Any) -> Any:
        return xp.sum(function(xp, params["x"]))

    x = np.array(case.point, dtype=np.float64)
    problem = Problem(case.name, loss, lambda rng: Instance({"x": x}, {}), {"": {}}, "")
    blank = Instance({"x": np.zeros_like(x)}, {})
    prepared = load(column).prepare(problem, "gradient", blank, Setting())
    return np.array(prepared(Instance({"x": x}, {})).derivative["x"])


def is_lawful(numbers: Array, lawful: Lawful | None) -> bool:
    """Whether every component lies within its bounds; NaN may stand where there is a choice."""
    if lawful is None:
        return True
    low = np.broadcast_to(np.array(lawful.low, np.float64), numbers.shape)
    high = np.broadcast_to(np.array(lawful.high, np.float64), numbers.shape)
    slack = SLACK * np.maximum(np.maximum(abs(low), abs(high)), lawful.scale)
    within = (numbers >= low - slack) & (numbers <= high + slack)
    if lawful.total is not None and np.all(np.isfinite(numbers)):
        within &= abs(np.sum(numbers) - lawful.total) <= SLACK * max(1.0, abs(lawful.total))
    return bool(np.all(within | (np.isnan(numbers) & (low < high))))


def text(numbers: Array) -> str:
    """Numbers to four digits, vectors and matrices in brackets; without signs of zero."""
    if numbers.ndim == 0:
        return f"{float(numbers) + 0.0:.4g}"
    finite = np.abs(numbers[np.isfinite(numbers)])
    if finite.size:
        numbers = np.where(np.abs(numbers) < DUST * np.max(finite), 0.0, numbers)
    return f"[{', '.join(text(np.asarray(row)) for row in numbers)}]"


def _first_words(error: Exception) -> str:
    first = " ".join((str(error) or type(error).__name__).split())
    return first if len(first) <= LETTERS else first[:LETTERS].rsplit(" ", 1)[0] + " ..."
