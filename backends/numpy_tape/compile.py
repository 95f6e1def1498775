"""Trace once, replay: a loss, at the shapes of its arrays, as a NumPy function without overhead.

    compiled = compile_operator("gradient", loss, params, data)
    value, gradient = compiled.run(params, data)
    print(compiled.source)

What is returned lies in buffers that the next run overwrites; arguments are never changed. The
arrays given to `compile_operator` say shapes and dtypes only; their values are not read.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gradparity.backends.numpy_tape.programs.columns import in_columns
from gradparity.backends.numpy_tape.programs.fusion import fused
from gradparity.backends.numpy_tape.programs.loop_fission import distributed
from gradparity.backends.numpy_tape.programs.program import Program
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.programs.trace import trace
from gradparity.backends.numpy_tape.source.emit import FUNCTION, Emitted, emit
from gradparity.backends.numpy_tape.source.emit_loops import emit_loops
from gradparity.backends.numpy_tape.source.emit_scalars import emit_scalars
from gradparity.backends.numpy_tape.source.loop_plan import plan
from gradparity.backends.numpy_tape.source.row_plan import in_rows
from gradparity.backends.numpy_tape.source.scalars import expanded
from gradparity.problems import Arrays, Loss


@dataclass(frozen=True)
class Compiled:
    """A derivative of a loss, ready to run at one set of shapes and dtypes.

    source: a Python module that needs numpy only, with the function `function`.
    run: that function: (params, data), for jvp and hvp (params, data, direction), to its answer.
    operations: primitive calls in the simplified program. bytes: of all buffers.
    """

    source: str
    function: str
    run: Callable[..., Any]
    operations: int
    bytes: int


def compile_operator(
    operator: str, loss: Loss, params: Arrays, data: Arrays, title: str = ""
) -> Compiled:
    """`operator` of a loss (of residuals, for "jacobian"): see `trace`.

    Raises: InputError if the loss reads values, leaves the whitelist, or is not a scalar.
    """
    with _no_collection():
        return compile_program(simplified(trace(operator, loss, params, data)), operator, title)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let Python's cyclic collector rest while a program is prepared.

    Graphs have no cycles. It would look at all of them again and again as they grow, which takes a
    third of the time of preparing a long one.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def compile_program(program: Program, operator: str, title: str = "") -> Compiled:
    """A simplified program, in the form that runs fastest."""
    emitted = _emitted(program, operator, title or "A derivative.")
    operations = program.operations
    del program  # Python's compiler takes five times as much memory: not both at a time.
    return Compiled(
        emitted.source,
        FUNCTION[operator],
        load(emitted.source, FUNCTION[operator]),
        operations,
        emitted.bytes,
    )


def _emitted(program: Program, operator: str, title: str) -> Emitted:
    # On floats a value is returned as a number; residuals are an array.
    whole = any(program.outputs[n].shape for n in ("value", "jvp") if n in program.outputs)
    entries = None if whole else expanded(program)
    if entries is not None:
        return emit_scalars(program, entries, operator, title)
    cut = distributed(program)
    flat = fused(in_columns(program if cut is program else simplified(cut)))
    rows, loops = in_rows(flat), plan(flat)
    if rows is not None:
        return emit_loops(*rows, operator, title)
    if loops is not None:
        return emit_loops(flat, loops, operator, title)
    return emit(flat, operator, title)


def load(source: str, function: str) -> Callable[..., Any]:
    """The function of that name in a module's source."""
    names: dict[str, Any] = {}
    exec(compile(source, f"<{function} by gradparity>", "exec"), names)
    return names[function]  # type: ignore[no-any-return]
