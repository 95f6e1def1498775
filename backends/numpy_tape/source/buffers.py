"""Where values live: buffers that are allocated once and handed on when their value is dead.

A *place* is how emitted code refers to a value. Values that are views (a transpose, a slice, a
reshape) share the buffer of what they look at; it is dead when the last of them is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.program import Node

FOREVER = 1 << 60
WORTH_RESHAPING = 1 << 16
"""Bytes from which a free buffer of another shape is used; a smaller new one reads better."""
WORTH_ALIGNING = 1 << 12
"""Bytes from which a buffer starts on a cache line: else time depends on where it comes to lie."""


@dataclass(frozen=True)
class Place:
    """text: the expression. root: the number of the buffer it lies in, None for no buffer.

    fixed: the expression is known before any argument is, because the buffer is.
    contiguous: the entries lie in C order without gaps. whole: it is all of its buffer, unreshaped.
    """

    text: str
    root: int | None = None
    fixed: bool = False
    contiguous: bool = True
    whole: bool = False


@dataclass
class Buffers:
    """Hands out buffers, and takes them back after the last use.

    last: node number -> index of the step that uses the node, or a view of it, for the last time.
    lines: the allocations, in order. names: buffer number -> its name in the emitted code.
    """

    lines: list[str]
    free: dict[tuple[int, Any], list[int]] = field(default_factory=dict)
    shapes: list[tuple[tuple[int, ...], Any]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    until: dict[int, int] = field(default_factory=dict)
    bytes: int = 0

    def take(self, node: Node, until: int, hint: str, dedicated: bool = False) -> Place:
        """A buffer of the node's shape and dtype, in use up to step `until`.

        dedicated: nobody has had it before.
        """
        key = (node.size, node.dtype)
        spare = self.free.get(key, [])
        exact = [b for b in spare if self.shapes[b][0] == node.shape]
        worth = exact or node.size * node.dtype.itemsize >= WORTH_RESHAPING
        if spare and worth and not dedicated:
            buffer = (exact or spare)[-1]
            spare.remove(buffer)
            self.until[buffer] = until
            text = token(buffer)
            if not exact:
                text = self.reshaped(buffer, node.shape)
            return Place(text, buffer, fixed=True, whole=True)
        buffer = len(self.shapes)
        self.shapes.append((node.shape, node.dtype))
        self.hints.append(hint)
        self.until[buffer] = until
        size = node.size * node.dtype.itemsize
        self.bytes += size
        new = on_a_line if size >= WORTH_ALIGNING else uninitialised
        self.lines.append(f"{token(buffer)} = {new(node.shape, node.dtype)}")
        return Place(token(buffer), buffer, fixed=True, whole=True)

    def reshaped(self, buffer: int, shape: tuple[int, ...]) -> str:
        """The name of the buffer in another shape."""
        name = f"{token(buffer)}_{'x'.join(map(str, shape)) or '0'}"
        line = f"{name} = {token(buffer)}.reshape({shape})"
        if line not in self.lines:
            self.lines.append(line)
        return name

    def keep(self, place: Place, until: int, hint: str = "") -> None:
        """Prolong the use of a place's buffer; the hint renames it."""
        if place.root is not None:
            self.until[place.root] = max(until, self.until[place.root])
            if hint:
                self.hints[place.root] = hint

    def release(self, step: int) -> None:
        """Take back what step `step` used for the last time."""
        for buffer in [b for b, until in self.until.items() if until <= step]:
            del self.until[buffer]
            shape, dtype = self.shapes[buffer]
            size = int(np.prod(shape, dtype=np.int64))
            self.free.setdefault((size, dtype), []).append(buffer)

    def named(self, text: str, taken: set[str]) -> str:
        """The text with every buffer's token replaced by a name that is not taken."""
        used = set(taken)
        for buffer, hint in enumerate(self.hints):
            name, count = hint, 1
            while name in used:
                count += 1
                name = f"{hint}{count}"
            used.add(name)
            text = text.replace(token(buffer), name)
        return text


def token(buffer: int) -> str:
    """What stands for a buffer's name until all hints are known."""
    return f"\x02{buffer}\x03"


def uninitialised(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """A new array, as Python source."""
    return f"np.empty({shape}{dtype_argument(dtype)})"


def on_a_line(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """A new array that starts on a cache line, made by the module's own function `aligned`."""
    text = f"aligned({math.prod(shape)}{dtype_argument(dtype)})"
    return text if len(shape) == 1 else f"{text}.reshape({', '.join(map(str, shape))})"


def dtype_argument(dtype: np.dtype[Any]) -> str:
    """The dtype as the last argument of np.empty, with its comma; nothing for float64."""
    return "" if dtype == np.float64 else f", {dtype_text(dtype)}"


def dtype_text(dtype: np.dtype[Any]) -> str:
    """The dtype as Python source."""
    if dtype == np.longdouble and dtype.itemsize > 8:
        return "np.longdouble"
    return "bool" if dtype.kind == "b" else f"np.{dtype.name}"
