"""Every operator as a function of JAX's arrays, to be jitted or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Counters, Operator, Setting, Unavailable
from gradparity.backends.jax_transforms.namespace import library
from gradparity.backends.operators import Found, differentiated, method
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.layout import Layout


@dataclass(frozen=True, slots=True)
class JaxOperators:
    """Every operator by JAX's transforms.

    layout: of the parameters. It must be told: under jit a dict arrives with its names sorted.
    """

    problem: Problem
    layout: Layout

    def value(self, params: Arrays, data: Arrays) -> Found:
        """The loss as it is."""
        return self._loss(params, data), {}

    def gradient(self, params: Arrays, data: Arrays) -> Found:
        """Reverse mode."""
        jax, _ = library()
        return jax.value_and_grad(self._loss)(params, data)  # type: ignore[no-any-return]

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward mode."""
        jax, _ = library()
        found, slope = jax.jvp(lambda p: self._loss(p, data), (params,), (direction,))
        return found, {"jvp": slope}

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward over reverse: one gradient's cost times a constant."""
        jax, _ = library()
        gradient = jax.grad(self._loss)
        return None, jax.jvp(lambda p: gradient(p, data), (params,), (direction,))[1]

    def hessian(self, params: Arrays, data: Arrays) -> Found:
        """The hvp on all unit directions."""
        jax, _ = library()
        of_flat = jax.hessian(lambda x: self._loss(self.layout.views(x), data))
        return None, {"hessian": of_flat(self._flat(params))}

    def jacobian(self, params: Arrays, data: Arrays) -> Found:
        """By rows (reverse mode) or columns (forward mode), whichever are fewer."""
        (jax, xp), flat = library(), self._flat(params)
        residuals = differentiated(self.problem, "jacobian")

        def of_flat(x: Any) -> Any:
            return residuals(xp, self.layout.views(x), data)

        rows = jax.eval_shape(of_flat, flat).size
        by = jax.jacrev if rows < flat.size else jax.jacfwd
        return None, {"jacobian": by(of_flat)(flat)}

    def _loss(self, params: Arrays, data: Arrays) -> Any:
        return self.problem.loss(library()[1], params, data)

    def _flat(self, params: Arrays) -> Any:
        jax, _ = library()
        return jax.numpy.concatenate([params[name].ravel() for name in self.layout.names])


def function(problem: Problem, operator: Operator, instance: Instance) -> Callable[..., Found]:
    """The operator for this instance's shapes: (params, data[, direction]) -> Found."""
    return method(JaxOperators(problem, Layout.of(instance.params)), operator)


def absent(device: str) -> str | None:
    """Why JAX has no such device; None if it has."""
    jax, _ = library()
    try:
        jax.devices(device)
    except RuntimeError as error:
        return f"jax finds no device {device}: {error}"
    return None


def encoder(operator: Operator, setting: Setting) -> Callable[[Instance], tuple[Arrays, ...]]:
    """From an instance to the operator's arguments, on the device."""
    jax, _ = library()
    if (told := absent(setting.device)) is not None:
        raise Unavailable(told)
    device = jax.devices(setting.device)[0]
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
        None if value is None else _array(value),
        {name: _array(array) for name, array in derivative.items()},
    )


def _array(array: Any) -> np.ndarray[Any, Any]:
    found = np.array(array)
    return found.astype(np.float32) if found.dtype.name == "bfloat16" else found


def _cast(arrays: Arrays, dtype: str) -> Arrays:
    own = library()[0].numpy.dtype(dtype)  # NumPy alone has no bfloat16
    return {
        name: np.asarray(array, own if np.asarray(array).dtype.kind == "f" else None)
        for name, array in arrays.items()
    }
