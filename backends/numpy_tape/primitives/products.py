"""Derivatives of the products: matmul and einsum, which are linear in each operand."""

from __future__ import annotations

import math

from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.shapes import transposed, unbroadcast
from gradparity.problems import Array

# z = x @ y for matrices:  z_ik = Σ_j x_ij y_jk, hence
#     x̄_ij = Σ_k z̄_ik y_jk = (z̄ yᵀ)_ij,     ȳ_jk = Σ_i x_ij z̄_ik = (xᵀ z̄)_jk.
# A vector on the left is a row, on the right a column. Stacks of matrices broadcast.


def matmul_left(g: Array, x: Array, y: Array) -> Array:
    """The adjoint of x in x @ y, of x's shape."""
    if y.ndim == 1:
        return e.multiply(g, y) if x.ndim == 1 else e.multiply(_with_axis(g, g.ndim), y)
    if x.ndim == 1:
        if y.ndim == 2:
            return p.matmul(y, g)
        rows = p.matmul(y, _with_axis(g, g.ndim))
        return unbroadcast(p.reshape(rows, shape=rows.shape[:-1]), x.shape)
    if x.ndim == 2 and y.ndim > 2:
        # One matrix for a stack: sum over the stack inside the product.
        stack = "abcdefgh"[: y.ndim - 2]
        return p.einsum(g, y, subscripts=f"{stack}ik,{stack}jk->ij")
    return unbroadcast(p.matmul(g, transposed(y)), x.shape)


def matmul_right(g: Array, x: Array, y: Array) -> Array:
    """The adjoint of y in x @ y, of y's shape."""
    if x.ndim == 1:
        if y.ndim == 1:
            return e.multiply(g, x)
        return e.multiply(_with_axis(x, 1), _with_axis(g, g.ndim - 1))
    if y.ndim == 1:
        return p.matmul(transposed(_as_rows(x)), p.reshape(g, shape=(g.size,)))
    if y.ndim == 2 and x.ndim > 2:
        return p.matmul(transposed(_as_rows(x)), _as_rows(g))
    return unbroadcast(p.matmul(transposed(x), g), y.shape)


def _with_axis(x: Array, place: int) -> Array:
    """x with a new axis of length 1."""
    return p.reshape(x, shape=(*x.shape[:place], 1, *x.shape[place:]))


def _as_rows(x: Array) -> Array:
    """A stack of matrices as one matrix, one below the other."""
    return x if x.ndim == 2 else p.reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


# z_out = Σ Π x⁽ᵏ⁾: the adjoint of one operand is the product of z̄ and the others, summed over all
# letters that this operand lacks. A letter that only this operand has was summed over alone: its
# adjoint does not depend on it, and is repeated along it.


def einsum_adjoint(
    place: int, g: Array, result: Array, operands: list[Array], subscripts: str
) -> Array:
    """The adjoint of the operand numbered `place`, of its shape."""
    inputs, _, output = subscripts.partition("->")
    names = inputs.split(",")
    own = names.pop(place)
    others = [x for i, x in enumerate(operands) if i != place]
    there = "".join(letter for letter in own if letter in output or letter in "".join(names))
    sum_of = ",".join([output, *names]) + "->" + there
    adjoint = p.einsum(g, *others, subscripts=sum_of)
    sizes = dict(zip(there, adjoint.shape, strict=True))
    with_gaps = p.reshape(adjoint, shape=tuple(sizes.get(letter, 1) for letter in own))
    return unbroadcast(with_gaps, operands[place].shape)
