"""How emitted code on Python floats reads its arguments, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.program import Node, Program, needed
from gradparity.backends.numpy_tape.source.literals import identifier, quoted
from gradparity.backends.numpy_tape.source.writer import RESERVED

FEW = 50
"""Characters of a list of names up to which arguments are unpacked by name."""
WIDTH = 100


_OWN = re.compile(r"t\d+|unused_\d+_\d+|scalars")
"""What the formulas call their own."""


@dataclass
class ScalarArguments:
    """names: input node number -> the entry's name. symbols: all names, in order.

    unpack: lines that give the arguments' entries these names. call: the text that hands them on.
    taken: every name that nothing else may have.
    """

    names: dict[int, str] = field(default_factory=dict)
    symbols: list[str] = field(default_factory=list)
    unpack: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=lambda: set(RESERVED))

    @property
    def few(self) -> bool:
        """Whether all names fit a line."""
        return len(", ".join(self.symbols)) < FEW

    @property
    def call(self) -> str:
        """The entries as the arguments of a call."""
        return ", ".join(self.symbols) if self.few else "*numbers"

    @property
    def collection(self) -> str:
        """The entries as a tuple."""
        if not self.few:
            return "numbers"
        return f"({', '.join(self.symbols)}{',' if len(self.symbols) == 1 else ''})"


def _labels(whole: Node, stem: str) -> list[str]:
    """What the entries of an argument are called."""
    return [stem] if whole.shape == () else [f"{stem}_{i}" for i in range(whole.size)]


def _free(names: set[str], taken: set[str]) -> bool:
    """Whether nothing else is called like one of these, results on the way included."""
    return not names & taken and not any(_OWN.fullmatch(name) for name in names)


def scalar_arguments(program: Program, entries: Iterable[Any], guarded: bool) -> ScalarArguments:
    """The arguments that `entries` depend on.

    guarded: the entries are handed on to a formula; if there are many, all together as `numbers`.
    """
    elements = [n for n in needed(x for x in entries if isinstance(x, Node)) if n.name == "input"]
    read = {(n.static["group"], n.static["name"]) for n in elements}
    result = ScalarArguments()
    wholes = [n for n in program.nodes if n.name == "input" and _key(n) in read]
    shown: list[tuple[Node, list[str]]] = []
    for whole in wholes:
        group, key = _key(whole)
        stem = identifier(f"v_{key}" if group == "direction" else key)
        while not _free({stem, *_labels(whole, stem)}, result.taken):
            stem += "_"
        labels = _labels(whole, stem)
        result.taken |= {stem, *labels}
        mine = {n.static["place"]: n.number for n in elements if _key(n) == (group, key)}
        result.names |= {mine[i]: label for i, label in enumerate(labels) if i in mine}
        result.symbols += [label for i, label in enumerate(labels) if i in mine]
        shown.append((whole, [label if i in mine else "_" for i, label in enumerate(labels)]))
    if guarded and not result.few:
        result.symbols = [
            label if label != "_" else f"unused_{i}_{j}"
            for i, (_, labels) in enumerate(shown)
            for j, label in enumerate(labels)
        ]
        lines = [f"    {'' if n.shape == () else '*'}{source(n)}," for n, _ in shown]
        result.unpack = ["numbers = (", *lines, ")"]
        return result
    for whole, labels in shown:
        if whole.shape == ():
            result.unpack.append(f"{labels[0]} = {source(whole)}")
        elif len(labels) == 1:
            result.unpack.append(f"({labels[0]},) = {source(whole)}")
        else:
            result.unpack += assigned(labels, source(whole), 8)
    return result


def _key(node: Node) -> tuple[str, str]:
    return node.static["group"], node.static["name"]


def source(whole: Node) -> str:
    """The entries of an argument: Python numbers, or NumPy scalars where those would round."""
    group, key = _key(whole)
    text = f"{group}[{quoted(key)}]"
    native = whole.dtype == np.float64 or whole.dtype.kind in "iub"
    if whole.shape == ():
        return f"{text}.item()" if native else f"{text}[()]"
    flat = text if len(whole.shape) == 1 else f"{text}.ravel()"
    return f"{flat}.tolist()" if native else flat


def wrapped(start: str, items: list[str], end: str, indent: int) -> list[str]:
    """A bracketed list on one line if it fits, else with an item a line, as ruff formats it."""
    line = f"{start}{', '.join(items)}{end}"
    if indent + len(line) <= WIDTH:
        return [line]
    return [start, *(f"    {item}," for item in items), end]


def returned(results: list[str], indent: int) -> list[str]:
    """A return statement."""
    line = f"return {', '.join(results)}"
    if len(line) + indent <= WIDTH:
        return [line]
    return ["return (", *(f"    {item}," for item in results), ")"]


def assigned(targets: list[str], value: str, indent: int) -> list[str]:
    """An assignment to several targets."""
    line = f"{', '.join(targets)} = {value}"
    if indent + len(line) <= WIDTH:
        return [line]
    return ["(", *(f"    {target}," for target in targets), f") = {value}"]


def comprehension(start: str, parts: list[str], indent: int) -> list[str]:
    """[part part ...] behind `start`, as ruff formats it: on one line, or inside on one, or not."""
    line = f"{start}[{' '.join(parts)}]"
    if len(line) + indent <= WIDTH:
        return [line]
    if len(" ".join(parts)) + indent + 4 <= WIDTH:
        parts = [" ".join(parts)]
    return [f"{start}[", *(f"    {part}" for part in parts), "]"]
