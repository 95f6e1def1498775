"""What a backend computes with: one class of operators, and how one of them is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from gradparity.backends.backend import OPERATORS, Operator, Unsupported, without_residuals
from gradparity.problems import Arrays, Loss, Problem

Found = tuple[Any, Arrays]
"""The usual result: the value, or None where there is none, and the derivative by name."""

Result = TypeVar("Result", covariant=True)


class OperatorMethods(Protocol[Result]):
    """The derivatives of one problem, in a backend's own arrays and results.

    What each method computes is said at `OPERATORS`.
    """

    @property
    def problem(self) -> Problem:
        """What is derived."""
        ...

    def value(self, params: Arrays, data: Arrays) -> Result:
        """The loss."""
        ...

    def gradient(self, params: Arrays, data: Arrays) -> Result:
        """The loss and its gradient."""
        ...

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Result:
        """The loss and its derivative along the direction."""
        ...

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Result:
        """The Hessian times the direction."""
        ...

    def hessian(self, params: Arrays, data: Arrays) -> Result:
        """The Hessian, (P, P)."""
        ...

    def jacobian(self, params: Arrays, data: Arrays) -> Result:
        """The Jacobian of the residuals, (m, P)."""
        ...


def method(operators: OperatorMethods[Result], operator: Operator) -> Callable[..., Result]:
    """The method that computes `operator`.

    Raises: Unsupported if the class has none, and for a Jacobian without residuals.
    """
    if operator not in OPERATORS or not hasattr(operators, operator):
        raise Unsupported(f"{type(operators).__name__} has no operator {operator!r}")
    differentiated(operators.problem, operator)
    found: Callable[..., Result] = getattr(operators, operator)
    return found


def spread(compute: Callable[..., Result]) -> Callable[[tuple[Arrays, ...]], Result]:
    """`compute` of one tuple of arguments, as `Prepared.run` is called."""
    return lambda native: compute(*native)


def differentiated(problem: Problem, operator: Operator) -> Loss:
    """What the operator differentiates: for a Jacobian the residuals, else the loss.

    Raises: Unsupported for a Jacobian where the problem states no residuals.
    """
    if operator != "jacobian":
        return problem.loss
    if problem.residuals is None:
        raise Unsupported(without_residuals(problem, operator))
    return problem.residuals
