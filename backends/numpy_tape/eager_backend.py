"""The backend `tape-eager`: the same rules without a trace, to read, and for losses that branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.backend import Counters, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import decoder, encoder
from gradparity.backends.numpy_tape.backend import too_large
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Arrays, Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing to prepare but the choice of function."""
    too_large(operator, instance)
    return Prepared(
        encoder(operator, setting.dtype),
        _function(problem, operator),
        decoder(operator, setting.dtype),
    )


def counters(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """How many primitives are applied in one run."""
    from gradparity.backends.numpy_tape.programs.counting import PrimitiveTally, boxed

    too_large(operator, instance)
    tally = PrimitiveTally()
    native = encoder(operator, setting.dtype)(instance)
    _function(problem, operator)(tuple(boxed(arrays, tally) for arrays in native))
    return {"tape_operations": tally.operations}


def _function(problem: Problem, operator: Operator) -> Callable[[tuple[Arrays, ...]], Any]:
    from gradparity.backends.numpy_tape.engine import derivatives

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

    return run


BACKEND = LibraryBackend(
    "tape-eager", "numpy", prepare, counters=counters, train=on_arrays(prepare)
)
