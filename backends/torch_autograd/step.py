"""A training step as torch's users take it: loss, backward, torch.optim.

    optimizer.zero_grad();  loss(params, data).backward();  optimizer.step()

Where torch.optim has no optimiser that moves as ours does, ours moves the parameters, with torch's
gradient; tensors on the CPU and the flat vector then share their memory.

Measured on the CPU, 9 to 674,000 parameters: `fused=True` is the fastest form of Adam, AdamW,
AdaGrad and SGD with momentum, 1.3 to 6 times faster than what torch takes by default there; plain
SGD and RMSProp, which has no fused form, are left at the default, and so is a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradparity.backends.backend import Prepare, Setting, Train, TrainingStep
from gradparity.backends.optimizers.training import Training
from gradparity.backends.torch_autograd.namespace import in_dtype, library
from gradparity.backends.torch_autograd.operators import encoder
from gradparity.backends.training_step import EvaluateGradient, our_step, through_answers
from gradparity.problems import Arrays, Instance, Problem

MakeOptimizer = Callable[[list[Any]], Any]
"""make(tensors) -> torch.optim.Optimizer of them."""

Differentiate = Callable[[Arrays, Arrays], Any]
"""differentiate(params, data) -> the loss, detached; leaves its gradient in `grad` of each."""


def trains(prepare: Prepare, backward: bool = False) -> Train:
    """How a torch backend trains: by `loss.backward()`, or with the gradient that it prepares."""

    def train(
        problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        make = as_ours(training, setting.device)
        compute = prepare(problem, "gradient", instance, setting).run
        if make is not None:
            differentiate = _backward(problem, setting.dtype) if backward else _prepared(compute)
            return _torch_optim(make, differentiate, backward, training, instance, setting)
        if setting.device != "cpu":
            return through_answers(prepare)(problem, training, instance, setting)
        return _ours(compute, training, instance, setting)

    return train


def as_ours(training: Training, device: str) -> MakeOptimizer | None:
    """The optimiser of torch that moves as ours does with these options; None without one."""
    given = training.options
    torch, _ = library()
    optim, name = torch.optim, training.update
    keywords: dict[str, Any] = {"lr": 0.0, "weight_decay": given["weight_decay"]}
    if given.get("epsilon_inside"):
        return None
    if "epsilon" in given:
        keywords["eps"] = given["epsilon"]
    if name == "gd":
        return lambda tensors: optim.SGD(tensors, **keywords)
    if device == "cpu" and name != "rmsprop":
        keywords["fused"] = True
    if name in ("momentum", "nesterov"):
        mu = given["momentum"]
        nesterov = name == "nesterov" and mu > 0  # torch refuses to look ahead without momentum
        return lambda tensors: optim.SGD(tensors, momentum=mu, nesterov=nesterov, **keywords)
    if name == "adagrad":
        start = given["initial"]
        return lambda tensors: optim.Adagrad(tensors, initial_accumulator_value=start, **keywords)
    if name in ("adam", "adamw"):
        constructor = {"adam": optim.Adam, "adamw": optim.AdamW}[name]
        betas = (given["beta1"], given["beta2"])
        return lambda tensors: constructor(tensors, betas=betas, **keywords)
    if name == "rmsprop" and _torch_has(given):
        alpha, mu = given["decay"], given["momentum"]
        return lambda tensors: optim.RMSprop(tensors, alpha=alpha, momentum=mu, **keywords)
    return None


def _torch_has(given: Mapping[str, Any]) -> bool:
    """Whether torch's RMSProp moves like ours: from 0 on, and with the rate behind the momentum.

    Centred it does not: ours takes a variance that rounding makes negative for 0, torch for NaN.
    """
    rate_matters = given["rate_first"] and given["momentum"] > 0
    return not (given["centered"] or given["initial"] or rate_matters)


def _backward(problem: Problem, dtype: str) -> Differentiate:
    torch, xp = library()
    loss = in_dtype(problem.loss, dtype)

    def differentiate(params: Arrays, data: Arrays) -> Any:
        value = loss(xp, params, data)
        if value.requires_grad:
            value.backward()
        for x in params.values():
            if x.grad is None:  # the loss does not read it; weights decay all the same
                x.grad = torch.zeros_like(x)
        return value.detach()

    return differentiate


def _prepared(compute: Callable[[Any], tuple[Any, Arrays]]) -> Differentiate:
    def differentiate(params: Arrays, data: Arrays) -> Any:
        value, slopes = compute((params, data))
        for name, x in params.items():
            x.grad = slopes[name]
        return value

    return differentiate


def norm(tensors: list[Any]) -> Any:
    """The norm of all entries together, in float64; scaled first, or squares may vanish."""
    torch, _ = library()
    wide = [x.detach().to(torch.float64).reshape(-1) for x in tensors if x.numel()]
    if not wide:
        return 0.0
    norms = torch.stack([_norm(torch, x) for x in wide])
    return _norm(torch, norms)


def _norm(torch: Any, x: Any) -> Any:
    largest = torch.linalg.vector_norm(x, torch.inf)
    if not 0 < largest < torch.inf:
        return largest
    return largest * torch.linalg.vector_norm(x / largest)


def _torch_optim(
    make: MakeOptimizer,
    differentiate: Differentiate,
    backward: bool,
    training: Training,
    instance: Instance,
    setting: Setting,
) -> TrainingStep:
    torch, _ = library()
    encode = encoder("gradient", setting)
    clip = training.options["clip"]

    def start(params: Arrays) -> Any:
        tensors = encode(Instance(params, {}))[0]
        for x in tensors.values():
            x.requires_grad_(backward)
        return tensors, make(list(tensors.values()))

    def batch(data: Arrays) -> Arrays:
        return encode(Instance({}, data))[1]

    def run(state: Any, batch: Arrays, rate: float) -> tuple[Any, Any]:
        params, optimizer = state
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        value = differentiate(params, batch)
        norms = {name: norm([x.grad]) for name, x in params.items()} if training.norms else {}
        if clip is not None:
            _clip(params, clip)
        optimizer.step()
        if setting.device != "cpu":
            torch.cuda.synchronize()
        return state, (value, norms)

    def params(state: Any) -> Arrays:
        return {name: np.array(x.detach().cpu().numpy()) for name, x in state[0].items()}

    def report(reported: Any) -> tuple[float, dict[str, float]]:
        value, norms = reported
        return float(value), {name: float(length) for name, length in norms.items()}

    return TrainingStep("torch.optim", start, batch, run, params, report)


def _clip(params: Arrays, clip: float) -> None:
    """Scale the gradient down to norm `clip`; torch's own divides by the norm and 1e-6 more."""
    length = float(norm([x.grad for x in params.values()]))
    if not length < clip:
        for x in params.values():
            x.grad = x.grad * (clip / length)


def _ours(
    compute: Callable[[Any], tuple[Any, Arrays]],
    training: Training,
    instance: Instance,
    setting: Setting,
) -> TrainingStep:
    torch, _ = library()
    encode = encoder("gradient", setting)

    def bind(params: Arrays) -> EvaluateGradient:
        tensors = {name: torch.from_numpy(array) for name, array in params.items()}

        def evaluate(data: Arrays) -> tuple[Any, Arrays]:
            value, slopes = compute((tensors, data))
            return value, {name: slope.detach().numpy() for name, slope in slopes.items()}

        return evaluate

    return our_step(bind, lambda data: encode(Instance({}, data))[1], training, instance, setting)
