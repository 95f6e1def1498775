"""The backend `torch-func`: the function transforms of `torch.func`, eager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradparity.backends.backend import DEVICES, LOW_DTYPES, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.operators import Found
from gradparity.backends.torch_autograd.namespace import library, twice_derived
from gradparity.backends.torch_autograd.operators import (
    ROWS,
    BackwardJvp,
    absent,
    as_tangent,
    columns,
    dispatched,
    flattened,
    prepared,
    residuals_of_flat,
)
from gradparity.backends.torch_autograd.step import trains
from gradparity.problems import Arrays, Instance, Problem


@dataclass(frozen=True, slots=True)
class TransformOperators:
    """Every operator by transforms of `torch.func`."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Found:
        """The loss, without a graph."""
        torch, xp = library()
        with torch.no_grad():
            return self.problem.loss(xp, params, data), {}

    def gradient(self, params: Arrays, data: Arrays) -> Found:
        """Reverse mode."""
        torch, xp = library()
        of_loss = torch.func.grad_and_value(partial(self.problem.loss, xp))
        found, at = of_loss(params, data)
        return at, found

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward mode."""
        torch, xp = library()
        loss = self.problem.loss
        found, slope = torch.func.jvp(lambda p: loss(xp, p, data), (params,), (direction,))
        return found, {"jvp": as_tangent(slope, found)}

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward over reverse."""
        torch, _ = library()
        second = torch.func.jvp(self._gradient(data), (params,), (direction,))[1]
        return None, {name: as_tangent(second[name], x) for name, x in params.items()}

    def hessian(self, params: Arrays, data: Arrays) -> Found:
        """The hvp on all unit directions, `ROWS` at a time."""
        flat, restore = flattened(params)
        return None, {"hessian": columns(self._gradient(data, restore), flat)}

    def jacobian(self, params: Arrays, data: Arrays) -> Found:
        """By rows (reverse mode) or columns (forward mode), whichever are fewer."""
        torch, _ = library()
        flat, restore = flattened(params)
        of_flat = residuals_of_flat(self.problem, restore, data)
        with torch.no_grad():
            rows = len(of_flat(flat))
        if rows <= flat.numel():
            return None, {"jacobian": torch.func.jacrev(of_flat, chunk_size=ROWS)(flat)}
        return None, {"jacobian": columns(of_flat, flat)}

    def _gradient(
        self, data: Arrays, restore: Callable[[Any], Arrays] = lambda params: params
    ) -> Callable[[Any], Any]:
        """The gradient, to be derived again, of what `restore` makes parameters of."""
        loss, xp = self.problem.loss, twice_derived()
        gradient: Callable[[Any], Any] = library()[0].func.grad(
            lambda x: loss(xp, restore(x), data)
        )
        return gradient


class ReverseTwice(TransformOperators):
    """Where a kernel of the loss has no forward rule: reverse mode, for hvp and Hessian twice."""

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Gradient · direction."""
        return BackwardJvp(self.problem).jvp(params, data, direction)

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Reverse over reverse."""
        pulled = library()[0].func.vjp(self._gradient(data), params)[1]
        return None, pulled(direction)[0]

    def hessian(self, params: Arrays, data: Arrays) -> Found:
        """The hvp on all unit directions, `ROWS` at a time."""
        flat, restore = flattened(params)
        jacrev = library()[0].func.jacrev
        return None, {"hessian": jacrev(self._gradient(data, restore), chunk_size=ROWS)(flat)}


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Set the number of threads; see whether every kernel has the forward rules needed."""
    ways = TransformOperators(problem), ReverseTwice(problem)
    return prepared(*ways, operator, instance, setting)


BACKEND = LibraryBackend(
    "torch-func",
    "torch",
    prepare,
    needs="torch",
    counters=dispatched(prepare),
    low_dtypes=LOW_DTYPES,
    devices=DEVICES,
    probe=absent,
    train=trains(prepare),
)
