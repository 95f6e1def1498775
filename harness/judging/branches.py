"""Where comparisons of a loss and of its gradient may go either way, and which way they shall go.

A box is an array in longdouble with rounding errors (`backends/numpy_tape/engine/perturbed.py`).
Its comparisons, signs and maxima are watched while the gradient is computed; numbers that no
parameter has a part in do not tie. The same computation can then be run with a choice at each tie.

A sort is a maximum at every place, over the entries that are equal there (`each_once`). Those of
its ties that are over the same entries make one permutation: no entry is taken for two places.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.perturbed import Perturbed
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.harness.judging.tied_moves import most_moved
from gradparity.problems import Array

_FIRST = {"greater": True, "greater_equal": True, "less": False, "less_equal": False}
"""Whether the first option, x > y, makes a comparison true."""
_EQUALITY = ("equal", "not_equal")
_EXTREMES = ("max", "min")
_LARGER = ("maximum", "minimum", "abs")
_CONES = ("sqrt", "power", "hypot", "atan2", "log")
TYING = frozenset((*_FIRST, *_EQUALITY, *_EXTREMES, *_CONES, "sign"))
"""The primitives that are watched: where none of them is computed, nothing ties."""
_REACH = 64
_PLACES: ContextVar[int | None] = ContextVar("places", default=None)


@contextmanager
def each_once(axis: int) -> Iterator[None]:
    """The maxima inside are a sort's: its places along `axis`, each entry at one of them."""
    before = _PLACES.set(axis)
    try:
        yield
    finally:
        _PLACES.reset(before)


class Branches:
    """The ties of one computation.

    options: of each tie, how many ways it may go. shared: of each tie, what it has in common with
    those with which it makes one permutation; None if there are none. cone: whether a root, a
    power, an angle or a logarithm stands at 0, where there are infinitely many, or none.
    """

    def __init__(self, eps: float) -> None:
        self.options: list[int] = []
        self.shared: list[Hashable] = []
        self.cone = False
        self._eps = eps
        # Comparisons by their operands, in the order of the computation.
        self._ties: list[tuple[Array, Array]] = []
        self._seen: dict[Any, int] = {}
        self._equal: set[Any] = set()
        # (the axes of a maximum, the axis of the places if it is a sort's)
        self._reduced: dict[int, tuple[tuple[int, ...], int | None]] = {}
        self._alive: list[Any] = []
        self._taken: Array | None = None

    @property
    def pinned(self) -> bool:
        """Whether two numbers are equal where the loss asks for that alone, not for the larger.

        As `where(x == 0, ...)` does: what it computes there it computes at this point alone.
        """
        return any(key not in self._seen and key[::-1] not in self._seen for key in self._equal)

    @property
    def smooth(self) -> bool:
        """Whether there is no tie at all."""
        return not (self.options or self.cone)

    def alike(self, other: Branches) -> bool:
        """Whether the same ties at the same places; their keys differ from run to run."""
        told = [
            (one.options, one.shared, one.cone, one.pinned, len(one._ties)) for one in (self, other)
        ]
        pairs = zip(self._ties, other._ties, strict=False)
        return told[0] == told[1] and all(
            np.array_equal(mine[0], its[0]) and np.array_equal(mine[1], its[1])
            for mine, its in pairs
        )

    def taking(self, options: Array) -> Branches:
        """Return the same ties, for a run in which each goes the way of its option."""
        found = Branches(self._eps)
        found.options, found.shared = self.options, self.shared
        found.cone, found._ties = self.cone, self._ties
        found._taken = options
        return found

    def watch(self, primitive: Primitive, operands: tuple[Any, ...], static: Any, z: Any) -> Any:
        """Return the result of an operation that a parameter has a part in, as it is chosen.

        z: what it is by itself, a plain array where it is no number.
        """
        name, x = primitive.name, operands[0]
        if name in _FIRST or name in _EQUALITY:
            return self._compared(name, x, operands[1], z)
        if name == "sign":
            ahead = self._compared("greater", x, 0.0, z.exact > 0)
            behind = self._compared("less", x, 0.0, z.exact < 0)
            z.stored = ahead.astype(np.longdouble) - behind
        elif name in _EXTREMES:
            self._reduced[id(x)] = static["axis"], _PLACES.get()
            self._alive.append(x)
            self._top_moved(z, x, static["axis"])
        elif name in _LARGER:
            self._larger_moved(z, x, operands[1] if len(operands) == 2 else 0.0)
        elif name in _CONES and not self.cone:
            at_0 = [self._near(one, 0.0) for one in operands if isinstance(one, Choosing)]
            self.cone = bool(np.any(np.all(np.broadcast_arrays(*at_0), axis=0)))
        return z

    def _compared(self, name: str, x: Any, y: Any, result: Array) -> Array:
        key, swapped = (_key(x), _key(y)), (_key(y), _key(x)) in self._seen
        key = key[::-1] if swapped else key
        extreme = id(x) in self._reduced
        if name in _EQUALITY and not extreme and np.any(result == (name == "equal")):
            self._alive += [x, y]
            self._equal.add(key)
        if key not in self._seen:
            if name in _EQUALITY and not extreme:
                return result  # a guard, x == 0, and no kink
            self._alive += [x, y]
            self._seen[key] = len(self._seen)
            if self._taken is None:
                near = np.broadcast_to(self._near(x, y), result.shape)
                pairs = self._groups(near, *self._reduced[id(x)]) if extreme else self._pairs(near)
                self._ties.append(pairs)
        tie, option = self._ties[self._seen[key]]
        if self._taken is None or not (tied := tie >= 0).any():
            return result
        if name in _EQUALITY and not extreme:
            return np.where(tied, name == "not_equal", result)
        chosen = self._taken[tie] == option
        return np.where(tied, chosen if extreme else chosen == (_FIRST[name] != swapped), result)

    def _top_moved(self, z: Any, x: Any, axis: tuple[int, ...]) -> None:
        """Let a maximum over axes of x move as the entry does that ties for it and moves most."""
        if z.moves is not None:
            kept = [1 if a in axis else n for a, n in enumerate(x.shape)]
            top = Perturbed(z.exact.reshape(kept), z.runs, z.moves.reshape(-1, *kept))
            moves = np.broadcast_to(_moves(x, x.ndim), (z.runs.count, *x.shape))
            z.moves = most_moved(self._near(x, top), moves, axis, z.moves)

    def _larger_moved(self, z: Any, x: Any, y: Any) -> None:
        """Let the larger of two, or |x|, which is that of x and -x, move likewise."""
        if z.moves is not None:
            whole = z.runs.count, *z.shape
            both = [np.broadcast_to(_moves(one, z.ndim), whole) for one in (x, y)]
            near = np.broadcast_to(self._near(x, y), z.shape)
            z.moves = most_moved(np.stack([near] * 2), np.stack(both, axis=1), (0,), z.moves)

    def _pairs(self, near: Array) -> tuple[Array, Array]:
        """(number of the tie or -1, which option an entry stands for), of two numbers each."""
        tie, count = np.full(near.shape, -1), int(near.sum())
        tie[near] = len(self.options) + np.arange(count)
        self.options += [2] * count
        self.shared += [None] * count
        return tie, np.zeros(near.shape, int)

    def _groups(
        self, near: Array, axes: tuple[int, ...], places: int | None
    ) -> tuple[Array, Array]:
        """The same, of the entries that share a maximum over axes; places: the axis of a sort's."""
        tie, option = np.full(near.shape, -1), np.zeros(near.shape, int)
        kept = [1 if axis in axes else n for axis, n in enumerate(near.shape)]
        owner = np.broadcast_to(np.arange(math.prod(kept)).reshape(kept), near.shape)
        count = np.bincount(owner[near], minlength=math.prod(kept))
        for group in np.flatnonzero(count > 1):
            members = near & (owner == group)
            tie[members], option[members] = len(self.options), np.arange(count[group])
            self.options.append(int(count[group]))
            self.shared.append(None)
            if places is not None:
                own = np.delete(np.argwhere(members), places, axis=1)
                self.shared[-1] = len(self._ties), own.tobytes()
        return tie, option

    def _near(self, x: Any, y: Any) -> Array:
        """Where rounding may exchange x and y."""
        rank = max(np.ndim(x), np.ndim(y))
        moves = _moves(x, rank) - _moves(y, rank)
        reach = _REACH * self._eps * np.sqrt(np.mean(np.square(moves, dtype=np.longdouble), axis=0))
        return np.asarray(np.abs(_exact(x) - _exact(y)) <= reach)


class Choosing(Perturbed):
    """An array whose comparisons are watched; depends: whether a parameter has a part in it."""

    __slots__ = ("branches", "depends")

    def __init__(self, of: Perturbed, branches: Branches, depends: bool) -> None:
        super().__init__(of.stored, of.runs, of.moves, of.length)
        self.branches, self.depends = branches, depends

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """See `Perturbed.create`."""
        made = super().create(primitive, **static)
        return Choosing(made, self.branches, False) if isinstance(made, Perturbed) else made

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Any:
        """See `Perturbed.process`; what depends on a parameter is watched."""
        z = super().process(primitive, operands, static)
        depends = any(isinstance(x, Choosing) and x.depends for x in operands)
        if isinstance(z, Perturbed):
            z = Choosing(z, self.branches, depends)
        return self.branches.watch(primitive, operands, static, z) if depends else z


def boxed(x: Array, runs: Runs, branches: Branches, depends: bool) -> Choosing:
    """Return an array as a box; one that `depends`, a parameter, has been rounded."""
    given = np.asarray(x)
    moves = given.astype(np.float64) * runs.each(given.shape) if depends and runs.count else None
    return Choosing(Perturbed(given, runs, moves), branches, depends)


def _key(x: Any) -> Any:
    return float(x) if isinstance(x, int | float) else id(x)


def _exact(x: Any) -> Array:
    return x.exact if isinstance(x, Perturbed) else np.asarray(x, np.longdouble)


def _moves(x: Any, rank: int) -> Array:
    """The moves of an operand, its axes as many as those of a result of this rank."""
    if not isinstance(x, Perturbed) or x.moves is None:
        return np.zeros((1,) * (rank + 1))
    return x.moves.reshape(len(x.moves), *(1,) * (rank - x.ndim), *x.shape)
