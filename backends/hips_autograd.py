"""The backend `autograd`: HIPS autograd, reverse mode on a tape over NumPy.

- gradient: its backward walk. jvp: forward mode, by the rules that autograd has for it.
- hvp: reverse over reverse, g · v walked backwards; Hessian: the same with every unit direction,
  over one recorded graph.
- Jacobian of residuals: by rows (backward walks) or columns (forward mode), whichever is fewer.

autograd.numpy has NumPy's names, and no derivative for a few operations of a loss: these are
written here in terms of others.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import encoder
from gradparity.backends.operators import Found, differentiated, method, spread
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Arrays, Instance, Namespace, Problem
from gradparity.problems.layout import Layout


@cache
def library() -> tuple[Any, Namespace]:
    """The library and its namespace, under Array API names."""
    import autograd
    import autograd.numpy as anp

    def take(x: Any, indices: Any, axis: int | None = None) -> Any:
        along = 0 if axis is None else axis % anp.ndim(x)
        return x[(slice(None),) * along + (indices,)]

    def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
        rank = anp.ndim(indices)
        along = axis % rank
        places: list[Any] = []
        for i, length in enumerate(np.shape(indices)):
            places.append(np.arange(length).reshape([-1 if j == i else 1 for j in range(rank)]))
        places[along] = indices
        return x[tuple(places)]

    def flip(x: Any, axis: Any = None) -> Any:
        rank = anp.ndim(x)
        given = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        turned = {a % rank for a in given}
        return x[tuple(slice(None, None, -1 if i in turned else None) for i in range(rank))]

    def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        # autograd divides the product by each factor: NaN at a zero. So multiply one by one.
        rank = anp.ndim(x)
        given = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        for a in sorted({a % rank for a in given}, reverse=True):
            ahead = (slice(None),) * a
            product = anp.ones_like(x[(*ahead, 0)]) if anp.shape(x)[a] else anp.sum(x, axis=a) + 1
            for i in range(anp.shape(x)[a]):
                product = product * x[(*ahead, i)]
            x = anp.expand_dims(product, a) if keepdims else product
        return x

    def cumulative_sum(x: Any, axis: int | None = None, include_initial: bool = False) -> Any:
        along = 0 if axis is None else axis
        found = anp.cumsum(x, axis=along)
        if not include_initial:
            return found
        start = anp.zeros_like(take(x, np.arange(1), axis=along))
        return anp.concatenate([start, found], axis=along)

    def hypot(x: Any, y: Any) -> Any:
        # autograd's own has no forward rule, and 0/0 for a derivative at the origin; 0 is the
        # centre of the subgradients there. s √((x/s)² + (y/s)²) is the same for any constant s: a
        # power of two near the larger of the two rounds nothing, and keeps squares in range.
        largest = np.maximum(np.abs(_plain(x)), np.abs(_plain(y)))
        s = np.ldexp(np.ones_like(largest), np.frexp(largest)[1] - 1)
        s = np.maximum(s, 4 * np.finfo(s.dtype).tiny)  # s times a slope is not to underflow
        squares = anp.square(x / s) + anp.square(y / s)
        origin = _plain(squares) == 0
        return anp.where(origin, 0.0, s * anp.sqrt(anp.where(origin, 1.0, squares)))

    replacements = {
        "pow": anp.power,
        "atan": anp.arctan,
        "atan2": anp.arctan2,
        "hypot": hypot,
        "concat": anp.concatenate,
        "permute_dims": anp.transpose,
        "matrix_transpose": lambda x: anp.swapaxes(x, -1, -2),
        "astype": lambda x, dtype: x.astype(dtype),
        "prod": prod,
        "flip": flip,
        "take": take,
        "take_along_axis": take_along_axis,
        "cumulative_sum": cumulative_sum,
    }
    return autograd, Namespace("autograd", anp, replacements)


def _plain(x: Any) -> Any:
    """The array in all the boxes of autograd's traces, an array of floats."""
    from autograd.tracer import getval, isbox

    while isbox(x):
        x = getval(x)
    return x if np.asarray(x).dtype.kind == "f" else np.asarray(x, np.float64)


@dataclass(frozen=True, slots=True)
class HipsOperators:
    """Every operator as HIPS autograd takes it: a value, or None, and the derivative by name."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Found:
        """The loss as it is."""
        return self._loss(data)(params), {}

    def gradient(self, params: Arrays, data: Arrays) -> Found:
        """One walk backwards."""
        autograd, _ = library()
        walk, found = autograd.core.make_vjp(self._loss(data), params)
        return found, walk(np.ones_like(found))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward mode."""
        autograd, _ = library()
        layout = Layout.of(params)
        push = autograd.make_jvp(self._loss(data, layout.views))(layout.flatten(params))
        found, slope = push(layout.flatten(direction))
        return found, {"jvp": slope}

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Reverse over reverse."""
        autograd, _ = library()
        walk, _ = autograd.core.make_vjp(autograd.grad(self._loss(data)), params)
        return None, walk(direction)

    def hessian(self, params: Arrays, data: Arrays) -> Found:
        """Reverse over reverse with every unit direction, over one recorded graph."""
        autograd, _ = library()
        layout = Layout.of(params)
        of_flat = autograd.grad(self._loss(data, layout.views))
        walk, first = autograd.core.make_vjp(of_flat, layout.flatten(params))
        return None, {"hessian": np.stack([walk(unit) for unit in _units(first)])}

    def jacobian(self, params: Arrays, data: Arrays) -> Found:
        """By rows (backward walks) or columns (forward mode), whichever are fewer."""
        autograd, xp = library()
        residuals, layout = differentiated(self.problem, "jacobian"), Layout.of(params)
        flat = layout.flatten(params)

        def of_flat(x: Any) -> Any:
            return xp.reshape(residuals(xp, layout.views(x), data), (-1,))

        walk, found = autograd.core.make_vjp(of_flat, flat)
        if len(found) <= len(flat):
            return None, {"jacobian": np.stack([walk(unit) for unit in _units(found)])}
        push = autograd.make_jvp(of_flat)(flat)
        return None, {"jacobian": np.stack([push(unit)[1] for unit in _units(flat)], axis=1)}

    def _loss(
        self, data: Arrays, restore: Callable[[Any], Arrays] | None = None
    ) -> Callable[[Any], Any]:
        """The loss of the parameters, or of what `restore` makes parameters of."""
        loss, (_, xp) = self.problem.loss, library()
        if restore is None:
            return lambda params: loss(xp, params, data)
        return lambda x: loss(xp, restore(x), data)


def _units(like: Any) -> Any:
    return np.eye(len(like), dtype=like.dtype)


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing but silence: autograd warns where no parameter enters, and the 0 is right."""
    warnings.filterwarnings("ignore", "Output seems independent of input")
    compute = method(HipsOperators(problem), operator)

    def decode(native: Found) -> Answer:
        value, derivative = native
        return Answer(
            None if value is None else np.array(value),
            # Some of autograd's rules, power's among them, have constants in float64.
            {name: np.array(array, setting.dtype) for name, array in derivative.items()},
        )

    return Prepared(encoder(operator, setting.dtype), spread(compute), decode)


BACKEND = LibraryBackend(
    "autograd", "autograd", prepare, needs="autograd", train=on_arrays(prepare)
)
