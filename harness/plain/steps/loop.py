"""A loop as one step: its body is recorded once, and runs for each of its rounds.

    c_(i+1), y_i = body(k, c_i, x_i)

Constants k, a carry c, and the entries x of sequences. What the step makes is one vector: the last
carry, then all y, so that a step has one result as others do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Datum, Operand, Rule, Slot, Step, unchanged
from gradparity.problems import Array, Namespace

Shape = tuple[int, ...]


class BodyRecording(StepRecording):
    """The steps of a loop's body; arrays that it reads are constants of the loss around it."""

    def __init__(self, outer: StepRecording) -> None:
        super().__init__([], outer.library, outer.dtype)
        self.outer, self.data = outer, outer.data
        self.numbers = 0

    def argument(self) -> Slot:
        """A new argument of the body."""
        self.numbers += 1
        return Slot(self.numbers - 1)

    def step(self, rule: Rule, *operands: Operand) -> Slot:
        """See `StepRecording.step`."""
        slot = self.argument()
        self.steps.append(Step(rule, operands, slot.number))
        return slot

    def datum(self, value: Any) -> Datum:
        """See `StepRecording.datum`."""
        return self.outer.datum(value)


@dataclass(frozen=True, eq=False)
class Loop:
    """A rule for `StepRecording.step`: rule(xp, *constants, *first carry, *sequences) -> a vector.

    steps: of the body. names: the arrays that it reads, which come first. arguments: where it
    finds the others, `consts` of them constants. carried, ys: its results. shapes: of the parts of
    the vector, y with the rounds in front. reverse: whether the rounds go from the end of the
    sequences to their start.
    """

    steps: tuple[Step, ...]
    names: tuple[Datum, ...]
    arguments: tuple[Slot, ...]
    consts: int
    carried: tuple[Operand, ...]
    ys: tuple[Operand, ...]
    shapes: tuple[Shape, ...]
    length: int
    reverse: bool

    def __call__(self, xp: Namespace, *operands: Array) -> Array:
        """The vector."""
        return self.replayed(xp, operands, unchanged)

    @property
    def operations(self) -> int:
        """How many steps are made in all."""
        return self.length * len(self.steps)

    def replayed(
        self, xp: Namespace, operands: Sequence[Array], after: Callable[[Array], Array]
    ) -> Array:
        """The vector; `after` acts on each result within."""
        first = len(self.names) + self.consts
        second = first + len(self.carried)
        keys: tuple[Operand, ...] = (*self.names, *self.arguments)
        known: dict[Operand, Array] = dict(zip(keys, operands[:first], strict=False))
        start, rows = operands[first:second], list(operands[second:])
        if self.reverse:
            rows = [xp.flip(x, axis=0) for x in rows]

        def body(carry: Sequence[Array], entries: Sequence[Array]) -> Any:
            slots: dict[Operand, Array] = dict(known)
            slots.update(zip(self.arguments[self.consts :], (*carry, *entries), strict=True))

            def read(operand: Operand) -> Any:
                return slots[operand] if isinstance(operand, Slot | Datum) else operand

            for step in self.steps:
                slots[Slot(step.result)] = after(step.rule(xp, *map(read, step.operands)))
            made = [slots[x] for x in self.ys]
            return [slots[x] for x in self.carried], made

        last, ys = xp.scan(body, list(start), rows, self.length)
        if self.reverse:
            ys = [xp.flip(y, axis=0) for y in ys]
        return xp.concat([xp.reshape(x, (-1,)) for x in (*last, *ys)])

    def parts(self) -> Iterator[tuple[int, int, Shape]]:
        """Where each part of the vector starts and ends, and its shape."""
        start = 0
        for shape in self.shapes:
            yield start, start + math.prod(shape), shape
            start += math.prod(shape)
