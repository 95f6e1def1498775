"""A loop as one primitive of a program: `scan`. Its derivatives are loops, see `loop_body.py`.

    scan(choice?, *constants, *first carry, *sequences; bodies, length, size, dtype, active)

bodies: one, or two alike, of which a truth value, the first operand, chooses. active: the places of
the operands that an adjoint is asked of. The result is one vector of `size` entries: of each carry
its length + 1 values, of each stacked result its length values, then the sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import apply, create
from gradparity.backends.numpy_tape.primitives.keys import canonical
from gradparity.backends.numpy_tape.primitives.self_ruled import SelfRuled
from gradparity.backends.numpy_tape.programs.loop_body import Body
from gradparity.problems import Array

Shape = tuple[int, ...]


class Scan(SelfRuled):
    """See above."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("scan", _on_arrays)

    def told(self, static: dict[str, Any], places: tuple[int, ...]) -> dict[str, Any]:
        """See `SelfRuled.told`."""
        return {**static, "active": places}

    def tangent(self, tangents: Any, z: Array, operands: Any, static: Any) -> Array:
        """See `SelfRuled.tangent`."""
        bodies, length = static["bodies"], static["length"]
        body = bodies[0]
        choice, given = _chosen(bodies, operands)
        moving = _chosen(bodies, tangents)[1]
        like = next(t for t in moving if t is not None)
        k, c = len(body.consts), len(body.consts) + len(body.carry)
        first = [
            _zeros(like, node) if t is None else t
            for t, node in zip(moving[k:c], body.carry, strict=True)
        ]
        places = frozenset((*range(k, c), *(i for i, t in enumerate(moving) if t is not None)))
        stored = [_rows(x, length) for x in parted(z, body, length)[0]]
        return looped(
            tuple(one.tangent(places) for one in bodies),
            length,
            choice,
            [*given[:k], *(t for t in moving[:k] if t is not None)],
            first,
            [*stored, *given[c:], *(t for t in moving[c:] if t is not None)],
        )

    def adjoint(self, place: int, g: Array, z: Array, operands: Any, static: Any) -> Array:
        """See `SelfRuled.adjoint`."""
        bodies, length = static["bodies"], static["length"]
        body = bodies[0]
        choice, given = _chosen(bodies, operands)
        skipped = len(choice)
        k, c = len(body.consts), len(body.consts) + len(body.carry)
        wanted = {at - skipped for at in static["active"]}
        active = frozenset(wanted) | frozenset(range(k, c))
        stored = [_rows(x, length) for x in parted(z, body, length)[0]]
        of_carry, of_ys, of_sums = parted(g, body, length)
        back = tuple(one.adjoint(active) for one in bodies)
        sequences = [*stored, *given[c:], *of_ys, *(_rows(x, length) for x in of_carry)]
        found = looped(
            back,
            length,
            choice,
            [*given[:k], *of_sums],
            [_last(x, length) for x in of_carry],
            [p.flip(x, axis=(0,)) for x in sequences],
        )
        carries, ys, sums = parted(found, back[0], length)
        at = place - skipped
        if at < k:
            return sums[sorted(active & set(range(k))).index(at)]
        if at < c:
            return _last(carries[at - k], length)
        return p.flip(ys[sorted(i for i in active if i >= c).index(at)], axis=(0,))


def _on_arrays(*operands: Any, **static: Any) -> Any:
    raise NotImplementedError("a loop on arrays runs step by step, in Python")


scan = Scan()


def looped(
    bodies: tuple[Body, ...],
    length: int,
    choice: Sequence[Any],
    consts: Sequence[Any],
    first: Sequence[Any],
    xs: Sequence[Any],
) -> Array:
    """The loop's vector."""
    static = {"bodies": bodies, "length": length, "size": size_of(bodies[0], length)}
    dtype = bodies[0].results[0].dtype
    found: Array = apply(scan, *choice, *consts, *first, *xs, **static, dtype=dtype)
    return found


def size_of(body: Body, length: int) -> int:
    """The entries of the loop's vector."""
    return sum(math.prod(shape) for shape in shapes_of(body, length))


def shapes_of(body: Body, length: int) -> list[Shape]:
    """The shapes of the parts of the loop's vector, in their order."""
    return [
        *((length + 1, *x.shape) for x in body.carried),
        *((length, *x.shape) for x in body.ys),
        *(x.shape for x in body.sums),
    ]


def parted(z: Array, body: Body, length: int) -> tuple[list[Array], list[Array], list[Array]]:
    """The parts of the loop's vector: all carries, stacked results, sums."""
    parts, start = [], 0
    for shape in shapes_of(body, length):
        stop = start + math.prod(shape)
        flat = p.getitem(z, key=canonical((slice(start, stop),), z.shape))
        parts.append(flat if shape == flat.shape else p.reshape(flat, shape=shape))
        start = stop
    first, second = len(body.carried), len(body.carried) + len(body.ys)
    return parts[:first], parts[first:second], parts[second:]


def _rows(x: Array, length: int) -> Array:
    return p.getitem(x, key=canonical((slice(0, length),), x.shape))


def _last(x: Array, length: int) -> Array:
    return p.getitem(x, key=canonical((length,), x.shape))


def _zeros(like: Array, node: Any) -> Array:
    return create(like, p.full, shape=node.shape, value=0.0, dtype=node.dtype)


def _chosen(bodies: tuple[Body, ...], given: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The truth value that chooses a body, if there are two, and the other operands."""
    split = len(bodies) - 1
    return list(given[:split]), list(given[split:])
