"""A sparse Jacobian by colouring: columns that share no residual are found along one direction.

    found = sparse_jacobian(residuals, params, data)
    found.row, found.column, found.value

Two columns may share a direction where no residual depends on both: each derivative along it is
then an entry of one of them. A greedy colouring, columns with many residuals first, needs few
directions, and no fewer than the longest row has entries. Where the longest column is much shorter,
rows are coloured instead, for adjoints.

Source: Curtis, Powell and Reid, On the estimation of sparse Jacobian matrices (1974); Griewank and
Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.programs.program import Program
from gradparity.backends.numpy_tape.programs.trace import trace
from gradparity.backends.numpy_tape.sparse.dependencies import dependencies
from gradparity.problems import Array, Arrays, InputError, Loss
from gradparity.problems.arguments import expect
from gradparity.problems.namespace import Namespace

BACKWARDS = 2
"""What an adjoint costs, about, in derivatives along a direction."""


@dataclass(frozen=True, slots=True, eq=False)
class SparseJacobian:
    """The entries that may differ from 0, in the order of rows.

    row, column: (K,) integers; value: (K,). shape: (M, P): residuals and parameters, flattened, in
    their order. passes: derivatives along a direction, or adjoints, that it took.
    """

    row: Array
    column: Array
    value: Array
    shape: tuple[int, int]
    passes: int

    def dense(self) -> Array:
        """The whole matrix, (M, P)."""
        whole = np.zeros(self.shape, self.value.dtype)
        whole[self.row, self.column] = self.value
        return whole


def sparse_jacobian(residuals: Loss, params: Arrays, data: Arrays) -> SparseJacobian:
    """The Jacobian of residuals(xp, params, data) -> array, by what depends on what at this point.

    params, data: dicts of arrays, the parameters float64 or float32, all alike.
    Raises: InputError if the residuals read values or leave the whitelist, and for parameters of
    another dtype.
    """
    expect(sparse_jacobian, locals())
    params, data = ({k: np.asarray(x) for k, x in group.items()} for group in (params, data))
    for name, x in params.items():
        if x.dtype.name not in ("float64", "float32"):
            raise InputError(f"parameter {name} is {x.dtype}, should be float64 or float32")
    program = trace("jvp", residuals, params, data)
    values = Program(program.graph, {"value": program.outputs["value"]})
    found = dependencies(values, "value", {"params": params, "data": data})
    width = sum(np.size(x) for x in params.values())
    shape = found.size, width
    in_row, in_column = (np.bincount(x).max(initial=0) for x in (found.entry, found.column))
    with np.errstate(all="ignore"):
        if in_row <= BACKWARDS * in_column:
            colour = coloured(found.entry, found.column, shape)
            along = _directions(residuals, params, data, colour)
            value = along[colour[found.column], found.entry]
        else:
            colour = coloured(found.column, found.entry, shape[::-1])
            along = _adjoints(residuals, params, data, colour, found.shape)
            value = along[colour[found.entry], found.column]
    return SparseJacobian(found.entry, found.column, value, shape, len(along))


def coloured(row: Array, column: Array, shape: tuple[int, int]) -> Array:
    """A colour for each column, from 0 on: no two of one colour have an entry in one row."""
    order = np.argsort(column, kind="stable")
    rows_of = np.split(row[order], np.cumsum(np.bincount(column, minlength=shape[1]))[:-1])
    order = np.argsort(row, kind="stable")
    columns_of = column[order]
    first = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=shape[0]))))
    colour = np.full(shape[1], -1)
    taken = np.full(len(row) + 2, -1)  # the column that may not have this colour, the last one
    for k in np.argsort([-len(x) for x in rows_of], kind="stable"):
        rows = rows_of[k]
        if not len(rows):
            colour[k] = 0
            continue
        count = first[rows + 1] - first[rows]
        place = np.arange(count.sum()) + np.repeat(first[rows] - np.cumsum(count) + count, count)
        taken[colour[columns_of[place]]] = k
        taken[-1] = -1  # those without a colour
        colour[k] = next(c for c in range(len(taken)) if taken[c] != k)
    return colour


def _directions(residuals: Loss, params: Arrays, data: Arrays, colour: Array) -> Array:
    """The derivatives of the residuals along the columns of each colour: (colours, M)."""
    run = compile_operator("jvp", residuals, params, data).run
    found = []
    for direction in _indicators(params, colour):
        _, tangent = run(params, data, _shaped(params, direction))
        found.append(np.array(tangent).ravel())
    return np.array(found)


def _adjoints(residuals: Loss, params: Arrays, data: Arrays, colour: Array, shape: Any) -> Array:
    """The derivatives of the sum of the residuals of each colour: (colours, P)."""

    def weighed(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        own = {name: x for name, x in data.items() if name != _WEIGHTS}
        return xp.sum(data[_WEIGHTS] * residuals(xp, params, own))

    run, found = None, []
    for weights in _indicators(params, colour):
        given = {**data, _WEIGHTS: weights.reshape(shape)}
        run = run or compile_operator("gradient", weighed, params, given).run
        _, gradient = run(params, given)
        found.append(np.concatenate([np.ravel(g) for g in gradient.values()]))
    return np.array(found)


def _indicators(params: Arrays, colour: Array) -> Iterator[Array]:
    """1 at each colour in turn, 0 elsewhere, in the dtype of the parameters."""
    dtype = next(iter(params.values())).dtype
    return ((colour == c).astype(dtype) for c in range(int(colour.max(initial=0)) + 1))


_WEIGHTS = "weights of residuals"


def _shaped(params: Arrays, flat: Array) -> Arrays:
    parts = np.split(flat, np.cumsum([x.size for x in params.values()])[:-1])
    pairs = zip(params.items(), parts, strict=True)
    return {name: part.reshape(x.shape) for (name, x), part in pairs}
