"""A program as the source of a self-contained NumPy module.

The module has a function `make()` that allocates the buffers and returns the function that does the
work, and makes one such function under its public name. It needs nothing but numpy. The functions
that `compile.py` runs are made from this very text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain, compress

from gradparity.backends.numpy_tape.programs.program import (
    Program,
    forward_first,
    inputs_of,
    needed,
)
from gradparity.backends.numpy_tape.source.buffers import Place
from gradparity.backends.numpy_tape.source.literals import documented, identifier, quoted
from gradparity.backends.numpy_tape.source.statements import deliver, write
from gradparity.backends.numpy_tape.source.writer import Writer

FUNCTION = {
    "value": "value",
    "gradient": "value_and_gradient",
    "jvp": "value_and_jvp",
    "hvp": "hessian_times",
    "hessian": "hessian",
    "jacobian": "jacobian",
}
"""Operator -> the public function of the module."""

RETURNS = {
    "value": "The value of the loss",
    "gradient": "The value of the loss, and its gradient by parameter",
    "jvp": "The value, and its derivative along a direction",
    "hvp": "The Hessian of the loss times a direction, by parameter",
    "hessian": "The Hessian of the loss: parameters flattened, one behind the other",
    "jacobian": "The Jacobian: residuals by parameters, both flattened",
}


WIDTH = 100
"""Characters of a line of emitted code."""
IMPORTS = {
    "math": "import math",
    "np": "import numpy as np",
    "matrices": "from gradparity.problems.matrices import functions as matrices",
    "special": "from gradparity.problems.special import functions as special",
}
"""What emitted code calls, by the name that it has there."""
MANY = 1000
"""Lines of a set-up from which Python's compiler takes notice of how many they are."""


@dataclass(frozen=True)
class Emitted:
    """source: the module. bytes: of all buffers."""

    source: str
    bytes: int


def emit(program: Program, operator: str, title: str) -> Emitted:
    """The module that computes `program`, which traces `operator`; title: of its docstring."""
    program = forward_first(program)
    w = Writer(program)
    local_inputs(w, program)
    forward = needed([program.outputs["value"]]) if "value" in program.outputs else []
    ahead = {node.number for node in forward}
    backward = False
    for node in w.nodes:
        if not backward and ahead and node.number not in ahead and node.name not in ("input",):
            backward = backward_starts(w, operator)
        if node.number not in w.places and node.name not in ("full", "arange", "constant"):
            write(w, node)
        w.buffers.release(node.number)
    taken: set[int | None] = set()
    texts = {name: deliver(w, name, end, taken) for name, end in program.outputs.items()}
    answer = result(w, operator, texts)
    return Emitted(finished(w, answer, operator, title), w.buffers.bytes)


def finished(w: Writer, answer: str, operator: str, title: str) -> str:
    """The module's source, with the names of all buffers."""
    parts = ["\n".join(w.setup), "\n".join(w.body), answer]
    setup, body, answer = w.buffers.named(parts, w.names.taken)
    lines = setup.split("\n") if setup else []
    return module(lines, body.split("\n"), answer, operator, title, arguments(operator))


def backward_starts(w: Writer, operator: str) -> bool:
    """Mark where the backward pass starts."""
    if operator == "gradient":
        w.body.append("")
        w.body.append("# Backward: derivatives of the value, from the end to the start.")
    return True


def arguments(operator: str) -> str:
    """The arguments of the public function."""
    return "params, data, direction" if operator in ("jvp", "hvp") else "params, data"


def local_inputs(w: Writer, program: Program) -> None:
    """Give every argument that is used a local name."""
    for node in inputs_of(program):
        group, key = node.static["group"], node.static["name"]
        name = w.name(identifier(f"v_{key}" if group == "direction" else key))
        number = "[()]" if node.shape == () else ""
        w.body.append(f"{name} = {group}[{quoted(key)}]{number}")
        w.places[node.number] = Place(name)


def result(w: Writer, operator: str, texts: dict[str, str]) -> str:
    """The expression to return; a dict of buffers is made once, in the set-up."""
    if operator == "value":
        return texts["value"]
    if operator == "jvp":
        return f"{texts['value']}, {texts['jvp']}"
    if operator in ("hessian", "jacobian"):
        return texts[operator]
    prefix = {"gradient": "d_", "hvp": "hvp_"}[operator]
    entries = {n[len(prefix) :]: text for n, text in texts.items() if n.startswith(prefix)}
    w.setup.append("answer = {")
    w.setup += [f"    {quoted(name)}: {text}," for name, text in entries.items()]
    w.setup.append("}")
    return f"{texts['value']}, answer" if operator == "gradient" else "answer"


ALIGNED = '''def aligned(length, dtype=np.float64):
    """An uninitialised vector that starts on a cache line: up to a quarter faster."""
    size = np.dtype(dtype).itemsize
    raw = np.empty(length + 64 // size, dtype)
    start = -raw.ctypes.data % 64 // size
    return raw[start : start + length]
'''


ALONE = '''def inner(x, y):
    """Σ x y, on the thread that calls: beyond 10,000 numbers OpenBLAS wakes others, which spin."""
    total = 0.0
    for a in range(0, x.size, 10_000):
        total += float(np.dot(x[a : a + 10_000], y[a : a + 10_000]))
    return x.dtype.type(total)
'''


def module(
    setup: list[str], body: list[str], answer: str, operator: str, title: str, given: str
) -> str:
    """The source of the module."""
    function = FUNCTION[operator]
    setup, body = without_unused(setup, [*body, f"return {answer}"])
    inside = "\n".join([*setup, *body])
    before = [
        line
        for called, text in (("aligned(", ALIGNED), ("inner(", ALONE))
        if _has(called, inside)
        for line in [*text.split("\n"), ""]
    ]
    inside += "".join(before)
    modules = [name for name in IMPORTS if _has(f"{name}.", inside)]
    lines = [*heading(title, modules), *before]
    lines += ["def make():", '    """Allocate the buffers; return the function that uses them."""']
    if not setup or setup[0].startswith("def "):
        lines.append("")
    if sum(not line.startswith(" ") for line in setup) > MANY:
        # CPython writes a line for each name that `make` shares in front of its first block, and
        # moves that block each time: it should be short.
        setup = ["for _ in range(1):  # a block of its own", *(f"    {line}" for line in setup)]
    lines += [f"    {line}" if line.strip() else "" for line in setup]
    if setup:
        lines.append("")
    lines.append(f"    def {function}({given}):")
    lines += [f"        {line}" if line else "" for line in [*description(operator), *body]]
    lines += ["", f"    return {function}", "", "", f"{function} = make()", ""]
    return "\n".join(shortened(line) for line in lines)


def _has(start: str, text: str) -> bool:
    """Whether a word of the text starts so: where nothing does, a search takes long to find it."""
    return start in text and re.search(rf"\b{re.escape(start)}", text) is not None


def shortened(line: str) -> str:
    """The line without its comment, if it would be too long with it."""
    return line.partition("  # ")[0] if len(line) > WIDTH else line


def heading(title: str, modules: list[str]) -> list[str]:
    """The module's docstring and imports."""
    needs = "numpy and gradparity" if {"special", "matrices"} & set(modules) else "numpy only"
    lines = [
        '"""' + documented(title),
        "",
        f"Written by gradparity from the loss alone; needs {needs}.",
        '"""',
    ]
    for name in modules:
        lines += ["", IMPORTS[name]]
    return [*lines, "", ""]


def description(operator: str) -> list[str]:
    """The function's docstring."""
    return [f'"""{RETURNS[operator]}.', "", "Arrays are overwritten by the next call.", '"""']


def without_unused(setup: list[str], body: list[str]) -> tuple[list[str], list[str]]:
    """The lines without assignments to names that nothing reads."""
    lines = [*setup, *body]
    count = Counter(chain.from_iterable(map(WORD.findall, lines)))
    found = map(ASSIGNED.match, lines)
    target = {place: match[1] for place, match in enumerate(found) if match is not None}
    where = {name: place for place, name in target.items()}
    unused = [place for place, name in target.items() if count[name] == 1]
    gone = set(unused)
    while unused:
        for word in WORD.findall(lines[unused.pop()]):
            count[word] -= 1
            place = where.get(word, -1)
            if count[word] == 1 and place not in gone and place >= 0:
                gone.add(place)
                unused.append(place)
    kept = [place not in gone for place in range(len(lines))]
    first = len(setup)
    return [*compress(setup, kept[:first])], [*compress(body, kept[first:])]


WORD = re.compile(r"\w+")
ASSIGNED = re.compile(r"(\w+) = (?!\[$)")
