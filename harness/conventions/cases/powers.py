"""Powers, roots and quotients at the edge of their domain."""

from __future__ import annotations

import math
from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "powers and roots")

# fmt: off
CASES = (
    _case("sqrt(x)", 0.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.sqrt(x), lambda jnp, jax, x: jnp.sqrt(x), lambda xp, x: xp.sqrt(x)),
    _case("sqrt(x²)", 0.0, "|x|: -1 from the left, 1 from the right", between(-1, 1),
        lambda torch, x: torch.sqrt(x * x), lambda jnp, jax, x: jnp.sqrt(x * x),
        lambda xp, x: xp.sqrt(x * x)),
    _case("sqrt(x)²", 0.0, "1 from the right; no function on the left", exactly(1),
        lambda torch, x: torch.sqrt(x) ** 2, lambda jnp, jax, x: jnp.sqrt(x) ** 2,
        lambda xp, x: xp.square(xp.sqrt(x))),
    _case("0 · sqrt(x)", 0.0, "the function is 0: 0", exactly(0),
        lambda torch, x: 0.0 * torch.sqrt(x), lambda jnp, jax, x: 0.0 * jnp.sqrt(x),
        lambda xp, x: 0.0 * xp.sqrt(x)),
    _case("1/sqrt(x)", 0.0, "-inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: torch.rsqrt(x), lambda jnp, jax, x: jax.lax.rsqrt(x),
        lambda xp, x: 1 / xp.sqrt(x)),
    _case("cbrt(x)", 0.0, "+inf from both sides", UNDEFINED,
        None, lambda jnp, jax, x: jnp.cbrt(x)),
    _case("cbrt(x)", -8.0, "smooth: 1/12", exactly(1 / 12),
        lambda torch, x: torch.sign(x) * torch.abs(x) ** (1 / 3), lambda jnp, jax, x: jnp.cbrt(x),
        lambda xp, x: xp.sign(x) * xp.pow(xp.abs(x), 1 / 3)),
    _case("x**0, integer exponent", 0.0, "the function is 1: 0", exactly(0),
        lambda torch, x: x**0, lambda jnp, jax, x: x**0, lambda xp, x: x**0),
    _case("x**0., floating exponent", 0.0, "the function is 1: 0", exactly(0),
        lambda torch, x: x**0.0, lambda jnp, jax, x: x**0.0, lambda xp, x: x**0.0),
    _case("x**1., floating exponent", 0.0, "smooth: 1", exactly(1),
        lambda torch, x: x**1.0, lambda jnp, jax, x: x**1.0, lambda xp, x: x**1.0),
    _case("x**2, exponent in an array", 0.0, "smooth: 0", exactly(0),
        lambda torch, x: torch.pow(x, torch.full_like(x, 2.0)),
        lambda jnp, jax, x: jnp.power(x, jnp.full_like(x, 2.0)),
        lambda xp, x: xp.pow(x, 2 * xp.ones_like(x))),
    _case("x**2, exponent in an array", -3.0, "smooth: -6", exactly(-6),
        lambda torch, x: torch.pow(x, torch.full_like(x, 2.0)),
        lambda jnp, jax, x: jnp.power(x, jnp.full_like(x, 2.0)),
        lambda xp, x: xp.pow(x, 2 * xp.ones_like(x))),
    _case("x**y by x and y", (0.0, 0.0), "by x: 0, for x**0 is 1; by y: -inf, for 0**y jumps",
        UNDEFINED,
        lambda torch, x: x[0] ** x[1], lambda jnp, jax, x: x[0] ** x[1],
        lambda xp, x: xp.pow(x[0], x[1])),
    _case("x**y by x and y", (0.0, 2.0), "smooth to the right: 0, 0", exactly(0),
        lambda torch, x: x[0] ** x[1], lambda jnp, jax, x: x[0] ** x[1],
        lambda xp, x: xp.pow(x[0], x[1])),
    _case("x**y by x and y", (-2.0, 3.0), "by x: 12; by y: undefined, for (-2)**y is not real",
        UNDEFINED,
        lambda torch, x: x[0] ** x[1], lambda jnp, jax, x: x[0] ** x[1],
        lambda xp, x: xp.pow(x[0], x[1])),
    _case("0.**y by y", 2.0, "the function is 0: 0", exactly(0),
        lambda torch, x: torch.pow(torch.zeros_like(x), x), lambda jnp, jax, x: jnp.power(0.0, x),
        lambda xp, x: xp.pow(xp.zeros_like(x), x)),
    _case("0.**y by y", 0.0, "a jump: 1 at 0, 0 to the right", UNDEFINED,
        lambda torch, x: torch.pow(torch.zeros_like(x), x), lambda jnp, jax, x: jnp.power(0.0, x),
        lambda xp, x: xp.pow(xp.zeros_like(x), x)),
    _case("x**0.5", 0.0, "+inf from the right; no function on the left", UNDEFINED,
        lambda torch, x: x**0.5, lambda jnp, jax, x: x**0.5, lambda xp, x: x**0.5),
    _case("x**-1", 0.0, "-inf from both sides", UNDEFINED,
        lambda torch, x: x**-1, lambda jnp, jax, x: x**-1, lambda xp, x: x**-1.0),
    _case("1/x", 0.0, "-inf from both sides", UNDEFINED,
        lambda torch, x: torch.reciprocal(x), lambda jnp, jax, x: jnp.reciprocal(x),
        lambda xp, x: 1 / x),
    _case("x/y by x and y", (0.0, 0.0), "0/0: undefined", UNDEFINED,
        lambda torch, x: x[0] / x[1], lambda jnp, jax, x: x[0] / x[1], lambda xp, x: x[0] / x[1]),
    _case("x/x", 0.0, "1 with a hole at 0", UNDEFINED,
        lambda torch, x: x / x, lambda jnp, jax, x: x / x, lambda xp, x: x / x),
    _case("sinc(x) = sin(pi x)/(pi x)", 0.0, "smooth: 0", exactly(0),
        lambda torch, x: torch.sinc(x), lambda jnp, jax, x: jnp.sinc(x),
        lambda xp, x: xp.sin(math.pi * x) / (math.pi * x)),
)
# fmt: on
