"""Special functions on power series of balls: value and derivative, by arb's own of numbers.

A function of x₀ + x₁ t is f(x₀) + f′(x₀) x₁ t, its derivative f′(x₀) + f″(x₀) x₁ t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.arb_balls.functions import Series, expanded, flint


def _from(
    value: Callable[[Any], Any], first: Callable[[Any], Any], second: Callable[[Any], Any]
) -> Callable[[Series], tuple[Series, Series]]:
    """f, f′ and f″ of a ball, as a function of a series."""

    def function(x: Series) -> tuple[Series, Series]:
        at = x[0]
        slope = first(at)
        curved = type(x)([second(at)], x.prec)
        known = type(x)([slope], x.prec)
        return expanded(x, value(at), known), expanded(x, slope, curved)

    return function


def polygamma(n: int, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x) of a ball."""
    if n == 0:
        return x.digamma()
    arb = flint().arb
    return (-1) ** (n + 1) * arb(n).fac() * arb(n + 1).zeta(x)


def of_order(n: int) -> Callable[[Series], tuple[Series, Series]]:
    """ψ⁽ⁿ⁾ as a function of a series."""
    return _from(*(lambda x, k=k: polygamma(n + k, x) for k in range(3)))


def _bell(x: Any, sign: int = 1) -> Any:
    """2/√π e^(-x²)."""
    return sign * 2 * (-x * x).exp() / flint().arb.pi().sqrt()


def _inverse_bell(y: Any) -> Any:
    """√π/2 e^(x²) where erf x = y."""
    return 1 / _bell(y.erfinv())


def _ratio(x: Any) -> Any:
    """(ln Φ)′ = φ / Φ."""
    arb = flint().arb
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt() / _ndtr(x)


def _ndtr(x: Any) -> Any:
    return (-x / flint().arb(2).sqrt()).erfc() / 2


def _i(n: int, x: Any) -> Any:
    """e^(-|x|) I_n(x)."""
    return x.bessel_i(n) * (-abs(x)).exp()


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _i0e_slope(x: Any) -> Any:
    return _i(1, x) - _sign(x) * _i(0, x)


def _i1(x: Any) -> Any:
    """e^(-|x|) I₁′(x), I₁′ = ½ (I₀ + I₂)."""
    return (_i(0, x) + _i(2, x)) / 2


def _i1e_slope(x: Any) -> Any:
    return _i1(x) - _sign(x) * _i(1, x)


def _i2(x: Any) -> Any:
    """e^(-|x|) I₁″(x), I₁″ = ¼ (I₃ + 3 I₁)."""
    return (_i(3, x) + 3 * _i(1, x)) / 4


UNARY: dict[str, Callable[[Series], tuple[Series, Series]]] = {
    "erf": _from(lambda x: x.erf(), _bell, lambda x: -2 * x * _bell(x)),
    "erfc": _from(lambda x: x.erfc(), lambda x: -_bell(x), lambda x: 2 * x * _bell(x)),
    "erfinv": _from(
        lambda y: y.erfinv(), _inverse_bell, lambda y: 2 * y.erfinv() * _inverse_bell(y) ** 2
    ),
    "log_ndtr": _from(lambda x: _ndtr(x).log(), _ratio, lambda x: -_ratio(x) * (x + _ratio(x))),
    "lgamma": _from(lambda x: x.lgamma(), lambda x: polygamma(0, x), lambda x: polygamma(1, x)),
    "digamma": of_order(0),
    "i0e": _from(
        lambda x: _i(0, x), _i0e_slope, lambda x: _i1(x) + _i(0, x) - 2 * _sign(x) * _i(1, x)
    ),
    "i1e": _from(
        lambda x: _i(1, x), _i1e_slope, lambda x: _i2(x) + _i(1, x) - 2 * _sign(x) * _i1(x)
    ),
}
"""x -> f(x), f'(x)."""


def incomplete(upper: bool, a: Any) -> Callable[[Series], tuple[Series, Series]]:
    """Q(a, x), or P(a, x), as a function of a series x; a is a ball that does not move."""
    sign = -1 if upper else 1

    def density(x: Any) -> Any:
        return sign * ((a - 1) * x.log() - x - a.lgamma()).exp()

    def value(x: Any) -> Any:
        return x.gamma_upper(a, regularized=1) if upper else x.gamma_lower(a, regularized=1)

    return _from(value, density, lambda x: density(x) * ((a - 1) / x - 1))
