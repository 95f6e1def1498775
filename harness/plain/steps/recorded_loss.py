"""Steps as a loss: one after the other, each array gone as soon as nothing reads it any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

from gradparity.harness.plain.steps.contracting import contracted
from gradparity.harness.plain.steps.step import Datum, Operand, Rule, Slot, Step, unchanged
from gradparity.problems import Array, Arrays, Loss, Namespace


class Composed(Protocol):
    """A rule that is several steps: a loop, or a product and the sum of it."""

    def replayed(
        self, xp: Namespace, operands: Sequence[Array], after: Callable[[Array], Array]
    ) -> Array:
        """The result; `after` acts on that of each step within."""


def _is_composed(rule: Rule) -> TypeGuard[Composed]:
    return hasattr(type(rule), "replayed")  # of a protocol isinstance takes longer than most steps


@dataclass(frozen=True, slots=True)
class RecordedLoss:
    """Steps in their order, and which slot is the result."""

    params: tuple[str, ...]
    steps: tuple[Step, ...]
    result: int

    @property
    def loss(self) -> Loss:
        """The steps as a loss, over the operations of `Namespace`."""
        return lambda xp, params, data: self.replayed(xp, params, data)

    def contracted(self, shapes: Mapping[Operand, tuple[int, ...]]) -> RecordedLoss:
        """The same with large products that are only summed as contractions (`contracting.py`).

        shapes: of what the steps read and make, where it is floating.
        """
        return replace(self, steps=contracted(self.steps, shapes))

    def replayed(
        self,
        xp: Namespace,
        params: Arrays,
        data: Arrays,
        after: Callable[[Array], Array] = unchanged,
        made: Callable[[int, Array], None] | None = None,
    ) -> Array:
        """The result of the steps; `after` acts on the parameters and on each step's result.

        made: is told the slot and the array of each step's result.
        """
        slots: dict[int, Array] = {i: after(params[name]) for i, name in enumerate(self.params)}

        def read(operand: Operand) -> Any:
            if isinstance(operand, Slot):
                return slots[operand.number]
            return data[operand.name] if isinstance(operand, Datum) else operand

        for step in self.steps:
            rule, operands = step.rule, [read(x) for x in step.operands]
            if composed := _is_composed(rule):
                result = rule.replayed(xp, operands, after)
            else:
                result = rule(xp, *operands)
            del operands
            for number in step.ended:
                del slots[number]
            slots[step.result] = result if composed else after(result)
            if made is not None:
                made(step.result, result)
            del result
        return slots[self.result]
