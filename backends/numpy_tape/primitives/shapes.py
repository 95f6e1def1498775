"""Arrays brought to each other's shape: what the rules need of broadcasting, over primitives."""

from __future__ import annotations

import math

from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import anew, create
from gradparity.problems import Array

Shape = tuple[int, ...]


def unbroadcast(g: Array, shape: Shape) -> Array:
    """The adjoint of broadcasting `shape` to g's shape: g summed over the axes that were repeated.

    A g that is itself smaller than `shape` is one value for many entries, and is repeated.
    """
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    if extra > 0:
        g = p.sum(g, axis=tuple(range(extra)), keepdims=False)
    offset = len(shape) - len(g.shape)
    repeated = tuple(
        a for a, n in enumerate(g.shape) if n != 1 and shape[a + offset] == 1 and offset >= 0
    )
    if repeated:
        g = p.sum(g, axis=repeated, keepdims=True)
    return g if g.shape == shape else p.broadcast_to(g, shape=shape)


def kept(g: Array, shape: Shape, axis: tuple[int, ...]) -> Array:
    """The result of a reduction of `shape` over axes, with those axes back, of length 1."""
    wanted = tuple(1 if a in axis else n for a, n in enumerate(shape))
    return g if g.shape == wanted else p.reshape(g, shape=wanted)


def transposed(x: Array) -> Array:
    """x with its last two axes exchanged."""
    n = len(x.shape)
    return p.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def tie_shares(g: Array, x: Array, top: Array, axis: tuple[int, ...]) -> Array:
    """g at the places where x equals its maximum `top`, in equal shares among ties, else 0.

    g, top: with the reduced axes of length 1.
    """
    ties = e.equal(x, top)
    count = p.sum(e.astype(ties, dtype=x.dtype), axis=axis, keepdims=True)
    # A maximum is often subtracted from its own operand and held constant: then g cancels nothing.
    return e.where(ties, anew(e.divide(g, count)), 0.0)


def others_product(x: Array, axis: tuple[int, ...]) -> Array:
    """For each entry the product of the others over axes, of x's shape; zeros do no harm.

    Each entry's product is that of the entries before it times that of the entries behind it, and
    the running products are made by doubling: log2(n) steps, no division.
    """
    order = (*(a for a in range(len(x.shape)) if a not in axis), *axis)
    moved = p.transpose(x, axes=order)
    lead = moved.shape[: len(order) - len(axis)]
    flat = p.reshape(moved, shape=(*lead, math.prod(x.shape[a] for a in axis)))
    last = (len(lead),)
    behind = p.flip(_before(p.flip(flat, axis=last)), axis=last)
    product = p.reshape(e.multiply(_before(flat), behind), shape=moved.shape)
    return p.transpose(product, axes=inverse(order))


def _before(x: Array) -> Array:
    """For each entry the product of those before it on the last axis; 1 for the first."""
    running = _delayed(x, 1)
    step = 1
    while step < x.shape[-1]:
        running = e.multiply(running, _delayed(running, step))
        step *= 2
    return running


def _delayed(x: Array, step: int) -> Array:
    """x moved on by `step` places on the last axis, with ones in front."""
    *lead, n = x.shape
    ones = create(x, p.full, shape=(*lead, min(step, n)), value=1.0, dtype=x.dtype)
    if step >= n:
        return ones
    whole = ("slice", None, None, None)
    tail = p.getitem(x, key=(*(whole for _ in lead), ("slice", None, n - step, None)))
    return p.concat(ones, tail, axis=len(lead))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))
