"""Matrix products in extended precision at the speed of float64 BLAS.

NumPy multiplies longdouble matrices without BLAS, at about 1 GFLOP/s (`plain`). Error-free
splitting does better, where both matrices have more than some tens of rows and columns:

1. Scale each row of A and each column of B by a power of two, so that all entries are below 1.
2. Split A = A₁ + A₂ + …, where Aᵢ holds multiples of 2^-iβ no larger than 2^-(i-1)β: integers of β
   bits. The same for B.
3. An entry of AᵢBⱼ is then a sum of n integers below 2^2β. With 2β + ⌈log₂ n⌉ ≤ 53 each partial
   sum fits the mantissa of float64, so BLAS makes no rounding error, in whatever order it adds.
4. Add up the products in longdouble, smallest first; those below its precision are left out.

The error of an entry is at most a few n·u·max|aᵢ|·max|bⱼ|, u the unit roundoff of longdouble, and
typically √n·u times that.

Source: Ozaki, Ogita, Oishi, Rump, Error-free transformations of matrix multiplication by using fast
routines of matrix multiplication, Numerical Algorithms 59 (2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems import Array

_MANTISSA = np.finfo(np.longdouble).nmant  # 63 for the 80-bit format, 52 where it is double
_FLOAT64_BITS = 53
# Below this many multiplications, or this many for each entry, splitting costs more than it saves.
_SMALL = 500_000
_FEW = 64
# Beyond these exponents a scale, or the product of two, could leave longdouble's range.
_EXPONENTS = 4_000
# Entries that are widened at a time: 16 MiB of longdouble.
_BLOCK = 1 << 20

Product = Callable[[Array, Array], Array]
"""Of two stacks of matrices, whose leading axes broadcast."""


def matmul(a: Array, b: Array) -> Array:
    """Return A @ B in longdouble: (..., m, n) @ (..., n, p) -> (..., m, p), leading axes broadcast.

    a, b: of any floating dtype. Infinities, NaN and extreme exponents take the plain product, as do
    small sizes, and a matrix times a few columns.
    """
    if b.ndim == 2 and a.ndim > 2:
        # One large product is faster than many small ones.
        rows = matmul(a.reshape(math.prod(a.shape[:-1]), a.shape[-1]), b)
        return rows.reshape(*a.shape[:-1], b.shape[-1])
    multiplications = a.size * b.shape[-1]
    if multiplications <= max(_SMALL, _FEW * (a.size + b.size)) or a.shape[-1] == 0:
        return plain(a, b)
    a, b = (x.astype(np.longdouble, copy=False) for x in (a, b))
    scale_a, scale_b = _exponent(a, -1), _exponent(b, -2)
    if scale_a is None or scale_b is None:
        return plain(a, b)
    # One bit more than step 3 asks for: two products are added before they leave float64.
    bits = (_FLOAT64_BITS - 1 - math.ceil(math.log2(a.shape[-1]))) // 2
    slices = math.ceil(_MANTISSA / bits)
    a_slices = _split(_scaled(a, -scale_a), bits, slices)
    b_slices = _split(_scaled(b, -scale_b), bits, slices)
    return _scaled(_combine(a_slices, b_slices, bits, slices), scale_a + scale_b)


def plain(a: Array, b: Array) -> Array:
    """Return A @ B, axes as in `matmul`, each entry summed in longdouble in the order of its terms.

    a, b: of any floating dtype; large ones are widened block by block. The same numbers as NumPy's
    matmul, which keeps its sums in memory and strides through B: in a third of the time and less,
    where n is not small.
    """
    return by_blocks(_dots, a, b, np.longdouble)


def of_any_rank(product: Product, a: Array, b: Array) -> Array:
    """Return the product, a vector on the left being a row, on the right a column."""
    rows = a[np.newaxis, :] if a.ndim == 1 else a
    columns = b[:, np.newaxis] if b.ndim == 1 else b
    found = product(rows, columns)
    found = found[..., 0] if b.ndim == 1 else found
    return found if a.ndim > 1 else found[..., 0, :] if b.ndim > 1 else found[..., 0]


def by_blocks(product: Product, a: Array, b: Array, dtype: Any) -> Array:
    """Return product(A, B), a sum over the inner axis, of operands taken to `dtype` in blocks."""
    if max(a.size, b.size) <= _BLOCK:
        return product(a.astype(dtype, copy=False), b.astype(dtype, copy=False))
    if lead := np.broadcast_shapes(a.shape[:-2], b.shape[:-2]):
        a, b = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (a, b))
        size = max(1, _BLOCK // max(a[0].size, b[0].size))
        if size == 1:
            return np.stack([by_blocks(product, *both, dtype) for both in zip(a, b, strict=True)])
        parts = [slice(i, i + size) for i in range(0, len(a), size)]
        return np.concatenate([by_blocks(product, a[at], b[at], dtype) for at in parts])
    inner = min(_BLOCK, a.shape[-1])
    across = _BLOCK // max(1, inner)
    found = np.zeros((a.shape[0], b.shape[1]), dtype)
    for k in range(0, a.shape[1], inner):
        for i in range(0, a.shape[0], across):
            rows = a[i : i + across, k : k + inner].astype(dtype)
            for j in range(0, b.shape[1], across):
                columns = b[k : k + inner, j : j + across].astype(dtype)
                found[i : i + across, j : j + across] += product(rows, columns)
    return found


def by_slices(product: Callable[..., Array], subscripts: str, *operands: Array) -> Array:
    """Return product(*operands), einsum of something made of each operand, of slices of them.

    subscripts: explicit, a letter once in each operand. What is cut is the axis that most entries
    have, at the largest operand; of small ones the product is taken as a whole.
    """
    inputs, output = subscripts.split("->")
    names = inputs.split(",")
    first = max(range(len(operands)), key=lambda i: operands[i].size)
    largest = operands[first]
    if largest.size <= _BLOCK:
        return product(*operands)

    def entries(axis: int) -> tuple[int, int]:
        both = zip(names, operands, strict=True)
        return sum(x.size for own, x in both if names[first][axis] in own), largest.shape[axis]

    axis = max(range(largest.ndim), key=entries)
    letter, whole = names[first][axis], largest.shape[axis]
    length = max(1, _BLOCK // (largest.size // whole))

    def cut(own: str, x: Array, start: int) -> Array:
        at = own.find(letter)
        if at < 0 or x.shape[at] != whole:
            return x
        return x[(slice(None),) * at + (slice(start, start + length),)]

    parts = (
        product(*(cut(own, x, start) for own, x in zip(names, operands, strict=True)))
        for start in range(0, whole, length)
    )
    if letter in output:
        return np.concatenate([*parts], axis=output.index(letter))
    return sum(parts, start=np.zeros(()))


def _dots(a: Array, b: Array) -> Array:
    rows = np.ascontiguousarray(a)
    columns = np.ascontiguousarray(np.swapaxes(b, -1, -2))
    return np.vecdot(rows[..., :, np.newaxis, :], columns[..., np.newaxis, :, :])


def _exponent(x: Array, axis: int) -> Array | None:
    """Return the binary exponent of the largest entry along `axis`; None if it is out of range."""
    largest = np.max(np.abs(x), axis=axis, keepdims=True)
    if not np.all(np.isfinite(largest)):
        return None
    exponent = np.frexp(largest)[1]
    return None if np.any(np.abs(exponent) > _EXPONENTS) else exponent


def _scaled(x: Array, exponent: Array) -> Array:
    return x * np.ldexp(np.longdouble(1), exponent)


def _split(x: Array, bits: int, slices: int) -> list[Array]:
    """Integers Sᵢ in float64, of `bits` bits, with x ≈ Σ Sᵢ 2^(-i·bits), i from 1; |x| < 1.

    Stops when nothing is left: float32 values need two slices, signs one.
    """
    # Adding and subtracting this constant rounds to a multiple of 2^-bits.
    constant = np.ldexp(np.longdouble(1.5), _MANTISSA - bits)
    base = np.longdouble(2.0**bits)
    split = []
    rest = x
    for _ in range(slices):
        rounded = (rest + constant) - constant
        rest = rest - rounded
        split.append((rounded * base).astype(np.float64))
        if not rest.any():
            break
        rest *= base
    return split


def _combine(a: list[Array], b: list[Array], bits: int, slices: int) -> Array:
    """Σ AᵢBⱼ 2^(-(i+j)·bits) over i + j ≤ slices + 1, smallest first."""
    total: Array = np.longdouble(0)
    down = np.longdouble(2.0**-bits)
    for order in range(slices - 1, -1, -1):
        pairs = [(i, order - i) for i in range(order + 1) if i < len(a) and order - i < len(b)]
        total = total * down
        for start in range(0, len(pairs), 2):
            total = total + sum(a[i] @ b[j] for i, j in pairs[start : start + 2])
    return total * down * down


def contract(subscripts: str, a: Array, b: Array, product: Product = matmul) -> Array:
    """Return einsum of two arrays in longdouble, as a matrix product where the subscripts allow it.

    subscripts: explicit, "ij,jk->ik". A letter that repeats within an operand, and an ellipsis,
    take NumPy's einsum. a, b: of any floating dtype. product: `matmul` or `plain`.
    """
    inputs, output = subscripts.split("->")
    first, second = inputs.split(",")
    plain = all(len(set(part)) == len(part) and "." not in part for part in (first, second, output))
    if not plain:
        return np.einsum(subscripts, a, b, dtype=np.longdouble)
    a, first = _summed(a, first, second + output)
    b, second = _summed(b, second, first + output)
    batch = [x for x in first if x in second and x in output]
    inner = [x for x in first if x in second and x not in output]
    left = [x for x in first if x not in second]
    right = [x for x in second if x not in first]
    size = dict(zip(first, a.shape, strict=True))
    for letter, length in zip(second, b.shape, strict=True):
        if size.setdefault(letter, length) != length:
            # A broadcast axis, or NumPy's own error.
            return np.einsum(subscripts, a, b, dtype=np.longdouble)
    rows = _grouped(a, first, (batch, left, inner), size)
    columns = _grouped(b, second, (batch, inner, right), size)
    made = product(rows, columns).reshape([size[x] for x in (*batch, *left, *right)])
    found = [*batch, *left, *right]
    return np.transpose(made, [found.index(x) for x in output])


def _summed(x: Array, letters: str, kept: str) -> tuple[Array, str]:
    """Return x summed over the letters that nothing else mentions."""
    axes = tuple(i for i, letter in enumerate(letters) if letter not in kept)
    summed = np.sum(x, axis=axes, dtype=np.longdouble) if axes else x
    return summed, "".join(letter for letter in letters if letter in kept)


def _grouped(x: Array, letters: str, groups: tuple[list[str], ...], size: dict[str, int]) -> Array:
    """Return x with its axes in the order of `groups`, each group merged into one axis."""
    order = [letters.index(letter) for group in groups for letter in group]
    merged = [math.prod(size[letter] for letter in group) for group in groups]
    return np.transpose(x, order).reshape(merged)
