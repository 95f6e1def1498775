"""Special functions: at their poles, at the ends of their domains, and where 0 meets infinity."""

from __future__ import annotations

import math
from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "special functions")

_EULER = 0.5772156649015329


def _hazard(x: float) -> float:
    """φ(x) / Φ(-x) of the normal distribution, x large: x + 1/(x + 2/(x + 3/(x + ...)))."""
    found = x
    for k in range(60, 0, -1):
        found = x + k / found
    return found


# fmt: off
CASES = (
    _case("xlogy(x, y), by x and y", (0.0, 2.0), "smooth: ln 2, 0", exactly((math.log(2), 0)),
        lambda torch, x: torch.xlogy(x[0], x[1]),
        lambda jnp, jax, x: jax.scipy.special.xlogy(x[0], x[1]),
        lambda xp, x: xp.xlogy(x[0], x[1])),
    _case("xlogy(x, y), by x and y", (0.0, 0.0), "-inf by x; by y it exists: 0",
        between((-math.inf, 0.0), (math.inf, 0.0)),
        lambda torch, x: torch.xlogy(x[0], x[1]),
        lambda jnp, jax, x: jax.scipy.special.xlogy(x[0], x[1]),
        lambda xp, x: xp.xlogy(x[0], x[1])),
    _case("xlogy(x, x), the entropy", 0.0, "-inf from the right; no function on the left",
        UNDEFINED,
        lambda torch, x: torch.xlogy(x, x), lambda jnp, jax, x: jax.scipy.special.xlogy(x, x),
        lambda xp, x: xp.xlogy(x, x)),
    _case("i0e(x)", 0.0, "1 from the left, -1 from the right", between(-1, 1),
        lambda torch, x: torch.special.i0e(x), lambda jnp, jax, x: jax.scipy.special.i0e(x),
        lambda xp, x: xp.i0e(x)),
    _case("i1e(x)", 0.0, "1/2 from both sides", exactly(0.5),
        lambda torch, x: torch.special.i1e(x), lambda jnp, jax, x: jax.scipy.special.i1e(x),
        lambda xp, x: xp.i1e(x)),
    _case("lgamma(x)", 1.0, f"smooth: {-_EULER:.4g}, minus Euler's number", exactly(-_EULER),
        lambda torch, x: torch.lgamma(x), lambda jnp, jax, x: jax.scipy.special.gammaln(x),
        lambda xp, x: xp.lgamma(x)),
    _case("lgamma(x)", 0.0, "a pole", UNDEFINED,
        lambda torch, x: torch.lgamma(x), lambda jnp, jax, x: jax.scipy.special.gammaln(x),
        lambda xp, x: xp.lgamma(x)),
    _case("digamma(x)", -1.0, "a pole", UNDEFINED,
        lambda torch, x: torch.digamma(x), lambda jnp, jax, x: jax.scipy.special.digamma(x),
        lambda xp, x: xp.digamma(x)),
    _case("erfinv(x)", 1.0, "+inf from the left; no function on the right", UNDEFINED,
        lambda torch, x: torch.erfinv(x), lambda jnp, jax, x: jax.scipy.special.erfinv(x),
        lambda xp, x: xp.erfinv(x)),
    _case("logit(x)", 0.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.logit(x), lambda jnp, jax, x: jax.scipy.special.logit(x),
        lambda xp, x: xp.logit(x)),
    _case("log_ndtr(x)", -40.0, f"smooth: {_hazard(40.0):.6g}", exactly(_hazard(40.0)),
        lambda torch, x: torch.special.log_ndtr(x),
        lambda jnp, jax, x: jax.scipy.special.log_ndtr(x), lambda xp, x: xp.log_ndtr(x)),
    _case("log of the normal distribution, as the formula is", -40.0,
        f"smooth: {_hazard(40.0):.6g}", exactly(_hazard(40.0)),
        lambda torch, x: torch.log(torch.special.ndtr(x)),
        lambda jnp, jax, x: jnp.log(jax.scipy.special.ndtr(x)), lambda xp, x: xp.log(xp.ndtr(x))),
)
# fmt: on
