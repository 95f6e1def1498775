"""A plain function of JAX arrays as a loss: its jaxpr, walked once at a point.

Calls are walked into, and so are `jax.custom_jvp` and `jax.custom_vjp`: the function itself is
read, and the derivative that its author wrote for it is ignored, so that it can be judged. Loops
of many rounds are one step each (`rolling.py`), others are unrolled, and branches taken, as at the
point. `stop_gradient` makes a constant: its author
says that nothing passes there.

Source: JAX's own interpreter of jaxprs, https://docs.jax.dev/en/latest/notebooks/Writing_custom_interpreters_in_Jax.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.accuracy import values_good_to
from gradparity.harness.plain.from_jax.hoisting import hoisted, large_of
from gradparity.harness.plain.from_jax.loops import LOOPS
from gradparity.harness.plain.from_jax.matrices import FUNCTIONS
from gradparity.harness.plain.from_jax.movement import SPECIAL
from gradparity.harness.plain.from_jax.pairs import of_pairs
from gradparity.harness.plain.from_jax.rules import FLAT, RULES, SAME, WHOLE
from gradparity.harness.plain.from_jax.walk import JaxprWalk, Primitives, Traced, draws
from gradparity.harness.plain.steps.parting import parted
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.translation import LOW, Translation, Untranslatable

QUICKLY: dict[str, Any] = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
"""For a loss that is compiled to be run once."""


def translated(
    loss: Callable[[dict[str, Any]], Any],
    params: dict[str, np.ndarray[Any, Any]],
    dtype: str = "float64",
    own: Mapping[str, str] = MappingProxyType({}),
) -> Translation:
    """The loss in our own terms, read off at the point `params`, computed in `dtype`.

    own: the dtypes of parameters that have another.

    loss: loss({leaf: JAX array}) -> scalar JAX array, pure.
    Raises: Untranslatable, which names the primitive that a loss has no operations for.
    """
    import jax

    with jax.enable_x64(dtype == "float64"):

        def native_of(leaves: dict[str, Any]) -> Any:
            return {
                path: jax.numpy.asarray(x, dtype=own.get(path, dtype)) for path, x in leaves.items()
            }

        native = native_of(params)
        try:
            traced = jax.jit(loss).trace(native)
        except jax.errors.JAXTypeError as error:
            line = str(error).strip().splitlines()[0]
            raise Untranslatable(
                f"JAX cannot trace the loss: {line} Write jnp.where or lax.cond for `if`"
            ) from error
        closed = traced.jaxpr
        if len(closed.out_avals) != 1:
            raise Untranslatable(f"the loss returned {len(closed.out_avals)} arrays, not one")
        recording = StepRecording(list(params), "JAX", dtype)
        recording.draws = draws(closed.jaxpr)
        recording.good_to = values_good_to(closed.jaxpr)
        # In float32 a branch may be another, by rounding.
        seen = np.float32 if dtype == "float32" else np.float64
        known = Primitives(RULES, SPECIAL, SAME, FLAT, WHOLE, FUNCTIONS, of_pairs, LOOPS)
        walk = JaxprWalk(recording, known)
        leaves = [
            Traced(recording.params[name], np.asarray(params[name], seen))
            for name in sorted(params)
        ]
        with np.errstate(all="ignore"):
            (result,) = walk.called(closed.jaxpr, closed.consts, leaves)
        del leaves
        program = _valued(traced)

        def compiled(leaves: dict[str, Any]) -> Any:
            return program(native_of(leaves))

        value = np.asarray(compiled(native), np.float64)
        if value.shape != ():
            raise Untranslatable(
                f"the loss returned an array of shape {value.shape}; a loss is one number"
            )
        operand = result.slot if isinstance(result, Traced) else recording.constant(value)
        translation = recording.translation(operand, value.item(), params)
        if dtype in LOW:
            return translation
        precision = translation.precision if dtype == "float64" else dtype
        if not parted(compiled, translation, params, precision):
            return translation
        if not walk.held:
            raise Untranslatable("the loss moves otherwise than the JAX operations read off it")
        return replace(translation, held=tuple(walk.held))


def _valued(traced: Any) -> Callable[[Any], Any]:
    """The program of a traced function of one result."""
    import jax

    if not (large := large_of(traced.jaxpr)):
        program: Callable[[Any], Any] = traced.lower().compile(compiler_options=QUICKLY)
        return program
    lowered = jax.jit(hoisted(traced.jaxpr)).lower(large, list(traced.jaxpr.in_avals))
    run = lowered.compile(compiler_options=QUICKLY)
    return lambda leaves: run(large, jax.tree.leaves(leaves))[0][0]
