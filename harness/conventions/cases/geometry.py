"""Norms, angles and spreads at the origin, at ties and for constants."""

from __future__ import annotations

import math
from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "norms and spreads")

_BALL = "a cone: every vector of length up to 1 is a subgradient"

# fmt: off
CASES = (
    _case("abs(x)", 0.0, "-1 from the left, 1 from the right", between(-1, 1),
        lambda torch, x: torch.abs(x), lambda jnp, jax, x: jnp.abs(x), lambda xp, x: xp.abs(x)),
    _case("norm 1", (0.0, 0.0), "-1 and 1 on the two sides of each entry", between(-1, 1),
        lambda torch, x: torch.linalg.vector_norm(x, 1), lambda jnp, jax, x: jnp.linalg.norm(x, 1),
        lambda xp, x: xp.sum(xp.abs(x))),
    _case("norm 2", (0.0, 0.0), _BALL, between(-1, 1),
        lambda torch, x: torch.linalg.vector_norm(x), lambda jnp, jax, x: jnp.linalg.norm(x),
        lambda xp, x: xp.sqrt(xp.sum(xp.square(x)))),
    _case("norm 2, squared", (0.0, 0.0), "smooth: 0", exactly(0),
        lambda torch, x: torch.linalg.vector_norm(x) ** 2,
        lambda jnp, jax, x: jnp.linalg.norm(x) ** 2,
        lambda xp, x: xp.square(xp.sqrt(xp.sum(xp.square(x))))),
    _case("norm 3", (0.0, 0.0), "a cone: from -1 to 1 in each entry", between(-1, 1),
        lambda torch, x: torch.linalg.vector_norm(x, 3), lambda jnp, jax, x: jnp.linalg.norm(x, 3),
        lambda xp, x: xp.pow(xp.sum(xp.pow(xp.abs(x), 3.0)), 1 / 3)),
    _case("norm 3", (0.0, 2.0), "smooth: 0, 1", exactly((0, 1)),
        lambda torch, x: torch.linalg.vector_norm(x, 3), lambda jnp, jax, x: jnp.linalg.norm(x, 3),
        lambda xp, x: xp.pow(xp.sum(xp.pow(xp.abs(x), 3.0)), 1 / 3)),
    _case("norm inf", (0.0, 0.0), "-1 and 1 on the two sides of each entry", between(-1, 1),
        lambda torch, x: torch.linalg.vector_norm(x, math.inf),
        lambda jnp, jax, x: jnp.linalg.norm(x, jnp.inf), lambda xp, x: xp.max(xp.abs(x))),
    _case("norm inf, a tie", (1.0, -1.0), "a share of the signs 1, -1 between the tied entries",
        between((0, -1), (1, 0)),
        lambda torch, x: torch.linalg.vector_norm(x, math.inf),
        lambda jnp, jax, x: jnp.linalg.norm(x, jnp.inf), lambda xp, x: xp.max(xp.abs(x))),
    _case("Frobenius norm", ((0.0, 0.0), (0.0, 0.0)), _BALL, between(-1, 1),
        lambda torch, x: torch.linalg.matrix_norm(x), lambda jnp, jax, x: jnp.linalg.norm(x),
        lambda xp, x: xp.sqrt(xp.sum(xp.square(x)))),
    _case("normalise, x / max(norm, 1e-12)", (0.0, 0.0), "smooth: 1e12", exactly(1e12),
        lambda torch, x: torch.nn.functional.normalize(x, dim=0),
        lambda jnp, jax, x: x / jnp.maximum(jnp.linalg.norm(x), 1e-12),
        lambda xp, x: x / xp.maximum(xp.sqrt(xp.sum(xp.square(x))), 1e-12 * xp.ones_like(x[0]))),
    _case("cosine similarity with (1, 0)", (0.0, 0.0), "0/0: the limit depends on the direction",
        UNDEFINED,
        lambda torch, x: torch.nn.functional.cosine_similarity(
            x, torch.eye(2, dtype=x.dtype)[0], 0),
        lambda jnp, jax, x: x[0] / jnp.linalg.norm(x),
        lambda xp, x: x[0] / xp.sqrt(xp.sum(xp.square(x)))),
    _case("distance of x to itself", (1.0, 2.0), "the function is 0: 0", exactly(0),
        lambda torch, x: torch.linalg.vector_norm(x - x),
        lambda jnp, jax, x: jnp.linalg.norm(x - x),
        lambda xp, x: xp.sqrt(xp.sum(xp.square(x - x)))),
    _case("pairwise distances, equal rows", ((1.0, 2.0), (1.0, 2.0)),
        "a cone: every length up to 1 in a row, for each of the two pairs", between(-2, 2),
        lambda torch, x: torch.cdist(x, x),
        lambda jnp, jax, x: jnp.linalg.norm(x[:, None] - x[None], axis=-1),
        lambda xp, x: xp.sqrt(xp.sum(xp.square(
            xp.expand_dims(x, axis=1) - xp.expand_dims(x, axis=0)), axis=2))),
    _case("atan2(y, x)", (0.0, 0.0), "an angle without a direction", UNDEFINED,
        lambda torch, x: torch.atan2(x[0], x[1]), lambda jnp, jax, x: jnp.arctan2(x[0], x[1]),
        lambda xp, x: xp.atan2(x[0], x[1])),
    _case("atan2(y, x) on the cut", (0.0, -1.0),
        "the angle jumps by 2 pi; its slopes on both sides: -1, 0", exactly((-1, 0)),
        lambda torch, x: torch.atan2(x[0], x[1]), lambda jnp, jax, x: jnp.arctan2(x[0], x[1]),
        lambda xp, x: xp.atan2(x[0], x[1])),
    _case("hypot(x, y)", (0.0, 0.0), _BALL, between(-1, 1),
        lambda torch, x: torch.hypot(x[0], x[1]), lambda jnp, jax, x: jnp.hypot(x[0], x[1]),
        lambda xp, x: xp.hypot(x[0], x[1])),
    _case("hypot(x, y), huge", (3e200, 4e200), "smooth: 0.6, 0.8", exactly((0.6, 0.8)),
        lambda torch, x: torch.hypot(x[0], x[1]), lambda jnp, jax, x: jnp.hypot(x[0], x[1]),
        lambda xp, x: xp.hypot(x[0], x[1])),
    _case("norm 2, tiny", (3e-200, 4e-200), "smooth: 0.6, 0.8", exactly((0.6, 0.8)),
        lambda torch, x: torch.linalg.vector_norm(x), lambda jnp, jax, x: jnp.linalg.norm(x),
        lambda xp, x: xp.sqrt(xp.sum(xp.square(x)))),
    _case("std of a constant", (2.0, 2.0, 2.0), "a cone: from -0.58 to 0.58 in each entry",
        between(-1 / math.sqrt(3), 1 / math.sqrt(3), total=0),
        lambda torch, x: torch.std(x), lambda jnp, jax, x: jnp.std(x, ddof=1),
        lambda xp, x: xp.std(x, correction=1)),
    _case("var of a constant", (2.0, 2.0, 2.0), "smooth: 0", exactly(0),
        lambda torch, x: torch.var(x), lambda jnp, jax, x: jnp.var(x, ddof=1),
        lambda xp, x: xp.var(x, correction=1)),
    _case("std of one number, ddof 1", (2.0,), "0/0: undefined", UNDEFINED,
        lambda torch, x: torch.std(x), lambda jnp, jax, x: jnp.std(x, ddof=1)),
    _case("layer norm of a constant, times 1, 2, 3", (2.0, 2.0, 2.0),
        "smooth, eps = 1e-5: -1, 0, 1 over sqrt(1e-5)",
        exactly((-math.sqrt(1e5), 0, math.sqrt(1e5))),
        lambda torch, x: torch.nn.functional.layer_norm(x, (3,)) * torch.arange(1, 4),
        lambda jnp, jax, x: jax.nn.standardize(x, epsilon=1e-5) * jnp.arange(1, 4),
        lambda xp, x: (x - xp.mean(x)) / xp.sqrt(xp.mean(xp.square(x - xp.mean(x))) + 1e-5)
            * xp.astype(xp.arange(1, 4), x.dtype)),
    _case("correlation of a constant with 1, 2, 4", (2.0, 2.0, 2.0),
        "0/0: the limit depends on the direction", UNDEFINED,
        lambda torch, x: torch.corrcoef(
            torch.stack([x, torch.tensor([1.0, 2.0, 4.0], dtype=x.dtype)]))[0, 1],
        lambda jnp, jax, x: jnp.corrcoef(x, jnp.array([1.0, 2.0, 4.0]))[0, 1]),
    _case("absolute difference of the ends", (1.0, 1.0), "-1 and 1 on the two sides of each entry",
        between(-1, 1),
        lambda torch, x: torch.abs(x[0] - x[1]), lambda jnp, jax, x: jnp.abs(x[0] - x[1]),
        lambda xp, x: xp.abs(x[0] - x[1])),
)
# fmt: on
