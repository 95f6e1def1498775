"""What networks put between their layers; each formula is stable, smooth where the function is.

A piece that is chosen by a comparison is a `where`, so that the derivative at the kink is that of
the branch taken there. Every piece is finite where the other is taken: `where` hides no infinity.

Sources: the papers named below; torch.nn.functional and jax.nn for names and arguments.
"""

from __future__ import annotations

import math
from typing import Any

from gradparity.problems.operations.family import Family, by_name


def softplus(xp: Any, x: Any) -> Any:
    """ln(1 + e^x), elementwise, without overflow; derivative sigmoid(x)."""
    return xp.logaddexp(x, xp.zeros_like(x))


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + e^-x), elementwise, as exp(-softplus(-x)).

    Never overflows, and keeps its digits where it is nearly 0; ½(1 + tanh(x/2)) would not.
    """
    return xp.exp(-softplus(xp, -x))


def log_sigmoid(xp: Any, x: Any) -> Any:
    """ln sigmoid(x) = -softplus(-x)."""
    return -softplus(xp, -x)


def relu(xp: Any, x: Any) -> Any:
    """max(x, 0), elementwise; the derivative at 0 is 0, the convention of torch and JAX."""
    return xp.where(x > 0, x, xp.zeros_like(x))


def relu6(xp: Any, x: Any) -> Any:
    """min(max(x, 0), 6); the derivative at 0 and at 6 is 0, as torch's and JAX's."""
    return xp.where((x > 0) & (x < 6), x, xp.where(x > 0, 6.0 * xp.ones_like(x), xp.zeros_like(x)))


def leaky_relu(xp: Any, x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else negative_slope x; at 0 the derivative is negative_slope, as torch's.

    JAX takes 1 there.
    """
    return xp.where(x > 0, x, negative_slope * x)


def elu(xp: Any, x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (e^x - 1); at 0 the derivative is alpha.

    Source: Clevert, Unterthiner and Hochreiter (2016).
    """
    below = xp.where(x > 0, xp.zeros_like(x), x)
    return xp.where(x > 0, x, alpha * xp.expm1(below))


def celu(xp: Any, x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (e^(x/alpha) - 1), whose derivative is continuous.

    Source: Barron, Continuously differentiable exponential linear units (2017).
    """
    below = xp.where(x > 0, xp.zeros_like(x), x)
    return xp.where(x > 0, x, alpha * xp.expm1(below / alpha))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(xp: Any, x: Any) -> Any:
    """λ elu(x, α), with the λ and α that keep mean 0 and variance 1; at 0 the derivative is λ α.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter (2017).
    """
    return SELU_SCALE * elu(xp, x, SELU_ALPHA)


def gelu(xp: Any, x: Any, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function; "tanh": ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))).

    1 + tanh u is written 2 sigmoid(2u), which keeps its digits where it is small.
    Source: Hendrycks and Gimpel (2016).
    """
    if approximate == "tanh":
        cubed = x * xp.square(x)
        return x * sigmoid(xp, math.sqrt(8 / math.pi) * (x + 0.044715 * cubed))
    return x * xp.ndtr(x)


def silu(xp: Any, x: Any) -> Any:
    """x sigmoid(x), also called swish.

    Source: Elfwing, Uchibe and Doya (2018).
    """
    return x * sigmoid(xp, x)


def mish(xp: Any, x: Any) -> Any:
    """x tanh(softplus(x)).

    Source: Misra (2020).
    """
    return x * xp.tanh(softplus(xp, x))


def hardtanh(xp: Any, x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x between two bounds; the derivative at the bounds is 0, as torch's."""
    inside = (x > min_val) & (x < max_val)
    ones = xp.ones_like(x)
    return xp.where(inside, x, xp.where(x < max_val, min_val * ones, max_val * ones))


def hardsigmoid(xp: Any, x: Any) -> Any:
    """min(max(x + 3, 0), 6) / 6; the derivative at -3 and 3 is 0."""
    return relu6(xp, x + 3.0) / 6.0


def hardswish(xp: Any, x: Any) -> Any:
    """x hardsigmoid(x); the derivative is 0 at -3 and 1 at 3, those of the pieces outside.

    Source: Howard and others, Searching for MobileNetV3 (2019).
    """
    inside = (x > -3) & (x < 3)
    middle = xp.where(inside, x, xp.zeros_like(x))
    return xp.where(inside, middle * (middle + 3.0) / 6.0, relu(xp, x))


def softsign(xp: Any, x: Any) -> Any:
    """x / (1 + |x|); the derivative at 0 is 1."""
    return x / (1.0 + xp.abs(x))


FAMILY = Family(
    "activations",
    composites=by_name(
        *(softplus, sigmoid, log_sigmoid, relu, relu6, leaky_relu, elu, celu, selu, gelu, silu),
        *(mish, hardtanh, hardsigmoid, hardswish, softsign),
    ),
)
