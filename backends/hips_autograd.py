"""The backend `autograd`: HIPS autograd, reverse mode on a tape over NumPy.

- gradient: its backward walk. jvp: forward mode, by the rules that autograd has for it; where it
  has none, as for special functions, g · v by a backward walk.
- hvp: reverse over reverse, g · v walked backwards; Hessian: the same with every unit direction,
  over one recorded graph.
- Jacobian of residuals: by rows (backward walks) or columns (forward mode), whichever is fewer.

Its operations are in `hips_namespace.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting
from gradparity.backends.hips_namespace import library
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import encoder
from gradparity.backends.operators import Found, differentiated, method, spread
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.layout import Layout


@dataclass(frozen=True, slots=True)
class HipsOperators:
    """Every operator as HIPS autograd takes it: a value, or None, and the derivative by name."""

    problem: Problem
    dtype: str = "float64"

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
        walk, found, of_flat = self._residuals(params, data)
        autograd, flat = library(self.dtype)[0], Layout.of(params).flatten(params)
        if len(found) <= len(flat):
            return None, {"jacobian": np.stack([walk(unit) for unit in _units(found)])}
        push = autograd.make_jvp(of_flat)(flat)
        return None, {"jacobian": np.stack([push(unit)[1] for unit in _units(flat)], axis=1)}

    def _residuals(self, params: Arrays, data: Arrays) -> tuple[Any, Any, Any]:
        """The backward walk of the residuals, they themselves, and they as a function."""
        autograd, xp = library(self.dtype)
        residuals, layout = differentiated(self.problem, "jacobian"), Layout.of(params)
        flat = layout.flatten(params)

        def of_flat(x: Any) -> Any:
            return xp.reshape(residuals(xp, layout.views(x), data), (-1,))

        walk, found = autograd.core.make_vjp(of_flat, flat)
        return walk, found, of_flat

    def _loss(
        self, data: Arrays, restore: Callable[[Any], Arrays] | None = None
    ) -> Callable[[Any], Any]:
        """The loss of the parameters, or of what `restore` makes parameters of."""
        loss, (_, xp) = self.problem.loss, library(self.dtype)
        if restore is None:
            return lambda params: loss(xp, params, data)
        return lambda x: loss(xp, restore(x), data)


class BackwardOperators(HipsOperators):
    """Where a function of the loss has no forward rule: everything by backward walks."""

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """The gradient times the direction."""
        value, found = self.gradient(params, data)
        return value, {"jvp": sum(np.sum(found[name] * direction[name]) for name in params)}

    def jacobian(self, params: Arrays, data: Arrays) -> Found:
        """By rows."""
        walk, found, _ = self._residuals(params, data)
        return None, {"jacobian": np.stack([walk(unit) for unit in _units(found)])}


def _units(like: Any) -> Any:
    return np.eye(len(like), dtype=like.dtype)


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing but silence: autograd warns where no parameter enters, and the 0 is right."""
    warnings.filterwarnings("ignore", "Output seems independent of input")
    compute = method(HipsOperators(problem, setting.dtype), operator)
    encode = encoder(operator, setting.dtype)
    if operator in ("jvp", "jacobian"):
        try:
            with np.errstate(all="ignore"):
                compute(*encode(instance))
        except NotImplementedError:  # autograd has no forward rule for a function of the loss
            compute = method(BackwardOperators(problem, setting.dtype), operator)

    def decode(native: Found) -> Answer:
        value, derivative = native
        return Answer(
            None if value is None else np.array(value),
            # Some of autograd's rules, power's among them, have constants in float64.
            {name: np.array(array, setting.dtype) for name, array in derivative.items()},
        )

    return Prepared(encode, spread(compute), decode)


BACKEND = LibraryBackend(
    "autograd", "autograd", prepare, needs="autograd", train=on_arrays(prepare)
)
