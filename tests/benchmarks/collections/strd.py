"""NIST's Statistical Reference Datasets, nonlinear regression: 27 data sets, each from two starts.

Observations, starts, certified parameters and certified residual sums of squares are in
`strd.json`: the agency's published figures (public domain; https://www.itl.nist.gov/div898/strd/).
That they are typed rightly is tested: at the certified parameters the residuals' squares add up to
the certified sum. Models and their derivatives are below. `nelson` fits log y.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import numpy as np

from tests.benchmarks.collections.fit import Fit

PI = math.pi


def _misra1a(xp, b, x):
    return b[0] * (1.0 - xp.exp(-b[1] * x))


def _d_misra1a(b, x):
    e = np.exp(-b[1] * x)
    return 1.0 - e, b[0] * x * e


def _misra1b(xp, b, x):
    return b[0] * (1.0 - 1.0 / xp.square(1.0 + 0.5 * b[1] * x))


def _d_misra1b(b, x):
    u = 1.0 + 0.5 * b[1] * x
    return 1.0 - u**-2.0, b[0] * x * u**-3.0


def _misra1c(xp, b, x):
    return b[0] * (1.0 - 1.0 / xp.sqrt(1.0 + 2.0 * b[1] * x))


def _d_misra1c(b, x):
    u = 1.0 + 2.0 * b[1] * x
    return 1.0 - u**-0.5, b[0] * x * u**-1.5


def _misra1d(xp, b, x):
    return b[0] * b[1] * x / (1.0 + b[1] * x)


def _d_misra1d(b, x):
    u = 1.0 + b[1] * x
    return b[1] * x / u, b[0] * x / u**2


def _chwirut(xp, b, x):
    return xp.exp(-b[0] * x) / (b[1] + b[2] * x)


def _d_chwirut(b, x):
    u = b[1] + b[2] * x
    f = np.exp(-b[0] * x) / u
    return -x * f, -f / u, -x * f / u


def _lanczos(xp, b, x):
    return b[0] * xp.exp(-b[1] * x) + b[2] * xp.exp(-b[3] * x) + b[4] * xp.exp(-b[5] * x)


def _d_lanczos(b, x):
    found = []
    for k in (0, 2, 4):
        e = np.exp(-b[k + 1] * x)
        found += [e, -b[k] * x * e]
    return found


def _gauss(xp, b, x):
    first = b[2] * xp.exp(-xp.square((x - b[3]) / b[4]))
    return b[0] * xp.exp(-b[1] * x) + first + b[5] * xp.exp(-xp.square((x - b[6]) / b[7]))


def _d_gauss(b, x):
    e = np.exp(-b[1] * x)
    found = [e, -b[0] * x * e]
    for k in (2, 5):
        z = (x - b[k + 1]) / b[k + 2]
        e = np.exp(-(z**2))
        found += [e, 2.0 * b[k] * e * z / b[k + 2], 2.0 * b[k] * e * z**2 / b[k + 2]]
    return found


def _danwood(xp, b, x):
    return b[0] * xp.exp(b[1] * xp.log(x))


def _d_danwood(b, x):
    power = x ** b[1]
    return power, b[0] * power * np.log(x)


def _kirby2(xp, b, x):
    return (b[0] + x * (b[1] + x * b[2])) / (1.0 + x * (b[3] + x * b[4]))


def _d_kirby2(b, x):
    u = 1.0 + x * (b[3] + x * b[4])
    f = (b[0] + x * (b[1] + x * b[2])) / u
    return 1.0 / u, x / u, x**2 / u, -f * x / u, -f * x**2 / u


def _cubics(xp, b, x):
    top = b[0] + x * (b[1] + x * (b[2] + x * b[3]))
    return top / (1.0 + x * (b[4] + x * (b[5] + x * b[6])))


def _d_cubics(b, x):
    u = 1.0 + x * (b[4] + x * (b[5] + x * b[6]))
    f = (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / u
    return [x**k / u for k in range(4)] + [-f * x**k / u for k in (1, 2, 3)]


def _nelson(xp, b, x):
    return b[0] - b[1] * x[0] * xp.exp(-b[2] * x[1])


def _d_nelson(b, x):
    e = np.exp(-b[2] * x[1])
    return 1.0, -x[0] * e, b[1] * x[0] * x[1] * e


def _mgh09(xp, b, x):
    return b[0] * (xp.square(x) + x * b[1]) / (xp.square(x) + x * b[2] + b[3])


def _d_mgh09(b, x):
    top, u = x**2 + x * b[1], x**2 + x * b[2] + b[3]
    f = b[0] * top / u
    return top / u, b[0] * x / u, -f * x / u, -f / u


def _mgh10(xp, b, x):
    return b[0] * xp.exp(b[1] / (x + b[2]))


def _d_mgh10(b, x):
    u = x + b[2]
    e = np.exp(b[1] / u)
    return e, b[0] * e / u, -b[0] * b[1] * e / u**2


def _mgh17(xp, b, x):
    return b[0] + b[1] * xp.exp(-b[3] * x) + b[2] * xp.exp(-b[4] * x)


def _d_mgh17(b, x):
    first, second = np.exp(-b[3] * x), np.exp(-b[4] * x)
    return 1.0, first, second, -b[1] * x * first, -b[2] * x * second


def _roszman1(xp, b, x):
    return b[0] - b[1] * x - xp.atan(b[2] / (x - b[3])) / PI


def _d_roszman1(b, x):
    u = x - b[3]
    whole = PI * (u**2 + b[2] ** 2)
    return 1.0, -x, -u / whole, -b[2] / whole


def _bennett5(xp, b, x):
    return b[0] * xp.exp(-xp.log(b[1] + x) / b[2])


def _d_bennett5(b, x):
    u = b[1] + x
    power = u ** (-1.0 / b[2])
    return power, -b[0] * power / (b[2] * u), b[0] * power * np.log(u) / b[2] ** 2


def _rat42(xp, b, x):
    return b[0] / (1.0 + xp.exp(b[1] - b[2] * x))


def _d_rat42(b, x):
    e = np.exp(b[1] - b[2] * x)
    u = 1.0 + e
    return 1.0 / u, -b[0] * e / u**2, b[0] * x * e / u**2


def _rat43(xp, b, x):
    return b[0] * xp.exp(-xp.log1p(xp.exp(b[1] - b[2] * x)) / b[3])


def _d_rat43(b, x):
    e = np.exp(b[1] - b[2] * x)
    power = (1.0 + e) ** (-1.0 / b[3])
    inner = b[0] * power * e / (b[3] * (1.0 + e))
    return power, -inner, x * inner, b[0] * power * np.log1p(e) / b[3] ** 2


def _eckerle4(xp, b, x):
    return b[0] / b[1] * xp.exp(-0.5 * xp.square((x - b[2]) / b[1]))


def _d_eckerle4(b, x):
    z = (x - b[2]) / b[1]
    e = np.exp(-0.5 * z**2) / b[1]
    return e, b[0] * e * (z**2 - 1.0) / b[1], b[0] * e * z / b[1]


def _enso(xp, b, x):
    year, slow, fast = 2.0 * PI * x / 12.0, 2.0 * PI * x / b[3], 2.0 * PI * x / b[6]
    seasons = b[0] + b[1] * xp.cos(year) + b[2] * xp.sin(year)
    slowly = b[4] * xp.cos(slow) + b[5] * xp.sin(slow)
    return seasons + slowly + b[7] * xp.cos(fast) + b[8] * xp.sin(fast)


def _d_enso(b, x):
    year = 2.0 * PI * x / 12.0
    found = [1.0, np.cos(year), np.sin(year)]
    for k in (3, 6):
        u = 2.0 * PI * x / b[k]
        cos, sin = np.cos(u), np.sin(u)
        found += [u / b[k] * (b[k + 1] * sin - b[k + 2] * cos), cos, sin]
    return found


MODELS = {
    "misra1a": (_misra1a, _d_misra1a),
    "misra1b": (_misra1b, _d_misra1b),
    "misra1c": (_misra1c, _d_misra1c),
    "misra1d": (_misra1d, _d_misra1d),
    "chwirut1": (_chwirut, _d_chwirut),
    "chwirut2": (_chwirut, _d_chwirut),
    "lanczos1": (_lanczos, _d_lanczos),
    "lanczos2": (_lanczos, _d_lanczos),
    "lanczos3": (_lanczos, _d_lanczos),
    "gauss1": (_gauss, _d_gauss),
    "gauss2": (_gauss, _d_gauss),
    "gauss3": (_gauss, _d_gauss),
    "danwood": (_danwood, _d_danwood),
    "kirby2": (_kirby2, _d_kirby2),
    "hahn1": (_cubics, _d_cubics),
    "thurber": (_cubics, _d_cubics),
    "nelson": (_nelson, _d_nelson),
    "mgh09": (_mgh09, _d_mgh09),
    "mgh10": (_mgh10, _d_mgh10),
    "mgh17": (_mgh17, _d_mgh17),
    "roszman1": (_roszman1, _d_roszman1),
    "bennett5": (_bennett5, _d_bennett5),
    "boxbod": (_misra1a, _d_misra1a),
    "rat42": (_rat42, _d_rat42),
    "rat43": (_rat43, _d_rat43),
    "eckerle4": (_eckerle4, _d_eckerle4),
    "enso": (_enso, _d_enso),
}


@cache
def published():
    """Name -> the figures: starts, certified parameters, certified sum, x and y."""
    return json.loads(Path(__file__).with_name("strd.json").read_text())


def fits() -> list[Fit]:
    """All 54: "misra1a-1" from the first start, "misra1a-2" from the second, ..."""
    found = []
    for name, (model, derivatives) in MODELS.items():
        figures = published()[name]
        y = np.array(figures["y"])
        data = {"x": np.array(figures["x"]), "y": np.log(y) if name == "nelson" else y}

        def residuals(xp, b, data, model=model):
            return model(xp, b, data["x"]) - data["y"]

        def columns(b, data, derivatives=derivatives):
            return derivatives(b, data["x"])

        for k, start in enumerate(figures["starts"], 1):
            sums = (figures["sum"],)
            found.append(Fit(f"{name}-{k}", residuals, columns, tuple(start), sums, data))
    return found
