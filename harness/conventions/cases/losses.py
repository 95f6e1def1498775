"""Losses and what stands before them: corners, saturation, masks, dropout."""

from __future__ import annotations

import math
from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "losses")

_INF = float("inf")
_SOFT = 1 / (1 + math.e)

# fmt: off
CASES = (
    _case("hinge, max(0, 1 - x)", 1.0, "-1 from the left, 0 from the right", between(-1, 0),
        lambda torch, x: torch.relu(1 - x), lambda jnp, jax, x: jnp.maximum(0, 1 - x),
        lambda xp, x: xp.maximum(1 - x, xp.zeros_like(x))),
    _case("L1 loss against itself", 1.0, "-1 from the left, 1 from the right", between(-1, 1),
        lambda torch, x: torch.nn.functional.l1_loss(x, torch.ones_like(x)),
        lambda jnp, jax, x: jnp.mean(jnp.abs(x - 1)), lambda xp, x: xp.mean(xp.abs(x - 1))),
    _case("huber(delta 1)", (-1.0, 1.0), "-1 at -1, 1 at 1, from both sides", exactly((-1, 1)),
        lambda torch, x: torch.nn.functional.huber_loss(x, torch.zeros_like(x), reduction="sum"),
        lambda jnp, jax, x: jnp.where(jnp.abs(x) <= 1, x * x / 2, jnp.abs(x) - 0.5),
        lambda xp, x: xp.where(xp.abs(x) <= 1, xp.square(x) / 2, xp.abs(x) - 0.5)),
    _case("smooth L1(beta 0)", 0.0, "|x|: -1 from the left, 1 from the right", between(-1, 1),
        lambda torch, x: torch.nn.functional.smooth_l1_loss(x, torch.zeros_like(x), beta=0.0),
        lambda jnp, jax, x: jnp.abs(x), lambda xp, x: xp.abs(x)),
    _case("pinball loss(0.9)", 0.0, "-0.1 from the left, 0.9 from the right", between(-0.1, 0.9),
        lambda torch, x: torch.maximum(0.9 * x, -0.1 * x),
        lambda jnp, jax, x: jnp.maximum(0.9 * x, -0.1 * x),
        lambda xp, x: xp.maximum(0.9 * x, -0.1 * x)),
    _case("cross-entropy, label 1", (1000.0, 0.0), "smooth: 1, -1", exactly((1, -1)),
        lambda torch, x: torch.nn.functional.cross_entropy(x[None], torch.tensor([1])),
        lambda jnp, jax, x: -jax.nn.log_softmax(x)[1],
        lambda xp, x: xp.max(x) + xp.log(xp.sum(xp.exp(x - xp.max(x)))) - x[1]),
    _case("cross-entropy as -log(softmax), label 1", (1000.0, 0.0), "smooth: 1, -1",
        exactly((1, -1)),
        lambda torch, x: -torch.log(torch.softmax(x, 0))[1],
        lambda jnp, jax, x: -jnp.log(jax.nn.softmax(x))[1],
        lambda xp, x: -xp.log(xp.exp(x[1] - xp.max(x)) / xp.sum(xp.exp(x - xp.max(x))))),
    _case("cross-entropy, a class masked by -inf", (0.0, -_INF), "label 0 is certain: 0, 0",
        exactly(0),
        lambda torch, x: torch.nn.functional.cross_entropy(x[None], torch.tensor([0])),
        lambda jnp, jax, x: -jax.nn.log_softmax(x)[0],
        lambda xp, x: xp.max(x) + xp.log(xp.sum(xp.exp(x - xp.max(x)))) - x[0]),
    _case("softmax, first entry", (0.0, 1.0, -_INF), "smooth: s(1 - s), -s(1 - s), 0",
        exactly((_SOFT * (1 - _SOFT), -_SOFT * (1 - _SOFT), 0)),
        lambda torch, x: torch.softmax(x, 0)[0], lambda jnp, jax, x: jax.nn.softmax(x)[0],
        lambda xp, x: xp.exp(x[0] - xp.max(x)) / xp.sum(xp.exp(x - xp.max(x)))),
    _case("softmax, everything masked", (-_INF, -_INF), "0/0: undefined", UNDEFINED,
        lambda torch, x: torch.softmax(x, 0)[0], lambda jnp, jax, x: jax.nn.softmax(x)[0],
        lambda xp, x: xp.exp(x[0] - xp.max(x)) / xp.sum(xp.exp(x - xp.max(x)))),
    _case("logsumexp", (0.0, -_INF), "smooth: 1, 0", exactly((1, 0)),
        lambda torch, x: torch.logsumexp(x, 0), lambda jnp, jax, x: jax.nn.logsumexp(x),
        lambda xp, x: xp.max(x) + xp.log(xp.sum(xp.exp(x - xp.max(x))))),
    _case("logsumexp, everything masked", (-_INF, -_INF), "the value is -inf", UNDEFINED,
        lambda torch, x: torch.logsumexp(x, 0), lambda jnp, jax, x: jax.nn.logsumexp(x),
        lambda xp, x: xp.max(x) + xp.log(xp.sum(xp.exp(x - xp.max(x))))),
    _case("logsumexp, a tie", (3.0, 3.0), "smooth: 1/2, 1/2", exactly(0.5),
        lambda torch, x: torch.logsumexp(x, 0), lambda jnp, jax, x: jax.nn.logsumexp(x),
        lambda xp, x: xp.max(x) + xp.log(xp.sum(xp.exp(x - xp.max(x))))),
    _case("logsumexp without the shift", (1000.0, 0.0), "smooth: 1, 0", exactly((1, 0)),
        lambda torch, x: torch.log(torch.sum(torch.exp(x))),
        lambda jnp, jax, x: jnp.log(jnp.sum(jnp.exp(x))), lambda xp, x: xp.log(xp.sum(xp.exp(x)))),
    _case("binary cross-entropy, p = 0, label 0", 0.0, "1 from the right; no function on the left",
        exactly(1),
        lambda torch, x: torch.nn.functional.binary_cross_entropy(x, torch.zeros_like(x)),
        lambda jnp, jax, x: -(0.0 * jnp.log(x) + jnp.log1p(-x)),
        lambda xp, x: -(0.0 * xp.log(x) + xp.log1p(-x))),
    _case("binary cross-entropy, p = 0, label 1", 0.0,
        "-inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.nn.functional.binary_cross_entropy(x, torch.ones_like(x)),
        lambda jnp, jax, x: -jnp.log(x), lambda xp, x: -xp.log(x)),
    _case("binary cross-entropy of logits, label 1", -1000.0, "smooth: -1", exactly(-1),
        lambda torch, x: torch.nn.functional.binary_cross_entropy_with_logits(
            x, torch.ones_like(x)),
        lambda jnp, jax, x: -jax.nn.log_sigmoid(x),
        lambda xp, x: xp.logaddexp(-x, xp.zeros_like(x))),
    _case("KL divergence from q = 1/2, by p", 0.0, "-inf from the right; no function on the left",
        UNDEFINED,
        lambda torch, x: torch.xlogy(x, x) - x * math.log(0.5),
        lambda jnp, jax, x: jax.scipy.special.kl_div(x, 0.5),
        lambda xp, x: x * xp.log(x) - x * math.log(0.5)),
    _case("dropout, p = 0", (1.0, 2.0), "the function is x: 1, 1", exactly(1),
        lambda torch, x: torch.nn.functional.dropout(x, 0.0),
        lambda jnp, jax, x: jnp.where(jax.random.bernoulli(jax.random.key(0), 1.0, x.shape), x, 0)),
    _case("dropout, p = 1, kept entries divided by 1 - p", (1.0, 2.0),
        "everything is dropped: 0, 0", exactly(0),
        lambda torch, x: torch.nn.functional.dropout(x, 1.0),
        lambda jnp, jax, x: jnp.where(
            jax.random.bernoulli(jax.random.key(0), 0.0, x.shape), x / 0.0, 0),
        lambda xp, x: xp.where(x > 9, x / xp.zeros_like(x), xp.zeros_like(x))),
)
# fmt: on
