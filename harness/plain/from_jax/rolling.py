"""A long loop of JAX as one step, whose body is read off once.

What moves in the body is recorded. What does not is computed beforehand for all rounds
(`loop_body.py`) and comes to the steps as sequences, the places of entries that are gathered and
scattered among it (`loop_moves.py`).

A body that asks for the values of what moves (a sort, a remainder), or has a loop or a branch
within, is not read off once: another round may go another way. Such a loop is unrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax import loop_moves
from gradparity.harness.plain.from_jax.loop_body import Equation, LoopBody, Name, Unrolled
from gradparity.harness.plain.from_jax.walk import JaxprWalk, Traced
from gradparity.harness.plain.steps.complex_pairs import Pair
from gradparity.harness.plain.steps.loop import BodyRecording, Loop
from gradparity.harness.plain.steps.step import Datum, Operand, Slot
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array

MOST_ROUNDED = 100_000
"""The operations that a loop may make in all: each costs the judge a millisecond."""
MOST_KEPT = 20_000_000
"""The numbers that it may make in all: the judge keeps them for the way back."""


class _BodyWalk(JaxprWalk):
    """A walk that is told no values of what moves. made: the numbers of a round's results."""

    made = 0

    def recorded(self, steps: Any, *inputs: Any, whole: bool = False) -> Any:
        """See `JaxprWalk.recorded`."""
        found = super().recorded(steps, *inputs, whole=whole)
        self.made += np.size(found.value if isinstance(found, Traced) else found)
        return found

    def value(self, x: Any) -> Any:
        """See `JaxprWalk.value`."""
        if isinstance(x, Traced):
            raise Unrolled("it asks for values that change from round to round")
        return super().value(x)

    def shape(self, x: Any) -> tuple[int, ...]:
        """See `JaxprWalk.shape`."""
        return tuple(np.shape(super().value(x)))


def as_step(walk: JaxprWalk, *loop: Any) -> list[Any] | None:
    """`rolled`, or None where the loop is to be unrolled; the recording is told why."""
    before = len(walk.recording.steps)
    try:
        return rolled(walk, *loop)
    except Unrolled as error:
        del walk.recording.steps[before:]
        walk.recording.unrolled = str(error)
        return None


def rolled(
    walk: JaxprWalk,
    closed: Any,
    split: tuple[int, int],
    inputs: Sequence[Any],
    length: int,
    reverse: bool = False,
) -> list[Any]:
    """The last carry and the stacked results of a scan, as one step of the walk's recording.

    inputs: split[0] constants, the first carry up to split[1], then sequences.
    Raises: Unrolled, with the reason. Untranslatable for more than the judge can follow.
    """
    if any(isinstance(x, Pair) for x in inputs):
        raise Unrolled("it computes complex numbers")
    if not any(map(walk.moves, inputs)):
        raise Unrolled("nothing moves in it")
    return _Rolling(walk, LoopBody(walk, closed), split, list(inputs), length, reverse).results()


class _Rolling:
    """A loop on its way to a step; known: what is at hand of each name of the body."""

    def __init__(
        self,
        walk: JaxprWalk,
        body: LoopBody,
        split: tuple[int, int],
        inputs: list[Any],
        length: int,
        reverse: bool,
    ) -> None:
        self.walk, self.body, self.split, self.inputs = walk, body, split, inputs
        self.length, self.reverse = length, reverse
        first, second = split
        names = body.arguments
        self.carry = names[first:second]
        start = {n for n, x in zip(names, inputs, strict=True) if walk.moves(x)}
        self.moving = body.reached(start, self.carry, body.has_slope)
        self.varying = body.reached(
            {*start, *self.moving, *names[first:]}, self.carry, lambda one: True
        )
        self.varying -= self.moving
        self.known: dict[Any, Any] = dict(body.known)
        self.recording = BodyRecording(walk.recording)
        self.within = _BodyWalk(self.recording, walk.known)
        self.operands: list[list[Any]] = [[], [], []]
        self.slots: list[list[Slot]] = [[], [], []]

    def results(self) -> list[Any]:
        """See `rolled`."""
        self._take_constants()
        active = [one for one in self.body.equations if not self.moving.isdisjoint(one.results)]
        moves = {one: loop_moves.sources for one in active if self._is_move(one)}
        wanted = self._wanted(active, moves)
        last, rows = self._computed(wanted, moves)
        places = dict(zip(wanted, rows, strict=True))
        for name in self.carry:
            if name in self.moving:
                x = self.inputs[self.body.arguments.index(name)]
                self._argument(1, name, x, self.walk.value(x))
        for name, x in zip(self.body.arguments[self.split[1] :], self._sequences(), strict=True):
            if name in self.moving:
                self._argument(2, name, x, self._first(self.walk.value(x)))
        for key, values in places.items():
            if isinstance(key, Name):
                self._argument(2, key, values, self._first(values))
        for one in active:
            if one in moves:
                self.known[one.results[0]] = self._moved(one, places[one])
            else:
                found = self.within._equation(one.eqn, [self._read(x) for x in one.inputs])
                self.known.update(zip(one.results, found, strict=True))
        return self._step(last, places)

    def _take_constants(self) -> None:
        """What does not change from round to round: constants that move, and all other values."""
        for name, x in zip(self.body.arguments[: self.split[0]], self.inputs, strict=False):
            if name in self.moving:
                self._argument(0, name, x, self.walk.value(x))
            else:
                self.known[name] = x
        for one in self.body.equations:
            if self.varying.isdisjoint(one.results) and self.moving.isdisjoint(one.results):
                found = self.walk._concrete(one.eqn, [self._read(x) for x in one.inputs])
                self.known.update(zip(one.results, found, strict=True))

    def _is_move(self, one: Equation) -> bool:
        """Whether an equation moves entries, to places that change from round to round."""
        changes = not self.varying.isdisjoint(one.inputs)
        if one.primitive in loop_moves.READING:
            return changes
        return changes and one.primitive in loop_moves.WRITING

    def _wanted(self, active: list[Equation], moves: Any) -> list[Any]:
        found: dict[Any, None] = {}
        for one in active:
            given = one.inputs
            if one in moves:
                found[one] = None
                given = [*given[:1], *self._update(one)]
            elif one.primitive == "select_n" and one.eqn.invars[0].aval.dtype.kind != "b":
                raise Unrolled("it chooses by an integer")
            found.update({x: None for x in given if x in self.varying})
        found.update({x: None for x in self.body.results if x in self.varying})
        return list(found)

    def _update(self, one: Equation) -> list[Any]:
        if one.primitive in loop_moves.READING:
            return []
        return [one.inputs[1 if one.primitive == "dynamic_update_slice" else 2]]

    def _computed(self, wanted: list[Any], moves: Any) -> tuple[list[Any], list[Any]]:
        first, second = self.split
        still = [x for x in self.carry if x not in self.moving]
        if not wanted and not still:
            return [], []
        given = [
            np.asarray(self.walk.value(x), name.aval.dtype) if self.walk.moves(x) else x
            for x, name in zip(self.inputs, self.body.arguments, strict=True)
        ]
        split = first, second
        return self.body.computed(given, split, wanted, self.length, self.reverse, moves)

    def _sequences(self) -> list[Any]:
        return self.inputs[self.split[1] :]

    def _first(self, rows: Any) -> Any:
        return np.asarray(rows)[self.length - 1 if self.reverse else 0]

    def _argument(self, kind: int, name: Any, x: Any, value: Any) -> Traced:
        """An argument of the step; kind: 0 a constant, 1 of the carry, 2 a sequence."""
        value = np.asarray(value)
        slot = self.recording.argument()
        self.operands[kind].append(x)
        self.slots[kind].append(slot)
        self.known[name] = Traced(slot, value)
        return Traced(slot, value)

    def _read(self, x: Any) -> Any:
        return self.known[x]

    def _moved(self, one: Equation, at: Array) -> Any:
        """The result of an equation that moves entries as the places `at` of each round say."""
        reading = one.primitive in loop_moves.READING
        x = one.inputs[0]
        if reading and x in self.body.arguments[: self.split[0]] and x in self.moving:
            return self._moved_beforehand(one, at)
        rows = [self._row(np.where(at < 0, 0, at))]
        if np.any(at == -2):
            raise Unrolled("it adds several entries at one place")
        operands = [self._read(x) for x in (one.inputs[0], *self._update(one))]
        outside = bool(np.any(at < 0))
        if "add" in one.primitive:
            rule: Any = loop_moves.added
        elif reading:
            rule = loop_moves.filled if outside else loop_moves.read
        else:
            rule = loop_moves.written
        if outside or "add" in one.primitive:
            rows.append(self._row(at >= 0))
        return self.within.recorded(
            lambda r, *given: r.step(rule, *given), *operands, *rows, whole=True
        )

    def _moved_beforehand(self, one: Equation, at: Array) -> Any:
        """The entries of what is the same in each round, for all rounds at once."""
        x = self.inputs[self.body.arguments.index(one.inputs[0])]
        given = [np.where(at < 0, 0, at), at >= 0]
        rule = loop_moves.filled if np.any(at < 0) else loop_moves.read
        found = self.walk.recorded(
            lambda r, x, *rows: r.step(rule, x, *rows[: 2 if np.any(at < 0) else 1]),
            *(x, *given),
            whole=True,
        )
        return self._argument(2, one.results[0], found, self._first(found.value))

    def _row(self, values: Array) -> Traced:
        return self._argument(2, object(), values, self._first(values))

    def _step(self, last: list[Any], places: dict[Any, Any]) -> list[Any]:
        count = len(self.carry)
        ends = self.body.results[:count]
        carried = [
            self._end(r, c.aval) for c, r in zip(self.carry, ends, strict=True) if c in self.moving
        ]
        stacked = [x for x in self.body.results[count:] if x in self.moving]
        ys = [self._end(x, x.aval) for x in stacked]
        shapes = [c.aval.shape for c in self.carry if c in self.moving]
        shapes += [(self.length, *x.aval.shape) for x in stacked]
        inner = self.recording
        read = {x for s in inner.steps for x in s.operands if isinstance(x, Datum)}
        names = sorted(read | {x for x in carried if isinstance(x, Datum)}, key=lambda x: x.name)
        order = [slot for kind in self.slots for slot in kind]
        loop = Loop(
            tuple(inner.steps), tuple(names), tuple(order), len(self.slots[0]),
            tuple(carried), tuple(ys), tuple(shapes), self.length, self.reverse,
        )  # fmt: skip
        self._check(loop)
        self.walk.recording.narrows |= inner.narrows
        vector = self.walk.recorded(
            lambda r, *given: r.step(loop, *names, *given),
            *(x for kind in self.operands for x in kind),
            whole=True,
        )
        parts = [
            self.walk.applied(lambda xp, v, a=a, b=b, s=s: xp.reshape(v[a:b], s), vector)
            for a, b, s in loop.parts()
        ]
        ready = iter(parts)
        both = zip(self.carry, last or self.carry, strict=True)
        found = [next(ready) if c in self.moving else x for c, x in both]
        for x in self.body.results[count:]:
            if x in self.moving:
                found.append(next(ready))
            elif x in places:
                found.append(places[x])
            else:
                found.append(np.stack([np.asarray(self._read(x))] * self.length))
        return found

    def _end(self, x: Any, aval: Any) -> Operand:
        """A result of the body, as its last step has it."""
        if aval.dtype.kind != "f":
            raise Unrolled(f"it carries or stacks {aval.dtype} that moves")
        value = self._read(x)
        if isinstance(value, Traced):
            return value.slot
        return self.recording.datum(np.broadcast_to(np.asarray(value), aval.shape))

    def _check(self, loop: Loop) -> None:
        if loop.operations > MOST_ROUNDED:
            raise Untranslatable(
                f"a JAX loop of {self.length:,} rounds makes {loop.operations:,} operations, more "
                f"than {MOST_ROUNDED:,}; judge it with fewer rounds"
            )
        kept = self.length * self.within.made
        if kept > MOST_KEPT:
            raise Untranslatable(
                f"a JAX loop of {self.length:,} rounds makes {kept:,} numbers on its way, more "
                f"than {MOST_KEPT:,}; judge it with fewer rounds"
            )
