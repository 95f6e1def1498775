"""A walk over a jaxpr, equation by equation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gradparity.harness.findings.finding import HeldConstant
from gradparity.harness.plain.from_jax.exact import exactly
from gradparity.harness.plain.steps.complex_pairs import Pair
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Datum, Operand, Rule, Slot
from gradparity.harness.plain.steps.translation import Untranslatable, refuse_rounding
from gradparity.problems import Array
from gradparity.problems.namespace import NUMPY

INNER = {
    **{"jit": "jaxpr", "pjit": "jaxpr", "remat2": "jaxpr", "remat": "jaxpr", "checkpoint": "jaxpr"},
    **{"closed_call": "call_jaxpr", "core_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr"},
    **{"custom_vjp_call": "call_jaxpr", "custom_vjp_call_jaxpr": "fun_jaxpr", "composite": "jaxpr"},
}
"""The primitives that call a jaxpr, and the name of theirs."""


_DRAWING = ("random_bits", "random_gamma", "threefry2x32", "rng_bit_generator", "rng_uniform")


def draws(jaxpr: Any) -> bool:
    """Whether random numbers are drawn in a jaxpr, or in one that it calls."""
    for eqn in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        inner = [x for p in eqn.params.values() for x in (p if isinstance(p, tuple) else (p,))]
        called = (x for x in inner if hasattr(getattr(x, "jaxpr", x), "eqns"))
        if eqn.primitive.name in _DRAWING or any(map(draws, called)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Traced:
    """An array that depends on the parameters: where it is recorded, and its value at the point."""

    slot: Slot
    value: np.ndarray[Any, Any]


EquationRule = Callable[["JaxprWalk", Any, Sequence[Any]], list[Any]]
"""rule(walk, equation, inputs) -> the equation's results."""


@dataclass(frozen=True, slots=True)
class Primitives:
    """What a walk knows of JAX's primitives, by name.

    rules: those that are one rule(xp, *operands, *parameters) on arrays, with the names of these
    parameters. special: those that need more. same: those that hand on what they get.
    flat: those without a derivative, whose values at the point are constants of the loss.
    whole: JAX's own functions of one array that are an operation, and are not taken apart.
    functions: those that are not taken apart either, and need more than one rule.
    pairs: the rule for equations with complex arrays.
    loops: those that go round, and branches.
    """

    rules: Mapping[str, tuple[Rule, tuple[str, ...]]]
    special: Mapping[str, EquationRule]
    same: Collection[str]
    flat: Collection[str]
    whole: Mapping[str, Rule]
    functions: Mapping[str, EquationRule]
    pairs: EquationRule
    loops: Mapping[str, EquationRule]


def library_function(jaxpr: Any) -> str:
    """The name of JAX's own function whose program a called jaxpr is; "" of a user's."""
    told = getattr(getattr(jaxpr, "jaxpr", jaxpr).debug_info, "func_src_info", None) or ""
    name, _, place = told.partition(" at ")
    return name if Path(place).is_relative_to(_JAX) else ""


_JAX = Path(jax.__file__).parent


class JaxprWalk:
    """The walk over jaxprs at a point: what moves is recorded, the rest is computed by JAX."""

    def __init__(self, recording: StepRecording, known: Primitives) -> None:
        self.recording, self.known = recording, known
        self.held: list[HeldConstant] = []

    def called(self, jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
        """The results of a jaxpr; a value goes as soon as no equation reads it any more."""
        known: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
        known.update(zip(jaxpr.invars, inputs, strict=True))

        def read(variable: Any) -> Any:
            return variable.val if hasattr(variable, "val") else known[variable]

        def variables(atoms: Sequence[Any]) -> list[Any]:
            return [v for v in atoms if not hasattr(v, "val")]

        last = {v: eqn for eqn in jaxpr.eqns for v in variables(eqn.invars)}
        last |= dict.fromkeys(variables(jaxpr.outvars))
        for eqn in jaxpr.eqns:
            results = self._equation(eqn, [read(v) for v in eqn.invars])
            known.update(zip(eqn.outvars, results, strict=True))
            for v in variables(eqn.invars):
                if last[v] is eqn:
                    known.pop(v, None)
        return [read(v) for v in jaxpr.outvars]

    def moves(self, x: Any) -> bool:
        """Whether an input depends on the parameters."""
        return isinstance(x, Traced | Pair)

    def value(self, x: Any) -> Any:
        """An input's value at the point."""
        return x.value if isinstance(x, Traced | Pair) else x

    def shape(self, x: Any) -> tuple[int, ...]:
        """An input's shape."""
        return tuple(np.shape(self.value(x)))

    def applied(self, rule: Callable[..., Array], *inputs: Any) -> Any:
        """The result of rule(xp, *inputs), recorded if an input moves."""
        return self.recorded(lambda r, *operands: r.step(rule, *operands), *inputs)

    def recorded(
        self, steps: Callable[..., Slot], *inputs: Any, whole: bool = False
    ) -> Traced | Array:
        """The result of steps(recording, *operands), with its value at the point.

        whole: constants without axes are arrays too, not Python numbers.
        """
        operands = [self._operand(x, whole) for x in inputs]
        first = len(self.recording.steps)
        slot = steps(self.recording, *operands)
        values = {x.slot.number: x.value for x in inputs if isinstance(x, Traced)}
        for step in self.recording.steps[first:]:
            values[step.result] = np.asarray(
                step.rule(NUMPY, *(self._read(values, operand) for operand in step.operands))
            )
        if not any(isinstance(x, Traced) for x in inputs):
            del self.recording.steps[first:]
            return values[slot.number]
        return Traced(slot, values[slot.number])

    def _operand(self, x: Any, whole: bool) -> Operand:
        if isinstance(x, Traced):
            return x.slot
        if isinstance(x, Pair):
            raise Untranslatable("a JAX loop or sort of complex numbers")
        return self.recording.datum(x) if whole else self.recording.constant(x)

    def _read(self, values: dict[int, Array], operand: Operand) -> Any:
        if isinstance(operand, Slot):
            return values[operand.number]
        return self.recording.data[operand.name] if isinstance(operand, Datum) else operand

    def _equation(self, eqn: Any, inputs: list[Any]) -> list[Any]:
        name = eqn.primitive.name
        if not any(map(self.moves, inputs)):
            return self._concrete(eqn, inputs)
        if name in INNER:
            inner = eqn.params[INNER[name]]
            function = library_function(inner)
            if function in self.known.whole:
                results = [self.applied(self.known.whole[function], *inputs)]
            elif function in self.known.functions:
                results = self.known.functions[function](self, eqn, inputs)
            else:
                return self.inner(inner, inputs)
            return [self._rounded(v, x) for v, x in zip(eqn.outvars, results, strict=True)]
        if name in self.known.loops:
            return self.known.loops[name](self, eqn, inputs)
        if any(_is_complex(x) for x in (*eqn.invars, *eqn.outvars)):
            results = self.known.pairs(self, eqn, inputs)
        else:
            results = self.of_arrays(eqn, inputs)
        if name in EXACT:
            return results
        return [self._rounded(v, x) for v, x in zip(eqn.outvars, results, strict=True)]

    def _rounded(self, variable: Any, x: Any) -> Any:
        """What a variable holds of an array: one of float32 less, in a float64 run."""
        narrow = variable.aval.dtype in (np.float32, np.complex64)
        if not narrow or self.recording.dtype != "float64":
            return x
        if isinstance(x, Pair):
            return replace(x, re=self._rounded(variable, x.re), im=self._rounded(variable, x.im))
        if not isinstance(x, Traced):
            return x
        return Traced(self.recording.single(x.slot), x.value)

    def of_arrays(self, eqn: Any, inputs: list[Any]) -> list[Any]:
        """The results of an equation of real arrays, or for one part of complex ones."""
        name = eqn.primitive.name
        for variable in eqn.outvars:
            refuse_rounding(str(variable.aval.dtype), name, self.recording.dtype)
        if name in self.known.same:
            return inputs
        if name == "stop_gradient":
            origins = self.recording.origins(inputs[0].slot)
            self.held.append(HeldConstant(name, self.shape(inputs[0]), origins))
            return self._concrete(eqn, inputs)
        kinds = {v.aval.dtype.kind for v in eqn.outvars}
        if name in self.known.flat or kinds <= {"i", "u"}:
            return self._concrete(eqn, inputs)
        if name in self.known.special:
            return self.known.special[name](self, eqn, inputs)
        if name in self.known.rules:
            rule, taken = self.known.rules[name]
            statics = [eqn.params[key] for key in taken]
            return [self.applied(lambda xp, *arrays: rule(xp, *arrays, *statics), *inputs)]
        if kinds <= {"i", "u", "b"}:
            return self._concrete(eqn, inputs)
        raise Untranslatable(
            f"jax primitive {name!r} cannot be written in the operations of a loss (xp)"
        )

    def _concrete(self, eqn: Any, inputs: list[Any]) -> list[Any]:
        values = [
            np.asarray(x.value, v.aval.dtype) if self.moves(x) else x
            for x, v in zip(inputs, eqn.invars, strict=True)
        ]
        if (found := exactly(eqn, values)) is not None:
            return [found]
        bound = eqn.primitive.get_bind_params(eqn.params)
        # Before JAX 0.10 a pair came back, with functions that go first.
        functions, params = bound if isinstance(bound, tuple) else ((), bound)
        results = eqn.primitive.bind(*functions, *values, **params)
        return list(results) if eqn.primitive.multiple_results else [results]

    def inner(self, jaxpr: Any, inputs: Sequence[Any]) -> list[Any]:
        """The results of a jaxpr that brings its constants along, or has none."""
        open_jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        return self.called(open_jaxpr, getattr(jaxpr, "consts", ()), inputs)

    def stacked(self, arrays: Sequence[Any], axis: int = 0) -> Any:
        """The arrays side by side along a new axis, recorded if one of them moves."""
        if not any(map(self.moves, arrays)):
            rows = [plain(x) for x in arrays]
            if all(isinstance(x, np.ndarray) for x in rows):
                return np.stack(rows, axis=axis)
            return jax.numpy.stack(rows, axis=axis)
        return self.recorded(
            lambda r, *rows: r.step(lambda xp, *rows: xp.stack(list(rows), axis=axis), *rows),
            *arrays,
            whole=True,
        )


def _is_complex(variable: Any) -> bool:
    return bool(np.issubdtype(getattr(variable.aval, "dtype", None), np.complexfloating))


def plain(x: Any) -> Any:
    """An array as NumPy's; random keys, which NumPy has no dtype for, as they are."""
    return np.asarray(x) if isinstance(getattr(x, "dtype", np.dtype(float)), np.dtype) else x


EXACT = frozenset(
    (
        *("reshape", "squeeze", "expand_dims", "transpose", "rev", "slice", "concatenate"),
        *("broadcast_in_dim", "neg", "abs", "max", "min", "select_n", "reduce_max", "reduce_min"),
        *("copy", "copy_p", "device_put", "optimization_barrier", "dynamic_slice", "gather"),
    )
)
"""The primitives whose results are entries of their operands: they round nothing."""
