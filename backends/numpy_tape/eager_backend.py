"""The backend `tape-eager`: the same rules without a trace, to read, and for losses that branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backends.backend import LibraryBackend, Operator, Prepared, Setting
from backends.numpy_native import decoder, encoder
from backends.numpy_tape.backend import too_large
from problems import Arrays, Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing to prepare but the choice of function."""
    from backends.numpy_tape import derivatives

    too_large(operator, instance)
    functions: dict[Operator, Callable[..., Any]] = {
        "value": derivatives.value,
        "gradient": derivatives.value_and_gradient,
        "jvp": derivatives.jvp,
        "hvp": derivatives.hvp,
        "hessian": derivatives.hessian,
        "jacobian": derivatives.jacobian,
    }
    function = functions[operator]
    loss = problem.residuals if operator == "jacobian" else problem.loss
    assert loss is not None

    def run(native: tuple[Arrays, ...]) -> Any:
        return function(loss, *native)

    return Prepared(encoder(operator, setting.dtype), run, decoder(operator, setting.dtype))


BACKEND = LibraryBackend("tape-eager", "numpy", prepare)
