"""The backend `tape-eager`: the same rules without a trace, to read, and for losses that branch."""

from __future__ import annotations

from gradparity.backends.backend import Counters, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import decoder, encoder
from gradparity.backends.numpy_tape.backend import too_large
from gradparity.backends.operators import method, spread
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing to prepare but the choice of function."""
    from gradparity.backends.numpy_tape.eager_operators import EagerOperators

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
    from gradparity.backends.numpy_tape.eager_operators import EagerOperators
    from gradparity.backends.numpy_tape.programs.counting import PrimitiveTally, boxed

    too_large(operator, instance)
    tally = PrimitiveTally()
    native = encoder(operator, setting.dtype)(instance)
    method(EagerOperators(problem), operator)(*(boxed(arrays, tally) for arrays in native))
    return {"tape_operations": tally.operations}


BACKEND = LibraryBackend(
    "tape-eager", "numpy", prepare, counters=counters, train=on_arrays(prepare)
)
