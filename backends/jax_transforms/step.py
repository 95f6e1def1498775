"""A training step as JAX's users take it: gradient, optax and the new parameters, one program.

    value, g = value_and_grad(loss)(params, data)
    updates, memory = optimizer.update(g, memory, params)
    params = apply_updates(params, updates)

The old parameters and the optimiser's memory are donated: their buffers hold the new ones. The rate
is an argument, so that a schedule compiles nothing anew. Where optax has no optimiser that moves as
ours does, ours moves the parameters, with JAX's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradparity.backends.backend import Prepare, Setting, Train, TrainingStep
from gradparity.backends.jax_transforms.namespace import library
from gradparity.backends.jax_transforms.operators import encoder, function
from gradparity.backends.optimizers.catalogue import find
from gradparity.backends.optimizers.training import Training
from gradparity.backends.training_step import EvaluateGradient, our_step
from gradparity.problems import Arrays, Instance, Problem

MakeTransformation = Callable[[Any], Any]
"""make(rate) -> optax.GradientTransformation."""


def trains(prepare: Prepare, compiled: bool) -> Train:
    """How a JAX backend trains, `compiled` into one program or not."""

    def train(
        problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        make = as_ours(training)
        if make is None:
            return _ours(prepare, problem, training, instance, setting)
        return _optax(make, compiled, problem, training, instance, setting)

    return train


def as_ours(training: Training) -> MakeTransformation | None:
    """The optax optimiser that moves as ours does with these options; None where there is none."""
    import optax

    given = training.options
    make = _own(training.update, given)
    if make is None:
        return None
    before = []
    if given["clip"] is not None:
        before.append(_clipping(given["clip"]))
    if "weight_decay" not in find(training.update).own_options and given["weight_decay"]:
        before.append(optax.add_decayed_weights(given["weight_decay"]))
    return lambda rate: optax.chain(*before, make(rate)) if before else make(rate)


def _own(name: str, given: Mapping[str, Any]) -> MakeTransformation | None:
    import optax

    if name == "gd":
        return optax.sgd  # type: ignore[no-any-return]
    if name in ("momentum", "nesterov"):
        nesterov = name == "nesterov"
        return lambda rate: optax.sgd(rate, momentum=given["momentum"], nesterov=nesterov)
    if name == "adagrad" and given["epsilon_inside"]:  # optax adds ε under the root alone
        return lambda rate: optax.adagrad(rate, given["initial"], given["epsilon"])
    if name == "rmsprop" and not given["centered"]:
        # Centred, ours takes a variance that rounding makes negative for 0, optax for NaN.
        return _rmsprop(given)
    if name == "muon":
        return _muon(given)
    if name in ("adam", "adamw", "lion"):
        keywords = {"b1": given["beta1"], "b2": given["beta2"]}
        if name != "adam":
            keywords["weight_decay"] = given["weight_decay"]
        if name != "lion":
            outside, inside = (0.0, 1.0) if given["epsilon_inside"] else (1.0, 0.0)
            keywords["eps"] = outside * given["epsilon"]
            keywords["eps_root"] = inside * given["epsilon"]
        constructor = getattr(optax, name)
        return lambda rate: constructor(rate, **keywords)
    return None


def _muon(given: Mapping[str, Any]) -> MakeTransformation:
    from optax import contrib

    decay = given["weight_decay"]
    keywords = {
        "ns_steps": given["iterations"],
        "beta": given["momentum"],
        "eps": given["epsilon"],
        "weight_decay": decay,
        "adam_weight_decay": decay,
        "nesterov": given["nesterov"],
        "adam_b1": given["beta1"],
        "adam_b2": given["beta2"],
    }
    return lambda rate: contrib.muon(rate, **keywords)


def _rmsprop(given: Mapping[str, Any]) -> MakeTransformation:
    """RMSProp: optax's own, and with the rate behind the momentum, put together of its pieces."""
    import optax

    momentum = given["momentum"] or None
    keywords = {
        "decay": given["decay"],
        "eps": given["epsilon"],
        "initial_scale": given["initial"],
        "eps_in_sqrt": given["epsilon_inside"],
    }
    if momentum is None or given["rate_first"]:
        return lambda rate: optax.rmsprop(rate, momentum=momentum, **keywords)
    return lambda rate: optax.chain(
        optax.scale_by_rms(**keywords), optax.trace(momentum), optax.scale_by_learning_rate(rate)
    )


def _clipping(clip: float) -> Any:
    """The gradient clipped at this norm; optax's own norm of float32 overflows at 1e19."""
    import optax

    jax, _ = library()

    def clipped(gradient: Any, params: Any = None) -> Any:
        length = norm(jax.tree.leaves(gradient))
        factor = jax.numpy.where(length < clip, 1.0, clip / length)
        return jax.tree.map(lambda g: g * factor.astype(g.dtype), gradient)

    return optax.stateless(clipped)


def norm(arrays: list[Any]) -> Any:
    """The norm of all entries together, in float64; scaled first, or squares may vanish."""
    jax, _ = library()
    jnp = jax.numpy
    wide = [array.astype(jnp.float64) for array in arrays]
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(x), initial=0.0) for x in wide]))
    scale = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1.0)
    root = scale * jnp.sqrt(sum(jnp.sum(jnp.square(x / scale)) for x in wide))
    return jnp.where(jnp.isfinite(largest), root, largest)


def _optax(
    make: MakeTransformation,
    compiled: bool,
    problem: Problem,
    training: Training,
    instance: Instance,
    setting: Setting,
) -> TrainingStep:
    import optax

    jax, _ = library()
    encode = encoder("gradient", setting)
    gradient = function(problem, "gradient", instance)

    def step(state: Any, data: Arrays, rate: Any) -> tuple[Any, Any]:
        params, memory = state
        value, slopes = gradient(params, data)
        norms = {name: norm([slopes[name]]) for name in slopes} if training.norms else {}
        updates, memory = make(rate).update(slopes, memory, params)
        return (optax.apply_updates(params, updates), memory), (value, norms)

    last: tuple[Any, Any] = (None, None)

    def argument(rate: float) -> Any:
        """The rate, on the device from its second use on.

        Measured: a step in 14 µs takes 4 µs longer with a number of NumPy's or Python's, and moving
        that to the device takes 60 µs.
        """
        nonlocal last
        if rate != last[0]:
            last = rate, np.dtype(setting.dtype).type(rate)
        elif isinstance(last[1], np.generic):
            last = rate, encode(Instance({}, {"rate": last[1]}))[1]["rate"]
        return last[1]

    def remembered(params: Arrays) -> Any:
        return make(0.0).init(params)

    if compiled:
        native, data = encode(instance)
        remember = jax.jit(remembered).lower(native).compile()
        state = (native, jax.eval_shape(remembered, native))
        move = jax.jit(step, donate_argnums=0).lower(state, data, argument(0.1)).compile()
    else:
        remember, move = remembered, step

    def start(params: Arrays) -> Any:
        # A copy: encoded arrays may lie in the caller's memory, and these are donated.
        native = jax.tree.map(jax.numpy.array, encode(Instance(params, {}))[0])
        return native, remember(native)

    def batch(data: Arrays) -> Arrays:
        return encode(Instance({}, data))[1]

    def run(state: Any, batch: Arrays, rate: float) -> tuple[Any, Any]:
        state, report = move(state, batch, argument(rate))
        if compiled:
            report[0].block_until_ready()  # results of one program are ready together
        else:
            jax.block_until_ready((state, report))
        return state, report

    def params(state: Any) -> Arrays:
        return {name: np.array(state[0][name]) for name in instance.params}

    def report(reported: Any) -> tuple[float, dict[str, float]]:
        value, norms = reported
        return float(value), {name: float(norms[name]) for name in instance.params if norms}

    return TrainingStep("optax", start, batch, run, params, report)


def _ours(
    prepare: Prepare, problem: Problem, training: Training, instance: Instance, setting: Setting
) -> TrainingStep:
    encode = encoder("gradient", setting)
    compute = prepare(problem, "gradient", instance, setting).run

    def bind(params: Arrays) -> EvaluateGradient:
        def evaluate(data: Arrays) -> tuple[Any, Arrays]:
            value, slopes = compute((encode(Instance(params, {}))[0], data))
            return value, {name: np.asarray(slope) for name, slope in slopes.items()}

        return evaluate

    return our_step(bind, lambda data: encode(Instance({}, data))[1], training, instance, setting)
