"""What a library computed, as a straight line of steps over the operations of a loss.

A recorder (`from_jax`, `from_torch`) watches a plain function and notes one step per operation that
depends on the parameters. All else is a constant: an array of `data`, or a Python number, which is
weakly typed and keeps every digit.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.perturbed import in_single
from gradparity.backends.numpy_tape.primitives import elementwise
from gradparity.backends.numpy_tape.primitives.box import Box
from gradparity.harness.plain.steps.comparing import compared
from gradparity.harness.plain.steps.recorded_loss import RecordedLoss
from gradparity.harness.plain.steps.step import Datum, Operand, Rule, Slot, Step
from gradparity.harness.plain.steps.translation import Translation, Unmoved, Untranslatable
from gradparity.problems import Array, Arrays, Namespace

MOST_STEPS = 10_000
"""Beyond, a loop should be judged with fewer rounds: every step costs the judge a few calls."""


class StepRecording:
    """Steps, and the constants that they read, as they come in.

    dtype: of the run that is recorded; of bfloat16 and float16 the steps are those in full
    precision. params: parameter name -> its slot. draws, narrows: see `Translation`; whoever
    records says so. good_to: how far off, relatively, the library's value of a step may be, where a
    function of it is known to have fewer digits than its dtype. unrolled: why a loop is no step.
    """

    def __init__(self, names: list[str], library: str, dtype: str = "float64") -> None:
        self.params = {name: Slot(number) for number, name in enumerate(names)}
        self.library, self.dtype = library, dtype
        self.data: Arrays = {}
        self.steps: list[Step] = []
        self.draws = self.narrows = False
        self.good_to = 0.0
        self.unrolled = ""
        self._known: dict[tuple[Any, ...], Datum] = {}
        self._imaginary: set[tuple[Any, ...]] = set()

    def constant(self, value: Any) -> Operand:
        """A constant: a Python number if it has no axes, else an array of `data`."""
        array = _read(value)
        return array.item() if array.ndim == 0 else self.datum(array)

    def datum(self, value: Any) -> Datum:
        """A constant array of `data`, floats in float64; equal arrays are stored once.

        Raises: Untranslatable if it does not hold real numbers.
        """
        given = _read(value)
        if given.dtype.kind not in "biuf":
            raise Untranslatable(f"a constant of dtype {given.dtype}; a loss holds real numbers")
        array, key = _stored(given)
        if key not in self._known:
            part = " (an imaginary part)" if key in self._imaginary else ""
            name = f"constant {len(self.data)}{part} of shape {array.shape}"
            while name in self.params:
                name += "_"
            array.flags.writeable = False
            self._known[key] = Datum(name)
            self.data[name] = array
        return self._known[key]

    def imaginary(self, part: Array) -> None:
        """Note that a constant array is the imaginary part of one, for its name."""
        self._imaginary.add(_stored(part)[1])

    def step(self, rule: Rule, *operands: Operand) -> Slot:
        """The result of rule(xp, *operands), as a new slot.

        Raises: Untranslatable after `MOST_STEPS`.
        """
        if len(self.steps) >= MOST_STEPS:
            raise Untranslatable(
                f"the loss takes more than {MOST_STEPS:,} {self.library} operations; "
                "judge it with fewer rounds of its loops"
                + (f" (one is unrolled: {self.unrolled})" if self.unrolled else "")
            )
        slot = Slot(len(self.params) + len(self.steps))
        self.steps.append(Step(rule, operands, slot.number))
        return slot

    def single(self, slot: Slot) -> Slot:
        """A result that the library holds in float32: in a float64 run it is rounded once more."""
        self.narrows = True
        if self.dtype != "float64":
            return slot
        if self.steps and self.steps[-1].result == slot.number:
            self.steps[-1] = replace(self.steps[-1], rule=_coarsely(self.steps[-1].rule))
        return self.step(_single, slot)

    def origins(self, operand: Operand) -> tuple[str, ...]:
        """The parameters on which an operand depends."""
        slots = {operand.number} if isinstance(operand, Slot) else set()
        for step in reversed(self.steps):
            if step.result in slots:
                slots |= {x.number for x in step.operands if isinstance(x, Slot)}
        return tuple(name for name, slot in self.params.items() if slot.number in slots)

    def translation(self, result: Operand, value: float, params: Arrays) -> Translation:
        """The recorded loss, after its value was compared with the library's.

        result: what the function returned. value: the library's value of it at `params`.
        Raises: Untranslatable if the two differ by more than rounding, or nothing moves.
        """
        if not isinstance(result, Slot):
            raise Unmoved(
                f"the loss that {self.library} computed does not depend on any parameter; "
                "look for a detach, a stop_gradient or a conversion to NumPy"
            )
        steps = _needed(self.steps, result)
        recorded = RecordedLoss(tuple(self.params), steps, result.number)
        read = {x.name for step in steps for x in step.operands if isinstance(x, Datum)}
        data = {name: array for name, array in self.data.items() if name in read}
        precision = "float32" if self.narrows else self.dtype
        recorded = compared(recorded, params, data, value, self.library, precision, self.good_to)
        loops = sum(getattr(step.rule, "operations", 0) for step in steps)
        how = f"{len(steps)} {self.library} operations"
        if loops:
            how += f", and {loops:,} in loops"
        return Translation(recorded.loss, data, how, draws=self.draws, narrows=self.narrows)


def _stored(given: Array) -> tuple[Array, tuple[Any, ...]]:
    """A constant array as it is kept, and what equal ones have in common.

    What nobody can write to, as an array of JAX's, is kept itself.
    """
    dtype = np.dtype(np.float64) if given.dtype.kind == "f" else given.dtype
    array = np.array(given, dtype, order="C", copy=_is_writeable(given) or None)
    return array, (array.shape, array.dtype.str, blake2b(array.data).digest())


def _is_writeable(array: Any) -> bool:
    """Whether its memory can be written to through it, or the array that it is a view of."""
    if not isinstance(array, np.ndarray):
        return False
    return array.flags.writeable or _is_writeable(array.base)


def _read(value: Any) -> Array:
    """A constant as a NumPy array; bfloat16, which is no type of NumPy's, in float32."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _coarsely(rule: Rule) -> Rule:
    """The rule with its results in float32, from which a slope may be had: tanh's is 1 - z²."""

    def coarse(xp: Namespace, *operands: Any) -> Array:
        with in_single():
            return rule(xp, *operands)

    return coarse


def _single(xp: Namespace, x: Array) -> Array:
    """x; where rounding is followed, as float32 has it."""
    return elementwise.single(x) if isinstance(x, Box) else x


def _needed(steps: list[Step], result: Slot) -> tuple[Step, ...]:
    """The steps on which the result depends, each with the slots that end with it."""
    alive = {result.number}
    kept = []
    for step in reversed(steps):
        if step.result not in alive:
            continue
        read = {x.number for x in step.operands if isinstance(x, Slot)}
        ended = tuple(sorted(read - alive))
        alive |= read
        kept.append(Step(step.rule, step.operands, step.result, ended))
    return tuple(reversed(kept))
