"""`check_grads`: JAX's own call, with our judge instead of differences.

from gradparity import check_grads  # instead of: from jax.test_util import check_grads
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from gradparity.harness.plain.caller import raised
from gradparity.harness.plain.check import check
from gradparity.harness.plain.complex_parameters import RealParts
from gradparity.harness.plain.constant_loss import ConstantLossError
from gradparity.harness.plain.cotangents import TOLERANCE, cotangents, ignored, some
from gradparity.harness.plain.native import WIDTHS, dtype_of
from gradparity.harness.plain.trees import leaves_of
from gradparity.problems import Array, InputError
from gradparity.problems.arguments import expect

_MODES = ("fwd", "rev")

Function = Callable[..., list[Array]]
"""f(*args) -> its floating results."""


def check_grads(
    f: Callable[..., Any],
    args: Any,
    order: int,
    modes: Sequence[str] = _MODES,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    *,
    every: bool = False,
    seed: int = 0,
) -> None:
    """Judge the derivatives of `f(*args)` up to `order`; called as `jax.test_util.check_grads`.

    args: a tuple of trees of arrays, or one array; those of floating numbers are differentiated, at
    float32 values. f returns a tree of arrays. modes: "fwd" (jvp), "rev" (vjp) or both, mixed
    beyond the first order.
    every: each entry of the results, instead of random cotangents.
    atol, rtol, eps: not used, which is said once.

    Raises: GradientError, an AssertionError, if a derivative is wrong; InputError if it cannot be
    judged, for instance forwards through a `jax.custom_vjp`.
    """
    __tracebackhide__ = True
    import jax

    expect(check_grads, locals())
    tolerances = {"atol": atol, "rtol": rtol, "eps": eps}
    ignored(tolerances, dict.fromkeys(tolerances, TOLERANCE))
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or not set(modes) <= set(_MODES) or order < 1:
        raise InputError(f"order is {order}, 1 or more; modes is {modes}, of {_MODES}")
    if not isinstance(args, list | tuple):
        args = (args,)
    places = [i for i, x in enumerate(args) if _is_floating(x)]
    some(places, "no argument holds floating numbers only")
    params = [args[i] for i in places]

    def results(*moved: Any) -> list[Array]:
        whole = list(args)
        for i, x in zip(places, moved, strict=True):
            whole[i] = x
        found = [
            part
            for y in jax.tree_util.tree_leaves(f(*whole))
            for part in ((y.real, y.imag) if jax.numpy.iscomplexobj(y) else (y,))
        ]
        return [y for y in found if jax.numpy.issubdtype(jax.numpy.result_type(y), np.floating)]

    if (parts := RealParts.of(params, "jax")) is not None:
        by_parts = parts.loss(lambda params: results(*params))
        _orders(by_parts, [parts.params], order, modes, every, seed)
    else:
        _orders(results, params, order, modes, every, seed)


def _orders(
    f: Function, params: list[Any], order: int, modes: Sequence[str], every: bool, seed: int
) -> None:
    __tracebackhide__ = True
    import jax

    try:
        shapes = [tuple(y.shape) for y in jax.eval_shape(f, *params)]
    except Exception as error:
        raise InputError(f"the function raises {raised(error)}") from error
    some(shapes, "the function returns no floating array")
    for mode in modes:
        for drawn in cotangents(shapes, every, seed):

            def loss(params: list[Any], drawn: list[Array] = drawn) -> Any:
                return sum(
                    (jax.numpy.asarray(u, y.dtype) * y).sum()
                    for u, y in zip(drawn, f(*params), strict=True)
                )

            forward = jax.jacfwd(loss) if mode == "fwd" else None
            with suppress(ConstantLossError):  # the derivative of a linear function is one
                check(loss, params, gradient=forward, library="jax", seed=seed, constants=None)
        if order > 1:
            _orders(_derived(f, params, shapes, mode, seed), params, order - 1, modes, every, seed)


def _derived(
    f: Function, params: list[Any], shapes: list[tuple[int, ...]], mode: str, seed: int
) -> Function:
    """The derivative of f along a direction, or of u · f, as a function of the same arguments."""
    import jax

    leaves = _flat(params)
    form: Any = jax.tree_util.tree_structure(params)
    (along, *_) = cotangents([np.shape(x) for x in leaves], False, seed + 1)
    (drawn, *_) = cotangents(shapes, False, seed + 2)

    def forwards(*params: Any) -> list[Array]:
        own = [jax.numpy.asarray(v, dtype_of(x)) for v, x in zip(along, _flat(params), strict=True)]
        tangents = tuple(form.unflatten(own))
        return list(jax.jvp(f, params, tangents)[1])

    def backwards(*params: Any) -> list[Array]:
        results, pull = jax.vjp(f, *params)
        given = [jax.numpy.asarray(u, y.dtype) for u, y in zip(drawn, results, strict=True)]
        return _flat(pull(given))

    return forwards if mode == "fwd" else backwards


def _flat(tree: Any) -> list[Array]:
    import jax

    return list(jax.tree_util.tree_leaves(tree))


def _is_floating(tree: Any) -> bool:
    try:
        return all(dtype_of(x) in WIDTHS for x in leaves_of(tree).values())
    except InputError:
        return False
