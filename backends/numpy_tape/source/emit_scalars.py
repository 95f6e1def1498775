"""A tiny program as the source of a module that computes on Python floats.

Python raises where NumPy answers with infinity or NaN. So the arithmetic is a function that takes
its mathematical functions as arguments: first on floats with those of `math`; if that raises, once
more on NumPy's scalars with NumPy's. Dtypes other than float64 always take NumPy's scalars.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import Node, Program, needed
from gradparity.backends.numpy_tape.source.buffers import dtype_argument, dtype_text
from gradparity.backends.numpy_tape.source.emit import Emitted, arguments, module
from gradparity.backends.numpy_tape.source.expressions import Expressions
from gradparity.backends.numpy_tape.source.literals import identifier, quoted
from gradparity.backends.numpy_tape.source.scalar_arguments import (
    ScalarArguments,
    assigned,
    returned,
    scalar_arguments,
    wrapped,
)
from gradparity.backends.numpy_tape.source.scalars import CALLS, FUNCTIONS


def emit_scalars(program: Program, outputs: dict[str, Any], operator: str, title: str) -> Emitted:
    """The module that computes `outputs`, arrays of scalar nodes, for `program`."""
    ends = {name: end for name, end in program.outputs.items() if name != "value"}
    entries = [x for name in program.outputs for x in outputs[name].flat]
    floats = all(n.dtype == np.float64 for n in program.nodes if n.dtype.kind == "f")
    dtype = next(iter(program.outputs.values())).dtype
    raising = any(
        node.name == "divide" or node.name in FUNCTIONS
        for node in needed(x for x in entries if isinstance(x, Node))
    )
    given = scalar_arguments(program, entries, guarded=raising and floats)
    text = Expressions(given.names, entries)
    _section(text, outputs, "value")
    if text.lines and operator == "gradient":
        text.lines.append("# Backward: derivatives of the value, from the end to the start.")
    _section(text, outputs, None)
    results = [_result(text, x, dtype) for x in entries]
    targets, setup = _targets(operator, ends, set(given.taken))
    if "value" in program.outputs:
        targets.insert(0, "value")
    if raising and floats:
        setup += [""] if setup else []
        setup += _formula(given, text, results)
        body = _guarded(given, text, targets, dtype)
    else:
        functions = [] if floats else [f"{f} = {_numpy(f, dtype)}" for f in text.functions]
        body = [*given.unpack, *functions, *text.lines]
        body += [f"{t} = {r}" for t, r in zip(targets, results, strict=True) if t != r]
    source = module(setup, body, _ANSWER[operator], operator, title, arguments(operator))
    return Emitted(source, sum(end.size * end.dtype.itemsize for end in ends.values()))


def _result(text: Expressions, x: Any, dtype: Any) -> str:
    known = not isinstance(x, Node) and dtype != np.float64
    return f"{dtype_text(dtype)}({text.operand(x, 0)})" if known else text.operand(x, 0)


def _numpy(function: str, dtype: Any) -> str:
    """What a formula calls on NumPy's scalars."""
    return dtype_text(dtype) if function == "number" else ELEMENTWISE[function].source


def _formula(given: ScalarArguments, text: Expressions, results: list[str]) -> list[str]:
    """The arithmetic as a function of its numbers and its functions."""
    defaults = [f"{f}={CALLS[f]}" for f in text.functions]
    lines = wrapped("def formula(", [*given.symbols, *defaults], "):", 4)
    return [*lines, *(f"    {line}" for line in [*text.lines, *returned(results, 8)])]


def _guarded(
    given: ScalarArguments, text: Expressions, targets: list[str], dtype: Any
) -> list[str]:
    """Call the formula on floats, and on NumPy's scalars where Python raises."""
    functions = [_numpy(f, dtype) for f in text.functions]
    again = f"formula({', '.join(['*scalars', *functions])})"
    return [
        *given.unpack,
        "try:",
        *(f"    {line}" for line in assigned(targets, f"formula({given.call})", 12)),
        "except (ArithmeticError, ValueError):",
        '    with np.errstate(all="ignore"):',
        f"        scalars = map({dtype_text(dtype)}, {given.collection})",
        *(f"        {line}" for line in assigned(targets, again, 16)),
    ]


def _section(text: Expressions, outputs: dict[str, Any], only: str | None) -> None:
    """Write what the named output needs, or what all need."""
    chosen = [outputs[only]] if only in outputs else [] if only else list(outputs.values())
    ends = [x for entries in chosen for x in entries.flat if isinstance(x, Node)]
    for node in needed(ends):
        if node.name != "input":
            text.write(node)
    for end in ends:
        current, rank = text.texts[end.number]
        if only and rank < 5:
            text.name(end, current, "value")


def _targets(operator: str, ends: dict[str, Node], taken: set[str]) -> tuple[list[str], list[str]]:
    """(what the entries are assigned to, lines of the set-up); `taken` names are left alone."""
    targets: list[str] = []
    setup: list[str] = []
    entries: list[tuple[str, str]] = []
    for name, end in ends.items():
        if operator == "jvp" and end.shape == ():
            targets.append("tangent")
            continue
        buffer = identifier(name)
        while buffer in taken:
            buffer += "_"
        taken.add(buffer)
        setup.append(f"{buffer} = np.empty({end.shape}{dtype_argument(end.dtype)})")
        keys = (", ".join(map(str, index)) or "()" for index in np.ndindex(end.shape))
        targets += [f"{buffer}[{key}]" for key in keys]
        entries.append((name.removeprefix("d_").removeprefix("hvp_"), buffer))
    if operator in ("gradient", "hvp"):
        setup.append("answer = {")
        setup += [f"    {quoted(name)}: {buffer}," for name, buffer in entries]
        setup.append("}")
    elif entries:
        setup.append(f"answer = {entries[0][1]}")
    return targets, setup


_ANSWER = {
    **{"value": "value", "gradient": "value, answer", "jvp": "value, tangent"},
    **dict.fromkeys(("hvp", "hessian", "jacobian"), "answer"),
}
