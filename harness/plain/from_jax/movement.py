"""JAX's primitives that need concrete values: gathers, scatters, sorts, choices, windows.

Each takes the walk, the equation and its inputs, and returns the equation's results.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.matrices import MATRICES
from gradparity.harness.plain.from_jax.walk import EquationRule, JaxprWalk
from gradparity.harness.plain.steps.mathematics import number
from gradparity.harness.plain.steps.movement import added, combined, moved, positions, replaced
from gradparity.harness.plain.steps.ranks import ranked, tied
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.harness.plain.steps.windows import Window, convolved, pooled, windows
from gradparity.problems import Array, InputError


def _promised(shape: tuple[int, ...], indices: Array, params: Any) -> None:
    """InputError for an index outside the array: JAX reads another entry, without a slope."""
    for column, axis in enumerate(params["dimension_numbers"].start_index_map):
        at, last = indices[..., column], shape[axis] - params["slice_sizes"][axis]
        if at.size and not (np.all(at >= 0) and np.all(at <= last)):
            outside = at[(at < 0) | (at > last)].flat[0]
            raise InputError(
                f"the loss reads entry {outside} of an axis of length {shape[axis]}, outside the "
                "array, where no derivative is defined; .at[...].get(mode='clip') or mode='fill' "
                "says what is meant"
            )


def _gathered(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """Any primitive that moves the entries of its first operand, run on their positions."""
    params = dict(eqn.params)
    if "fill_value" in params:
        params["fill_value"] = -1
    x, *others = inputs
    if "PROMISE" in str(params.get("mode")):
        _promised(walk.shape(x), np.asarray(walk.value(others[0])), params)
    sources = eqn.primitive.bind(positions(walk.shape(x)), *map(walk.value, others), **params)
    return [walk.recorded(lambda r, x: moved(r, x, sources), x)]


def _padded(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x, fill = inputs
    sources = eqn.primitive.bind(positions(walk.shape(x)), np.int64(-1), **eqn.params)
    return [walk.recorded(lambda r, x, fill: moved(r, x, sources, fill), x, fill)]


def _split(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x, before, first = inputs[0], (slice(None),) * eqn.params["axis"], 0
    parts = []
    for size in eqn.params["sizes"]:
        key = (*before, slice(first, first + size))
        parts.append(walk.applied(lambda xp, x, key=key: x[key], x))
        first += size
    return parts


def _unstacked(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x, before = inputs[0], (slice(None),) * eqn.params["axis"]
    count = walk.shape(x)[eqn.params["axis"]]
    return [walk.applied(lambda xp, x, i=i: x[(*before, i)], x) for i in range(count)]


def _updated(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """dynamic_update_slice: the update's entries at the places that dynamic_slice would read."""
    from jax import lax

    x, update, *starts = inputs
    shape = walk.shape(x)
    at = [walk.value(start) for start in starts]
    places = lax.dynamic_slice(positions(shape), at, walk.shape(update))
    return [walk.recorded(lambda r, x, u: replaced(r, x, shape, u, places), x, update, whole=True)]


def _places(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> Array:
    """Where a scatter puts each entry of its updates: what the matching gather would read."""
    from jax import lax

    x, indices, updates = inputs
    numbers = eqn.params["dimension_numbers"]
    taken = iter(walk.shape(updates)[a] for a in numbers.update_window_dims)
    single: tuple[int, ...] = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    return lax.gather(
        positions(walk.shape(x)),
        walk.value(indices),
        lax.GatherDimensionNumbers(
            offset_dims=numbers.update_window_dims,
            collapsed_slice_dims=numbers.inserted_window_dims,
            start_index_map=numbers.scatter_dims_to_operand_dims,
            operand_batching_dims=numbers.operand_batching_dims,
            start_indices_batching_dims=numbers.scatter_indices_batching_dims,
        ),
        tuple(1 if a in single else next(taken) for a in range(len(walk.shape(x)))),
        mode=eqn.params["mode"],
        fill_value=-1,
    )


def _scattered(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x, _, updates = inputs
    shape, places = walk.shape(x), _places(walk, eqn, inputs)
    move = {"scatter": replaced, "scatter-add": added, "scatter_add": added}[eqn.primitive.name]
    return [walk.recorded(lambda r, x, u: move(r, x, shape, u, places), x, updates, whole=True)]


def _combined(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """scatter-mul and its like: several entries at one place are joined there."""
    x, _, updates = inputs
    shape, places = walk.shape(x), np.asarray(_places(walk, eqn, inputs))
    how = eqn.primitive.name[len("scatter-") :]

    def steps(r: Any, x: Any, updates: Any) -> Any:
        if how == "sub":
            return added(r, x, shape, r.step(lambda xp, u: -u, updates), places)
        return combined(r, x, shape, updates, places, how)

    return [walk.recorded(steps, x, updates, whole=True)]


def _selected(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    which, *cases = inputs
    concrete = None if walk.moves(which) else np.asarray(walk.value(which))
    if concrete is not None and (concrete == concrete.flat[0]).all():
        return [cases[int(concrete.flat[0])]]
    if concrete is None or concrete.dtype == bool:
        return [walk.applied(lambda xp, m, a, b: xp.where(m, b, a), which, *cases)]
    result = cases[0]
    for i, case in enumerate(cases[1:], start=1):
        result = walk.applied(
            lambda xp, m, a, b: xp.where(m, a, b), np.equal(concrete, i), case, result
        )
    return [result]


def _converted(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    (x,) = inputs
    before, after = eqn.invars[0].aval.dtype.kind, np.dtype(eqn.params["new_dtype"]).kind
    if after == "b" and before != "b":
        return [walk.applied(lambda xp, x: x != 0, x)]
    return [walk.applied(number, x)] if before == "b" != after else [x]


def _joined_masks(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    # A Python bool has no `&` for a mask on its right.
    x, y = sorted(inputs, key=walk.moves, reverse=True)
    join = operator.and_ if eqn.primitive.name == "and" else operator.or_
    return [walk.applied(lambda xp, x, y: join(x, y), x, y)]


def _remainder(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x, y = inputs
    times = np.trunc(np.asarray(walk.value(x)) / np.asarray(walk.value(y)))
    return [walk.applied(lambda xp, x, y, times: x - y * times, x, y, times)]


def _polygamma(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    orders = np.unique(np.asarray(walk.value(inputs[0])))
    if walk.moves(inputs[0]) or len(orders) != 1:
        raise Untranslatable("jax primitive 'polygamma' of several orders")
    n = int(orders[0])
    if n == 0:
        return [walk.applied(lambda xp, x: xp.digamma(x), inputs[1])]
    return [walk.applied(lambda xp, x: xp.polygamma(n, x), inputs[1])]


def _last(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :], shape[axis])


def _sorted(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    from jax import lax

    axis, shape = eqn.params["dimension"], walk.shape(inputs[0])
    places: Array = np.moveaxis(
        np.broadcast_to(np.arange(shape[axis]), _last(shape, axis)), -1, axis
    )
    *values, order = lax.sort(
        (*map(walk.value, inputs), places),
        dimension=axis,
        is_stable=eqn.params["is_stable"],
        num_keys=eqn.params["num_keys"],
    )
    axes = np.asarray(order)
    keys = [np.asarray(walk.value(x)) for x in inputs[: eqn.params["num_keys"]]]
    if len(inputs) > 1 and tied(keys[0], axes, axis):
        raise Untranslatable("a sort of several arrays by a first one with ties")
    return [
        _picked(walk, x, axes, axis) if walk.moves(x) else value
        for x, value in zip(inputs, values, strict=True)
    ]


def _picked(walk: JaxprWalk, x: Any, at: Array, axis: int) -> Any:
    """The entries of x at indices `at` along an axis, which were picked by their rank."""
    values = np.asarray(walk.value(x))
    return walk.recorded(lambda r, x: ranked(r, x, values, at, axis), x)


def _largest(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    (x,) = inputs
    _, at = eqn.primitive.bind(walk.value(x), **eqn.params)
    axis = eqn.params.get("axis", -1) % len(walk.shape(x))
    return [_picked(walk, x, np.asarray(at), axis), at]


def _running_extreme(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """cummax and cummin: at each place the first of the largest (smallest) entries so far."""
    (x,), axis, reverse = inputs, eqn.params["axis"], eqn.params["reverse"]
    if reverse:
        x = walk.applied(lambda xp, x: xp.flip(x, axis=axis), x)
    values = np.asarray(walk.value(x))
    sized = values if eqn.primitive.name == "cummax" else -values
    so_far = np.maximum.accumulate(sized, axis=axis)
    before = np.roll(so_far, 1, axis=axis)
    count = np.arange(values.shape[axis]).reshape(-1, *(1,) * (values.ndim - axis - 1))
    at = np.maximum.accumulate(np.where((sized > before) & (count > 0), count, 0), axis=axis)
    found = walk.recorded(lambda r, x: ranked(r, x, values, at, axis, True), x)
    return [walk.applied(lambda xp, x: xp.flip(x, axis=axis), found) if reverse else found]


def _convolution(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    params = eqn.params
    if params["batch_group_count"] != 1:
        raise Untranslatable("jax primitive 'conv_general_dilated' with batch_group_count")
    numbers = params["dimension_numbers"]
    shapes = [walk.shape(x) for x in inputs]
    orders: tuple[tuple[int, ...], ...] = tuple(numbers.lhs_spec), tuple(numbers.rhs_spec)
    x, filters = (
        walk.applied(lambda xp, x, order=order: xp.permute_dims(x, order), x)
        for x, order in zip(inputs, orders, strict=True)
    )
    x_shape, f_shape = (
        tuple(s[int(a)] for a in order) for s, order in zip(shapes, orders, strict=True)
    )
    window = Window(
        f_shape[2:],
        tuple(params["window_strides"]),
        tuple(params["padding"]),
        tuple(params["lhs_dilation"]),
        tuple(params["rhs_dilation"]),
    )
    groups = params["feature_group_count"]
    result = walk.recorded(
        lambda r, x, f: convolved(r, x, x_shape, f, f_shape, window, groups), x, filters
    )
    back = tuple(int(a) for a in np.argsort(numbers.out_spec))
    return [walk.applied(lambda xp, x: xp.permute_dims(x, back), result)]


def _pool(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    params = eqn.params
    window = Window(
        tuple(params["window_dimensions"]),
        tuple(params["window_strides"]),
        tuple(params["padding"]),
        tuple(params["base_dilation"]),
        tuple(params["window_dilation"]),
    )
    at = np.moveaxis(windows(walk.shape(inputs[0]), window), 0, -1)
    if eqn.primitive.name == "reduce_window_min":
        turned = walk.applied(lambda xp, x: -x, inputs[0])
        largest = walk.recorded(lambda r, x: pooled(r, x, at, True), turned)
        return [walk.applied(lambda xp, x: -x, largest)]
    extreme = eqn.primitive.name == "reduce_window_max"
    return [walk.recorded(lambda r, x: pooled(r, x, at, extreme), inputs[0])]


SPECIAL: dict[str, EquationRule] = {
    **MATRICES,
    **{name: _gathered for name in ("gather", "dynamic_slice", "tile")},
    **{name: _scattered for name in ("scatter", "scatter-add", "scatter_add")},
    **{f"scatter{dash}{name}": _combined for name in ("mul", "sub", "max", "min") for dash in "-_"},
    **{name: _pool for name in ("reduce_window_max", "reduce_window_min", "reduce_window_sum")},
    **{name: _joined_masks for name in ("and", "or")},
    "pad": _padded,
    "split": _split,
    "stack": lambda walk, eqn, inputs: [walk.stacked(inputs, eqn.params["axis"])],
    "unstack": _unstacked,
    "dynamic_update_slice": _updated,
    "select_n": _selected,
    "convert_element_type": _converted,
    "polygamma": _polygamma,
    "rem": _remainder,
    "sort": _sorted,
    "top_k": _largest,
    "cummax": _running_extreme,
    "cummin": _running_extreme,
    "conv_general_dilated": _convolution,
}
"""The primitives that are more than one rule on arrays."""
