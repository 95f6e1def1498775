"""The backend `tape-eager`: the same rules without a trace, to read, and for losses that branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradparity.backends.backend import Counters, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import decoder, encoder
from gradparity.backends.numpy_tape.backend import too_large
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.operators import differentiated, method, spread
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Arrays, Instance, Problem


@dataclass(frozen=True, slots=True)
class EagerOperators:
    """Every operator by `engine/derivatives.py`; results as `numpy_native.decoder` takes them."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Any:
        """The loss on the tape, which is not walked."""
        return derivatives.value(self.problem.loss, params, data)

    def gradient(self, params: Arrays, data: Arrays) -> Any:
        """Reverse mode."""
        return derivatives.value_and_gradient(self.problem.loss, params, data)

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Any:
        """Forward mode."""
        return derivatives.jvp(self.problem.loss, params, data, direction)

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Any:
        """Forward over reverse."""
        return derivatives.hvp(self.problem.loss, params, data, direction)

    def hessian(self, params: Arrays, data: Arrays) -> Any:
        """The hvp along all unit directions, many at once."""
        return derivatives.hessian(self.problem.loss, params, data)

    def jacobian(self, params: Arrays, data: Arrays) -> Any:
        """By rows (reverse mode) or columns (forward mode), whichever are fewer."""
        return derivatives.jacobian(differentiated(self.problem, "jacobian"), params, data)


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing to prepare but the choice of function."""
    too_large(operator, instance)
    return Prepared(
        encoder(operator, setting.dtype),
        spread(method(EagerOperators(problem), operator)),
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
    method(EagerOperators(problem), operator)(*(boxed(arrays, tally) for arrays in native))
    return {"tape_operations": tally.operations}


BACKEND = LibraryBackend(
    "tape-eager", "numpy", prepare, counters=counters, train=on_arrays(prepare)
)
