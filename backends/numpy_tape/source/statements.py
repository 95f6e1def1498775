"""How each primitive is written as a NumPy statement: write(writer, node)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from gradparity.backends.numpy_tape.primitives.scalar_form import ScalarForm
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, RECORDS
from gradparity.backends.numpy_tape.programs.builder import number
from gradparity.backends.numpy_tape.programs.program import Node, Operand
from gradparity.backends.numpy_tape.source.buffers import FOREVER, dtype_argument, dtype_text
from gradparity.backends.numpy_tape.source.indexing_statements import INDEXING
from gradparity.backends.numpy_tape.source.literals import factor, identifier, literal
from gradparity.backends.numpy_tape.source.product_statements import PRODUCTS, vdot
from gradparity.backends.numpy_tape.source.scan_statements import scan_by
from gradparity.backends.numpy_tape.source.writer import Writer
from gradparity.problems.namespace import require

Write = Callable[[Writer, Node], None]

SHORT = 4096
"""Entries up to which the overhead of a call counts."""
INFIX = {
    name: f.scalar.sign
    for name, f in ELEMENTWISE.items()
    if isinstance(f.scalar, ScalarForm) and f.scalar.sign
}


def write(w: Writer, node: Node) -> None:
    """Append the statements that compute a node."""
    if node.shape == () and (node.name in ELEMENTWISE or node.name in _SCALARS):
        _scalar(w, node)
    else:
        STATEMENTS[node.name](w, node)


def _ufunc(w: Writer, node: Node) -> None:
    operands = [w.ref(x) for x in node.inputs]
    out = w.out(node, node.inputs)
    given = [operand(w, x, node, node.size) for x in node.inputs]
    w.say(call(node.name, given, out), f"{out} = {formula(node.name, operands)}")


def operand(w: Writer, x: Operand, node: Node, size: int) -> str:
    """An operand; a number as an array of shape (), which saves a short call a third of its time.

    A Python number would take the dtype of the other operand: so does the array.
    """
    if isinstance(x, Node) or size > SHORT:
        return w.ref(x)
    dtype = next((y.dtype for y in node.nodes), None)
    if dtype is None or dtype.kind != "f":
        return w.ref(x)
    if not isinstance(x, float | int) or not math.isfinite(x):
        return w.ref(x)
    hint = re.sub(r"\W", "_", f"c_{x:g}".replace("-", "minus_"))
    return w.fixed(f"np.array({literal(float(x))}{dtype_argument(dtype)})", hint)


def formula(name: str, x: list[str]) -> str:
    """The mathematics of an elementwise primitive, for a comment."""
    if name in INFIX:
        return f"{x[0]} {INFIX[name]} {x[1]}"
    if name in _SIGNS:
        return _SIGNS[name].format(x[0])
    if name == "logaddexp" and x[1] in ("0", "0.0"):
        return f"ln(1 + e^{x[0]})"
    return f"{name}({', '.join(x)})"


_SIGNS = {"negative": "-{}", "square": "{}²", "abs": "|{}|"}


def call(name: str, operands: list[str], out: str) -> str:
    """A call that writes to `out`: of a ufunc, or of a function that has no such argument."""
    if not isinstance(ELEMENTWISE[name].numpy, np.ufunc):
        return f"{out}[...] = {ELEMENTWISE[name].source}({', '.join(operands)})"
    # NumPy asks for the keyword with these two; elsewhere the position is quicker.
    keyword = "out=" if name in ("maximum", "minimum") else ""
    return f"{ELEMENTWISE[name].source}({', '.join(operands)}, {keyword}{out})"


def _assigned(w: Writer, node: Node) -> None:
    out = w.out(node)
    w.say(f"{out}[...] = {w.ref(node.inputs[0])}")


def _called(w: Writer, node: Node) -> None:
    """A function that returns an array of its own."""
    w.say(f"{w.out(node)}[...] = {_call_of(node, [w.ref(x) for x in node.inputs])}")


def _call_of(node: Node, operands: list[str]) -> str:
    """The call of a function that has no `out`; statics are keywords."""
    found = RECORDS.get(node.name)
    function = ELEMENTWISE[node.name].source if found is None else found.written
    keywords = [f"{name}={value!r}" for name, value in node.static.items()]
    return f"{function}({', '.join([*operands, *keywords])})"


def _where(w: Writer, node: Node) -> None:
    c, x, y = node.inputs
    condition, first, second = (w.ref(operand) for operand in node.inputs)
    if number(y) == 0.0 and isinstance(x, Node) and _bounded(x):
        out = w.out(node, (x,))
        w.say(f"np.multiply({first}, {condition}, {out})", f"{first} where {condition}, else 0")
        return
    reused = isinstance(y, Node) and y is not x and y is not c
    out = w.out(node, (y,) if reused else ())
    if out != second:
        w.say(f"{out}[...] = {second}")
    w.say(f"np.copyto({out}, {first}, where={condition})")


def _bounded(x: Node) -> bool:
    """Whether x is a product of matrices, which a mask may multiply: not an infinity by design."""
    return x.name == "matmul"


def _scalar(w: Writer, node: Node) -> None:
    """A number: Python's operators on NumPy's scalars, which divide by zero as arrays do."""
    texts = [w.ref(x) if isinstance(x, Node) else factor(x) for x in node.inputs]
    form = ELEMENTWISE[node.name].scalar if node.name in _ON_NUMBERS else None
    if isinstance(form, ScalarForm):
        text = form.text.format(*texts)
        if node.name == "where" and not all(isinstance(x, Node) for x in node.inputs[1:]):
            text = f"{dtype_text(node.dtype)}({text})"
    elif node.name == "astype":
        text = f"{texts[0]}.astype({dtype_text(node.dtype)})"
    elif node.name == "vdot":
        text = vdot(w, *node.inputs)
    elif node.name == "reshape":
        text = f"{texts[0]}[{', '.join('0' for _ in node.inputs[0].shape)}]"
    else:
        text = f"{ELEMENTWISE[node.name].source}({', '.join(texts)})"
    w.local(node, text)


def _reshape(w: Writer, node: Node) -> None:
    x = node.inputs[0]
    if x.shape == ():
        _assigned(w, node)
        return
    base = w.place(x)
    if base.fixed and not base.contiguous:
        out = w.out(node)
        inner = w.fixed(f"{out}.reshape({x.shape})", f"{out}_from")
        w.say(f"{inner}[...] = {base.text}")
        return
    column = len(node.shape) == 2 and node.shape[1] == 1 and len(x.shape) == 1
    row = len(node.shape) == 2 and node.shape[0] == 1 and len(x.shape) == 1
    key = "[:, None]" if column else "[None, :]" if row else f".reshape({node.shape})"
    hint = "column" if column else "row" if row else "reshaped"
    w.view(node, f"{base.text}{key}", hint, contiguous=True)


def _transpose(w: Writer, node: Node) -> None:
    axes = node.static["axes"]
    swap = axes == tuple(reversed(range(len(axes))))
    text = w.ref(node.inputs[0])
    w.view(node, f"{text}.T" if swap else f"{text}.transpose({axes})", "t", contiguous=False)


def _broadcast_to(w: Writer, node: Node) -> None:
    if node.inputs[0].shape == ():
        _assigned(w, node)
        return
    text = f"np.broadcast_to({w.ref(node.inputs[0])}, {node.shape})"
    w.view(node, text, "wide", contiguous=False)


def _flip(w: Writer, node: Node) -> None:
    text = f"np.flip({w.ref(node.inputs[0])}, {node.static['axis']})"
    w.view(node, text, "flipped", contiguous=False)


def _roll(w: Writer, node: Node) -> None:
    shift, axis = node.static["shift"], node.static["axis"]
    text = w.ref(node.inputs[0])
    w.say(f"{w.out(node)}[...] = np.roll({text}, {shift}, {axis})")


def _concat(w: Writer, node: Node) -> None:
    texts = ", ".join(w.ref(x) for x in node.inputs)
    comma = "," if len(node.inputs) == 1 else ""
    w.say(f"np.concatenate(({texts}{comma}), {node.static['axis']}, {w.out(node)})")


def deliver(w: Writer, name: str, node: Node, taken: set[int | None]) -> str:
    """The text of an output, in a buffer of its own that no argument and no output shares."""
    place = None if number(node) is not None else w.place(node)
    if place is not None and node.shape == () and name in ("value", "jvp"):
        return place.text
    own = place is not None and place.root is not None and place.contiguous
    if place is not None and own and place.root not in taken:
        taken.add(place.root)
        return place.text
    if name in ("value", "jvp") and node.shape == ():
        return w.ref(node) if place else f"{dtype_text(node.dtype)}({literal(number(node))})"
    copy = w.buffers.take(node, FOREVER, identifier(name), dedicated=True)
    w.say(f"{copy.text}[...] = {literal(number(node)) if place is None else place.text}")
    return copy.text


_SCALARS = frozenset(("vdot", "reshape"))
_ON_NUMBERS = frozenset((*INFIX, "negative", "square", "where"))
"""What NumPy's scalars do by Python's own operators."""

STATEMENTS: dict[str, Write] = {
    **{name: _ufunc for name, of in ELEMENTWISE.items() if isinstance(of.numpy, np.ufunc)},
    **{n: _called for n, of in ELEMENTWISE.items() if of.source.startswith("special.")},
    **dict.fromkeys(RECORDS, _called),
    "where": _where,
    "astype": _assigned,
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "flip": _flip,
    "roll": _roll,
    "concat": _concat,
    **INDEXING,
    **PRODUCTS,
    "scan": scan_by(write),
}
require(
    "STATEMENTS in backends/numpy_tape/source/statements.py",
    STATEMENTS,
    {**ELEMENTWISE, **ON_ARRAYS},
)
