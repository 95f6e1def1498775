"""A loop of a few numbers a step, written on Python floats: a function that has the whole loop.

    def loop(w, carried, x, tanh=math.tanh):
        carried_0, carried_1 = carried
        kept = [*carried]
        for x_0, x_1 in x:
            ...
            carried_0, carried_1 = t1, t2
            kept += carried_0, carried_1
        return [*kept]

It takes lists and returns the entries of the loop's vector, in their order. Python raises where
NumPy answers with infinity or NaN: a loop that may raise is done in arrays where it does.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.loop_body import Body
from gradparity.backends.numpy_tape.programs.program import Node, Program, needed
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.source.expressions import Expressions
from gradparity.backends.numpy_tape.source.literals import identifier
from gradparity.backends.numpy_tape.source.scalar_arguments import assigned, wrapped
from gradparity.backends.numpy_tape.source.scalars import CALLS, FUNCTIONS, expanded
from gradparity.backends.numpy_tape.source.writer import RESERVED, Writer

OWN = re.compile(r"t\d+|kept_\d+|sum_\d+_\d+")
"""What the function calls its own."""
INDENT = 12
"""Columns in front of what is in the loop."""


def scalar_loop(w: Writer, node: Node) -> tuple[str, bool] | None:
    """The text of the loop's entries, and whether to compute it may raise.

    The function that it calls is made in the set-up. None where arrays are quicker.
    """
    bodies, length = node.static["bodies"], node.static["length"]
    body: Body = bodies[0]
    if len(bodies) > 1 or length == 1:
        return None
    outputs = body.program.outputs
    step = simplified(Program(body.graph, outputs))
    if any(n.dtype != np.float64 for n in step.nodes if n.dtype.kind == "f"):
        return None
    entries = expanded(step) if all(x.dtype == np.float64 for x in body.results) else None
    if entries is None:
        return None
    ends = [x for name in outputs for x in entries[name].flat]
    loop = _Loop(w, body, ends)
    results = {name: [loop.text.operand(x, 0) for x in entries[name].flat] for name in outputs}
    name = loop.written(list(results.values()))
    given = [_listed(w, x, y) for x, y in zip(body.arguments, node.inputs, strict=True)]
    rows = len(body.consts) + len(body.carry)
    given[rows:] = [
        _rows(w, x, y, length) for x, y in zip(body.xs, node.inputs[rows:], strict=True)
    ]
    raising = any(x.name == "divide" or x.name in FUNCTIONS for x in loop.nodes)
    return f"{name}({', '.join([*given, str(length)])})", raising


def _listed(w: Writer, x: Node, given: Any) -> str:
    """An argument as a list of Python numbers; a number as such."""
    if x.shape == ():
        return f"{ {'f': 'float', 'b': 'bool'}.get(x.dtype.kind, 'int') }({w.ref(given)})"
    flat = "" if len(x.shape) == 1 else ".reshape(-1)"
    return f"{w.ref(given)}{flat}.tolist()"


def _rows(w: Writer, x: Node, given: Any, length: int) -> str:
    """A sequence as a list of numbers, or of lists of them."""
    shape = (length,) if x.shape == () else (length, x.size)
    flat = "" if given.shape == shape else f".reshape({', '.join(map(str, shape))})"
    return f"{w.ref(given)}{flat}.tolist()"


class _Loop:
    """The function while it is written. labels: of the entries of each argument."""

    def __init__(self, w: Writer, body: Body, ends: list[Any]) -> None:
        self.w, self.body = w, body
        self.taken = {*RESERVED, *CALLS}
        self.nodes = needed(x for x in ends if isinstance(x, Node))
        self.stems: list[str] = []
        self.labels: list[list[str]] = []
        for x in body.arguments:
            self._call(x)
        named = {
            x.static["name"]: labels for x, labels in zip(body.arguments, self.labels, strict=True)
        }
        names = {
            x.number: named[x.static["name"]][x.static["place"]]
            for x in self.nodes
            if x.name == "input"
        }
        self.read = set(names.values())
        self.text = Expressions(names, ends)
        for x in self.nodes:
            if x.name != "input":
                self.text.write(x)

    def _call(self, x: Node) -> None:
        """Find names for an argument and its entries that nothing else has."""
        stem = identifier(x.static["name"])
        while True:
            labels = [stem] if x.shape == () else [f"{stem}_{i}" for i in range(x.size)]
            names = {stem, *labels}
            if not names & self.taken and not any(map(OWN.fullmatch, names)):
                break
            stem += "_"
        self.taken |= names
        self.stems.append(stem)
        self.labels.append(labels)

    def written(self, results: list[list[str]]) -> str:
        """The name of the function, which the set-up makes."""
        body = self.body
        k, c = len(body.consts), len(body.consts) + len(body.carry)
        m, n = len(body.carried), len(body.carried) + len(body.ys)
        carry = self.labels[k:c]
        kept = [f"kept_{i}" for i in range(n)]
        sums = [[f"sum_{i}_{j}" for j in range(len(x))] for i, x in enumerate(results[n:])]
        functions = [f"{f}={CALLS[f]}" for f in self.text.functions]
        name = self.w.name("loop")
        lines = wrapped(f"def {name}(", [*self.stems, "length", *functions], "):", 4)
        head = [
            line
            for stem, labels, x in zip(
                self.stems[:c], self.labels[:c], body.arguments, strict=False
            )
            if x.shape != () and (self.read & {*labels} or labels in carry)
            for line in _unpacked(labels, stem, 8)
        ]
        for place, labels in enumerate(carry):
            head += wrapped(f"{kept[place]} = [", labels, "]", 8)
        head += [f"{name} = []" for name in kept[m:]]
        head += [f"{x} = 0.0" for labels in sums for x in labels]
        inner = [*self.text.lines]
        for name_of, row in zip(kept[m:], results[m:n], strict=True):
            inner += _appended(name_of, row)
        for labels, shares in zip(sums, results[n:], strict=True):
            inner += [f"{x} += {share}" for x, share in zip(labels, shares, strict=True)]
        if carry:
            inner += assigned(_flat(carry), ", ".join(_flat(results[:m])), INDENT)
        for name_of, row in zip(kept[:m], carry, strict=True):
            inner += _appended(name_of, row)
        lines += [f"    {line}" for line in [*head, self._head(c)]]
        lines += [f"        {line}" for line in inner]
        every = [*(f"*{x}" for x in kept), *(x for labels in sums for x in labels)]
        lines += [f"    {line}" for line in wrapped("return [", every, "]", 8)]
        self.w.setup += lines
        return name

    def _head(self, first: int) -> str:
        """The head of the loop, over those sequences that a step reads."""
        read = [
            (stem, labels)
            for stem, labels in zip(self.stems[first:], self.labels[first:], strict=True)
            if self.read & {*labels}
        ]
        if not read:
            return "for _ in range(length):"
        targets = [
            labels[0] if labels == [stem] else f"[{', '.join(labels)}]" for stem, labels in read
        ]
        stems = [stem for stem, _ in read]
        rows = stems[0] if len(read) == 1 else f"zip({', '.join(stems)}, strict=True)"
        return f"for {', '.join(targets)} in {rows}:"


def _flat(rows: list[list[str]]) -> list[str]:
    return [x for row in rows for x in row]


def _unpacked(labels: list[str], name: str, indent: int) -> list[str]:
    """An assignment of a list's entries to all labels at once."""
    return [f"({labels[0]},) = {name}"] if len(labels) == 1 else assigned(labels, name, indent)


def _appended(name: str, row: list[str]) -> list[str]:
    if len(row) == 1:
        return [f"{name}.append({row[0]})"]
    return wrapped(f"{name} += (", row, ")", INDENT)
