"""The average of the iterates, which is what a descent may be judged by instead of its last one.

    ema:β            a_1 = θ_1,   a_k = β a_{k-1} + (1 - β) θ_k
    ema:β:debiased   m_0 = 0,   m_k = β m_{k-1} + (1 - β) θ_k,   a_k = m_k/(1 - βᵏ)
    swa:START:EVERY  the mean of θ_START, θ_{START + EVERY}, ... so far; before START, a_k = θ_k

θ_k is the iterate after k steps; a_0 = θ_0. Nobody takes a gradient at an average: the updates go
on from θ_k. The mean is a ← a + (θ - a)/n, which needs no sum.

torch.optim.swa_utils: AveragedModel with get_ema_multi_avg_fn(β), and with its own average, told
the model after every step, or every EVERY steps from START on. optax: ema(β, debias=True) fed the
parameters. Sources: Polyak and Juditsky (1992), SIAM J. Control and Optimization 30; Izmailov et
al. (2018), Averaging weights leads to wider optima and better generalization, arXiv 1803.05407.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector

Average = Callable[[Vector], Vector]
"""average(theta) -> the average, (P,), after a step that led to theta; an array of its own."""


def start_average(text: str, theta: Vector) -> Average:
    """The average, told every iterate after theta, (P,), in their order.

    text: as `contract/averages.py` has it.
    """
    name, *told = text.split(":")
    if name == "swa":
        return _stochastic(theta, int(told[0]), int(told[1]))
    return _exponential(theta, float(told[0]), debiased=told[1:] == ["debiased"])


def _exponential(theta: Vector, decay: float, debiased: bool) -> Average:
    kept, left = np.zeros_like(theta), 1.0

    def average(theta: Vector) -> Vector:
        nonlocal left
        if left == 1.0 and not debiased:
            kept[:] = theta
        else:
            np.add(kept, (1.0 - decay) * (theta - kept), out=kept)
        left *= decay
        found: Vector = kept / (1.0 - left) if debiased else kept.copy()
        return found.astype(theta.dtype)

    return average


def _stochastic(theta: Vector, first: int, every: int) -> Average:
    kept, step, count = theta.copy(), 0, 0

    def average(theta: Vector) -> Vector:
        nonlocal step, count
        step += 1
        if step <= first:
            kept[:] = theta
            count = int(step == first)
        elif (step - first) % every == 0:
            count += 1
            np.add(kept, (theta - kept) / theta.dtype.type(count), out=kept)
        return kept.copy()

    return average
