"""The backend `tape`: our own automatic differentiation, traced once and replayed as NumPy code."""

from __future__ import annotations

from gradparity.backends.backend import Counters, Operator, Prepared, Setting, Unsupported
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.numpy_native import cast, decoder, encoder
from gradparity.backends.operators import differentiated, spread
from gradparity.backends.training_step import on_arrays
from gradparity.problems import Instance, Problem

MOST_ENTRIES = 4_000_000
"""Of a Hessian: 32 MB in float64; its program holds several arrays of that size."""


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Trace the loss at the instance's shapes and emit its program.

    Raises: InputError if the loss reads values (`if x > 0`): `tape-eager` can run that.
    """
    from gradparity.backends.numpy_tape.compile import compile_operator

    too_large(operator, instance)
    loss = differentiated(problem, operator)
    params, data = cast(instance.params, setting.dtype), cast(instance.data, setting.dtype)
    replay = compile_operator(operator, loss, params, data).run

    return Prepared(
        encoder(operator, setting.dtype), spread(replay), decoder(operator, setting.dtype)
    )


def counters(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The program on paper (see `cost.py`), and the buffers of the code that runs."""
    from gradparity.backends.numpy_tape.compile import compile_program
    from gradparity.backends.numpy_tape.programs import cost
    from gradparity.backends.numpy_tape.programs.simplify import simplified
    from gradparity.backends.numpy_tape.programs.trace import trace

    too_large(operator, instance)
    loss = differentiated(problem, operator)
    params, data = cast(instance.params, setting.dtype), cast(instance.data, setting.dtype)
    program = simplified(trace(operator, loss, params, data))
    compiled = compile_program(program, operator)
    return {
        "tape_operations": compiled.operations,
        "tape_flops": cost.operations(program),
        "tape_bytes": cost.traffic(program),
        "tape_buffer_bytes": compiled.bytes,
    }


def too_large(operator: Operator, instance: Instance) -> None:
    """Raise Unsupported for a Hessian that nobody would want in memory."""
    if operator == "hessian" and instance.parameters**2 > MOST_ENTRIES:
        raise Unsupported(
            f"a Hessian of {instance.parameters:,} parameters has {instance.parameters**2:.1e} "
            "entries; ask for hvp"
        )


BACKEND = LibraryBackend(
    "tape", "numpy", prepare, compiled=True, counters=counters, train=on_arrays(prepare)
)
