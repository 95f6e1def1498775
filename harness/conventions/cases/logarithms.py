"""Logarithms, exponentials, products and inverse functions at the edge of their domain."""

from __future__ import annotations

from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, Lawful, exactly

_case = partial(Case, "logarithms and products")

_SUBNORMAL = 1e-310
_KEPT_OR_FLUSHED = Lawful(0, _SUBNORMAL, scale=0)

# fmt: off
CASES = (
    _case("log(x)", 0.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.log(x), lambda jnp, jax, x: jnp.log(x), lambda xp, x: xp.log(x)),
    _case("log(x)", -1.0, "outside the domain: the value is NaN, the formula 1/x is -1", UNDEFINED,
        lambda torch, x: torch.log(x), lambda jnp, jax, x: jnp.log(x), lambda xp, x: xp.log(x)),
    _case("log1p(x)", -1.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.log1p(x), lambda jnp, jax, x: jnp.log1p(x),
        lambda xp, x: xp.log1p(x)),
    _case("log1p(x)", 1e-20, "smooth: 1", exactly(1),
        lambda torch, x: torch.log1p(x), lambda jnp, jax, x: jnp.log1p(x),
        lambda xp, x: xp.log1p(x)),
    _case("x log x, as the formula is", 0.0, "-inf from the right; no function on the left",
        UNDEFINED,
        lambda torch, x: x * torch.log(x), lambda jnp, jax, x: x * jnp.log(x),
        lambda xp, x: x * xp.log(x)),
    _case("xlogy(x, x)", 0.0, "-inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.xlogy(x, x), lambda jnp, jax, x: jax.scipy.special.xlogy(x, x)),
    _case("xlogy(0, y) by y", 0.0, "the function is 0: 0", exactly(0),
        lambda torch, x: torch.xlogy(torch.zeros_like(x), x),
        lambda jnp, jax, x: jax.scipy.special.xlogy(0.0, x)),
    _case("entropy term, entr(x) = -x log x", 0.0, "+inf from the right; no function on the left",
        UNDEFINED,
        lambda torch, x: torch.special.entr(x), lambda jnp, jax, x: jax.scipy.special.entr(x)),
    _case("exp(x)", 800.0, "larger than float64 holds", UNDEFINED,
        lambda torch, x: torch.exp(x), lambda jnp, jax, x: jnp.exp(x), lambda xp, x: xp.exp(x)),
    _case("exp(-1/x²)", 0.0, "smooth where 0 is filled in: 0", exactly(0),
        lambda torch, x: torch.exp(-1 / x**2), lambda jnp, jax, x: jnp.exp(-1 / x**2),
        lambda xp, x: xp.exp(-1 / xp.square(x))),
    _case("x²/2, a subnormal number", _SUBNORMAL,
        "smooth: 1e-310, or 0 where subnormal numbers are flushed", _KEPT_OR_FLUSHED,
        lambda torch, x: x * x / 2, lambda jnp, jax, x: x * x / 2, lambda xp, x: x * x / 2),
    _case("1e-310 · x, a subnormal factor", 1.0,
        "smooth: 1e-310, or 0 where subnormal numbers are flushed", _KEPT_OR_FLUSHED,
        lambda torch, x: _SUBNORMAL * x, lambda jnp, jax, x: _SUBNORMAL * x,
        lambda xp, x: _SUBNORMAL * x),
    _case("prod with a zero", (2.0, 0.0, 3.0), "smooth: 0, 6, 0", exactly((0, 6, 0)),
        lambda torch, x: torch.prod(x), lambda jnp, jax, x: jnp.prod(x), lambda xp, x: xp.prod(x)),
    _case("prod with two zeros", (2.0, 0.0, 0.0), "smooth: 0, 0, 0", exactly(0),
        lambda torch, x: torch.prod(x), lambda jnp, jax, x: jnp.prod(x), lambda xp, x: xp.prod(x)),
    _case("cumprod with a zero, summed", (2.0, 0.0, 3.0),
        "x0 + x0 x1 + x0 x1 x2 is smooth: 1, 8, 0", exactly((1, 8, 0)),
        lambda torch, x: torch.cumprod(x, 0), lambda jnp, jax, x: jnp.cumprod(x),
        lambda xp, x: x[0] + xp.prod(x[:2]) + xp.prod(x)),
    _case("cumprod with two zeros, summed", (0.0, 0.0, 3.0),
        "x0 + x0 x1 + x0 x1 x2 is smooth: 1, 0, 0", exactly((1, 0, 0)),
        lambda torch, x: torch.cumprod(x, 0), lambda jnp, jax, x: jnp.cumprod(x),
        lambda xp, x: x[0] + xp.prod(x[:2]) + xp.prod(x)),
    _case("arcsin(x)", 1.0, "+inf from the left; no function on the right", UNDEFINED,
        lambda torch, x: torch.asin(x), lambda jnp, jax, x: jnp.arcsin(x),
        lambda xp, x: xp.asin(x)),
    _case("arccos(x)", 1.0, "-inf from the left; no function on the right", UNDEFINED,
        lambda torch, x: torch.acos(x), lambda jnp, jax, x: jnp.arccos(x),
        lambda xp, x: xp.acos(x)),
    _case("arctanh(x)", 1.0, "+inf from the left; no function on the right", UNDEFINED,
        lambda torch, x: torch.atanh(x), lambda jnp, jax, x: jnp.arctanh(x),
        lambda xp, x: xp.atanh(x)),
    _case("arccosh(x)", 1.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.acosh(x), lambda jnp, jax, x: jnp.arccosh(x),
        lambda xp, x: xp.acosh(x)),
)
# fmt: on
