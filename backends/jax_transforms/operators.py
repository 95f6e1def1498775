"""Every operator as a JAX function of (params, data[, direction]), to be jitted or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Counters, Operator, Setting, Unavailable
from gradparity.problems import Arrays, Instance, Namespace, Problem


@cache
def library() -> tuple[Any, Namespace]:
    """JAX, with float64 switched on, and its namespace."""
    import jax
    import jax.numpy

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return jax, Namespace("jax", jax.numpy)


def function(
    problem: Problem, operator: Operator, instance: Instance
) -> Callable[..., tuple[Any, Arrays]]:
    """The operator: (params, data[, direction]) -> (value or None, derivative by name).

    jvp is forward mode; hvp is forward over reverse, one gradient's cost times a constant; the
    Hessian is hvp on all unit directions; the Jacobian goes by rows or columns, whichever is fewer.
    """
    jax, xp = library()

    def loss(params: Arrays, data: Arrays) -> Any:
        return problem.loss(xp, params, data)

    def value(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        return loss(params, data), {}

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        return jax.value_and_grad(loss)(params, data)  # type: ignore[no-any-return]

    def jvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Arrays]:
        found, slope = jax.jvp(lambda p: loss(p, data), (params,), (direction,))
        return found, {"jvp": slope}

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Arrays]:
        return None, jax.jvp(lambda p: jax.grad(loss)(p, data), (params,), (direction,))[1]

    def hessian(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        flat, restore = _flattened(params, tuple(instance.params))
        return None, {"hessian": jax.hessian(lambda x: loss(restore(x), data))(flat)}

    def jacobian(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        assert problem.residuals is not None
        residuals = problem.residuals
        flat, restore = _flattened(params, tuple(instance.params))

        def of_flat(x: Any) -> Any:
            return residuals(xp, restore(x), data)

        rows = jax.eval_shape(of_flat, flat).size
        by = jax.jacrev if rows < flat.size else jax.jacfwd
        return None, {"jacobian": by(of_flat)(flat)}

    operators: dict[str, Callable[..., tuple[Any, Arrays]]] = {
        "value": value,
        "gradient": gradient,
        "jvp": jvp,
        "hvp": hvp,
        "hessian": hessian,
        "jacobian": jacobian,
    }
    return operators[operator]


def _flattened(params: Arrays, names: tuple[str, ...]) -> tuple[Any, Callable[[Any], Arrays]]:
    """The parameters as one vector, in the order of `names`, and the way back.

    That order must be told: under jit a dict arrives with its names sorted.
    """
    jax, _ = library()
    ends = np.cumsum([np.size(params[name]) for name in names])

    def restore(flat: Any) -> Arrays:
        return {
            name: flat[end - params[name].size : end].reshape(params[name].shape)
            for name, end in zip(names, ends, strict=True)
        }

    return jax.numpy.concatenate([params[name].ravel() for name in names]), restore


def encoder(operator: Operator, setting: Setting) -> Callable[[Instance], tuple[Arrays, ...]]:
    """From an instance to the operator's arguments, on the device."""
    jax, _ = library()
    try:
        device = jax.devices(setting.device)[0]
    except RuntimeError as error:
        raise Unavailable(f"jax finds no device {setting.device}: {error}") from error
    directed = operator in ("jvp", "hvp")

    def encode(instance: Instance) -> tuple[Arrays, ...]:
        given = (instance.params, instance.data) + ((instance.direction,) if directed else ())
        native = jax.device_put(tuple(_cast(arrays, setting.dtype) for arrays in given), device)
        return jax.block_until_ready(native)  # type: ignore[no-any-return]

    return encode


def equations(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The equations of the traced operator, `jaxpr_equations`.

    An equation that holds a program (a call, a branch, a loop) counts as the equations of that
    program; the body of a loop counts once.
    """
    jax, _ = library()
    arguments = encoder(operator, setting)(instance)
    traced = jax.make_jaxpr(function(problem, operator, instance))(*arguments)
    return {"jaxpr_equations": _equations(traced.jaxpr)}


def _equations(jaxpr: Any) -> int:
    inner = [[_equations(program) for program in _held(x.params)] for x in jaxpr.eqns]
    return sum(sum(counts) if counts else 1 for counts in inner)


def _held(params: dict[str, Any]) -> list[Any]:
    """The programs among an equation's parameters."""
    found = []
    for given in params.values():
        for x in given if isinstance(given, tuple | list) else (given,):
            program = getattr(x, "jaxpr", x)
            if hasattr(program, "eqns"):
                found.append(program)
    return found


def planned_bytes(compiled: Any) -> int | None:
    """What a compiled program takes beyond its arguments, as XLA has planned it: exactly."""
    plan = compiled.memory_analysis()
    if plan is None:
        return None
    return int(plan.temp_size_in_bytes + plan.output_size_in_bytes)


def blocking(compute: Callable[..., Any]) -> Callable[[tuple[Arrays, ...]], Any]:
    """`compute`, waited for: JAX returns before it has computed."""

    def run(native: tuple[Arrays, ...]) -> Any:
        answer = compute(*native)
        value, derivative = answer
        if value is not None:
            value.block_until_ready()
        for array in derivative.values():
            array.block_until_ready()
        return answer

    return run


def decode(native: Any) -> Answer:
    """To NumPy, in fresh arrays."""
    value, derivative = native
    return Answer(
        None if value is None else np.array(value),
        {name: np.array(array) for name, array in derivative.items()},
    )


def _cast(arrays: Arrays, dtype: str) -> Arrays:
    return {
        name: np.asarray(array, dtype if np.asarray(array).dtype.kind == "f" else None)
        for name, array in arrays.items()
    }
