"""Claim 34: f = 3x⁴ - 2x² + 5 has the derivative 12x³ - 4x."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, slope
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

AT = 1.3
STEPS = 10.0 ** np.arange(-14.0, 0.01, 0.125)


def _loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x = params["x"]
    return 3.0 * x * x * x * x - 2.0 * x * x + 5.0


def _by_hand(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    x = params["x"]
    return 3.0 * x**4 - 2.0 * x**2 + 5.0, {"x": 12.0 * x**3 - 4.0 * x}


def _draw(rng: np.random.Generator) -> Instance:
    return at(float(rng.normal()))


def at(x: float) -> Instance:
    """The polynomial at x."""
    return Instance({"x": np.asarray(x, np.float64)}, {})


QUARTIC = Problem(
    "quartic", _loss, _draw, {"tiny": {}}, "the course's own example", gradient=_by_hand
)


def polynomial(extent: Extent) -> Observed:
    """Term by term, (xⁿ)′ = n xⁿ⁻¹: f′ = 12x³ - 4x, and a cubic is known from any four values.

    A forward difference errs by ½ h f″ + O(h²) of truncation, slope 1 in h, and by rounding of
    about eps f/h, slope -1 in its root mean square over places: a V, least near
    h = √(2 eps f/f″), 1e-8 or so.
    """
    truth = Polynomial([5.0, 0.0, -2.0, 0.0, 3.0]).deriv()
    places = np.array([-2.0, -0.5, 0.75, 1.5])
    figures = []
    for backend in extent.backends:
        loss = objective(QUARTIC, at(0.0), backend)
        slopes = [float(loss.gradient(np.array([x]))[1][0]) for x in places]
        found = np.linalg.solve(np.vander(places, increasing=True), slopes)
        for power, stated in ((3, 12.0), (1, -4.0)):
            figures.append(
                Figure(
                    f"coefficient of x{'³' if power == 3 else ''} in the derivative by {backend}",
                    *exact(found[power]),
                    claimed=Claimed(f"{stated:g}", stated - 1e-9, stated + 1e-9),
                    theory=Theory(float(truth.coef[power]), "(xⁿ)′ = n xⁿ⁻¹"),
                    slack=1e-12,
                )
            )
    source = _derived()
    slopes = [float(source({"x": np.asarray(x)}, {})[1]["x"]) for x in places]
    figures += [
        Figure(
            "largest departure of `derive`'s source from 12x³ - 4x",
            *exact(float(np.abs(np.array(slopes) / truth(places) - 1.0).max())),
            claimed=Claimed("0, to rounding", high=1e-15),
        ),
        *_v(extent),
        agreement(QUARTIC, at(AT), extent.backends, [at(x).params for x in places]),
    ]
    least = STEPS[int(np.argmin(errors(AT)))]
    sentence = (
        f"All {len(extent.backends)} backends and `derive`'s source give 12x³ - 4x; a forward "
        f"difference is best near h = {least:.0e}, where it is right to {errors(AT).min():.0e}."
    )
    return Observed(sentence, figures, _chart(AT, 1e-8))


def _derived() -> Any:
    """The function that the derived source defines, compiled from that text alone."""
    text = compile_operator("gradient", _loss, at(0.0).params, {}, "quartic").source
    defined: dict[str, Any] = {}
    exec(compile(text, "quartic", "exec"), defined)
    return next(f for name, f in defined.items() if name.startswith("value_and"))


def errors(x: float) -> Any:
    """|forward difference - slope| at each of `STEPS`."""
    value, gradient = _by_hand({"x": np.float64(x)}, {})
    beyond = _by_hand({"x": x + STEPS}, {})[0]
    return np.abs((beyond - value) / STEPS - gradient["x"])


def _v(extent: Extent) -> list[Figure]:
    """The two arms of the V: slopes of the root mean square over places."""
    places = np.random.default_rng(34).uniform(1.0, 2.0, extent.of(100, 1000))
    spread = np.sqrt(np.mean([errors(float(x)) ** 2 for x in places], axis=0))
    right, left = (STEPS > 1e-6) & (STEPS < 1e-3), (STEPS > 1e-13) & (STEPS < 1e-9)
    return [
        Figure(
            f"slope of the V's {name} arm, root mean square of {len(places)} places",
            *slope(STEPS[arm], spread[arm]),
            theory=Theory(stated, words),
            claimed=Claimed(f"{stated:g}, to .05", stated - 0.05, stated + 0.05, ours=True),
            slack=0.02,
        )
        for name, arm, stated, words in (
            ("right", right, 1.0, "truncation, ½ h f″"),
            ("left", left, -1.0, "rounding, eps f/h"),
        )
    ]


def _chart(x: float, h: float) -> Chart:
    found = errors(x)
    value, bend = float(_by_hand({"x": x}, {})[0]), 36.0 * x * x - 4.0
    shown = found > 0.0
    marks: list[Any] = [
        Polyline(STEPS[shown], found[shown], "forward difference", "b"),
        Polyline(STEPS, 0.5 * STEPS * abs(bend), "½ h |f″|", "muted", (6, 4)),
        Polyline(STEPS, np.finfo(float).eps * value / STEPS, "eps f/h", "muted", (2, 3)),
        Rule(h, "this h"),
        Points([h], [float(np.interp(h, STEPS, found))], "", "a", "circle", 6),
    ]
    return Chart(
        "difference-v",
        "A difference errs by truncation on the right, by rounding on the left",
        Axis("h", scale="log"),
        Axis("|difference - (12x³ - 4x)|", scale="log"),
        marks,
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    h = 10.0 ** given["exponent"]
    error = float(np.interp(h, STEPS, errors(AT)))
    slope_there = float(_by_hand({"x": AT}, {})[1]["x"])
    return Frame(
        f"At x = {AT} the slope is {slope_there:.6g}; with h = {h:.0e} a difference errs by "
        f"{error:.1e}.",
        (_chart(AT, h),),
        numbers={"h": h, "error": error},
    )


CLAIM = Claim(
    34,
    "f = 3x⁴ - 2x² + 5 has the derivative 12x³ - 4x: by every backend and by `derive`; a finite "
    "difference is right within a V.",
    polynomial,
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-34",
        "Claim 34",
        "How small should h be?",
        "Move h: too large truncates, too small rounds.",
        (
            Number(
                "exponent",
                "h, as a power of ten",
                -14.0,
                0.0,
                -8.0,
                positions=14,
                whole=True,
                stops=range(-14, 1),
            ),
        ),
        _frame,
    ),
)
