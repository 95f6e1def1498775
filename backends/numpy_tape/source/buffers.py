"""Where values live: buffers that are allocated once and handed on when their value is dead.

A *place* is how emitted code refers to a value. Values that are views (a transpose, a slice, a
reshape) share the buffer of what they look at; it is dead when the last of them is.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
from collections.abc import Iterable, Iterator
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


class Lines:
    """Assignments of the set-up, in order, and which name has which value.

    text: of every value that is known by a name -> the name. Nothing is searched for, here and
    below: a program is written in a time that grows as its length does.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.text: dict[str, str] = {}

    def assign(self, name: str, text: str) -> None:
        """Append `name = text`."""
        self.lines.append(f"{name} = {text}")
        self.text.setdefault(text, name)


@dataclass
class Buffers:
    """Hands out buffers, and takes them back after the last use.

    setup: where they are allocated. free: (shape, dtype), and (entries, dtype) -> buffers that came
    back, the last one at the end; one that is in use again stays until somebody asks. until: buffer
    in use -> the step of its last use.
    """

    setup: Lines
    free: dict[tuple[Any, Any], list[int]] = field(default_factory=dict)
    shapes: list[tuple[tuple[int, ...], Any]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    until: dict[int, int] = field(default_factory=dict)
    bytes: int = 0
    _due: list[tuple[int, int, int]] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=itertools.count)
    _since: dict[int, int] = field(default_factory=dict)

    def take(self, node: Node, until: int, hint: str, dedicated: bool = False) -> Place:
        """A buffer of the node's shape and dtype, in use up to step `until`.

        dedicated: nobody has had it before.
        """
        size = node.size
        if not dedicated:
            buffer = self._freed(node.shape, node.dtype)
            if buffer is None and size * node.dtype.itemsize >= WORTH_RESHAPING:
                buffer = self._freed(size, node.dtype)
            if buffer is not None:
                self._use(buffer, until)
                exact = self.shapes[buffer][0] == node.shape
                text = token(buffer) if exact else self.reshaped(buffer, node.shape)
                return Place(text, buffer, fixed=True, whole=True)
        buffer = len(self.shapes)
        self.shapes.append((node.shape, node.dtype))
        self.hints.append(hint)
        self._use(buffer, until)
        self.bytes += size * node.dtype.itemsize
        new = on_a_line if size * node.dtype.itemsize >= WORTH_ALIGNING else uninitialised
        self.setup.lines.append(f"{token(buffer)} = {new(node.shape, node.dtype)}")
        return Place(token(buffer), buffer, fixed=True, whole=True)

    def _freed(self, alike: Any, dtype: Any) -> int | None:
        """The last buffer to come back of those alike, by shape or by the number of entries."""
        among = self.free.get((alike, dtype), [])
        while among and among[-1] in self.until:
            among.pop()
        return among.pop() if among else None

    def _use(self, buffer: int, until: int) -> None:
        self.until[buffer] = until
        self._since[buffer] = next(self._turn)
        self._until(buffer)

    def _until(self, buffer: int) -> None:
        if self.until[buffer] < FOREVER:
            heapq.heappush(self._due, (self.until[buffer], self._since[buffer], buffer))

    def reshaped(self, buffer: int, shape: tuple[int, ...]) -> str:
        """The name of the buffer in another shape."""
        text = f"{token(buffer)}.reshape({shape})"
        if text not in self.setup.text:
            self.setup.assign(f"{token(buffer)}_{'x'.join(map(str, shape)) or '0'}", text)
        return self.setup.text[text]

    def keep(self, place: Place, until: int, hint: str = "") -> None:
        """Prolong the use of a place's buffer; the hint renames it."""
        if place.root is not None:
            if until > self.until[place.root]:
                self.until[place.root] = until
                self._until(place.root)
            if hint:
                self.hints[place.root] = hint

    def release(self, step: int) -> None:
        """Take back what step `step` used for the last time."""
        ended = []
        while self._due and self._due[0][0] <= step:
            until, since, buffer = heapq.heappop(self._due)
            if self.until.get(buffer) == until:
                ended.append((since, buffer))
        for _, buffer in sorted(ended):
            del self.until[buffer]
            shape, dtype = self.shapes[buffer]
            for alike in (shape, math.prod(shape)):
                self.free.setdefault((alike, dtype), []).append(buffer)

    def named(self, texts: list[str], taken: set[str]) -> list[str]:
        """The texts with every buffer's token replaced by a name that is not taken."""
        names = Names(taken)
        mine = {str(buffer): names.free(hint) for buffer, hint in enumerate(self.hints)}
        return [_replaced(text, mine) for text in texts]


class Names:
    """Names, each given once: a hint as it is, or with the next number behind it."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self._count: dict[str, int] = {}

    def free(self, hint: str) -> str:
        """A name that nobody has, like the hint."""
        name, count = hint, self._count.get(hint, 1)
        if count > 1:
            name = f"{hint}{count}"
        while name in self.taken:
            count += 1
            name = f"{hint}{count}"
        self._count[hint] = count
        self.taken.add(name)
        return name


TOKEN = re.compile("\x02(\\d+)\x03")


def token(buffer: int) -> str:
    """What stands for a buffer's name until all hints are known."""
    return f"\x02{buffer}\x03"


def _replaced(text: str, names: dict[str, str]) -> str:
    pieces = TOKEN.split(text)
    pieces[1::2] = map(names.__getitem__, pieces[1::2])
    return "".join(pieces)


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
