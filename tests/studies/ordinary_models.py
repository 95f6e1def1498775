"""Models of physics, finance and other trades in NumPy, each with one mistake in its gradient."""

import numpy as np
from scipy.special import ndtr

from tests.studies.ordinary_fits import LEFT, Ordinary

RNG = np.random.default_rng(33)


def lennard_jones(x):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            r2 = np.sum((x[i] - x[j]) ** 2)
            energy += 4 * (1 / r2**6 - 1 / r2**3)
    return energy


def lennard_jones_gradient(x, wrong):
    g = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            d = x[i] - x[j]
            r2 = d @ d
            f = 4 * (-6 / r2**7 + 3 / r2**4) * 2 * d
            g[i] += f
            g[j] -= 0 if wrong else f
    return g


def coulomb(x):
    total = 0.0
    for i in range(4):
        for j in range(i):
            total += 1 / np.sqrt((x[i] - x[j]) @ (x[i] - x[j]))
    return total + 0.5 * np.sum(x**2)


def coulomb_gradient(x, wrong):
    g = x.copy()
    for i in range(4):
        for j in range(4):
            if i != j:
                d = x[i] - x[j]
                g[i] -= d / np.linalg.norm(d) ** (2 if wrong else 3)
    return g


FROM, TO = np.array([0, 0, 1, 2, 3]), np.array([1, 2, 3, 3, 0])
REST = np.array([1.0, 0.8, 1.2, 0.9, 1.1])


def springs(x):
    length = np.sqrt(np.sum((x[FROM] - x[TO]) ** 2, axis=1))
    return 0.5 * np.sum((length - REST) ** 2)


def springs_gradient(x, wrong):
    d = x[FROM] - x[TO]
    length = np.sqrt(np.sum(d**2, axis=1))
    f = ((length - REST) / length)[:, None] * d
    g = np.zeros_like(x)
    if wrong:
        g[FROM] += f
        g[TO] -= f
    else:
        np.add.at(g, FROM, f)
        np.add.at(g, TO, -f)
    return g


OBSERVED = np.array([0.15, 0.2, 0.33, 0.4, 0.6, 0.7, 0.8, 0.85])


def logistic_growth(p):
    x = np.empty(9)
    x[0] = 0.1
    for t in range(8):
        x[t + 1] = x[t] + 0.5 * p["r"] * x[t] * (1 - x[t] / p["K"])
    return np.sum((x[1:] - OBSERVED) ** 2)


def logistic_growth_gradient(p, wrong):
    r, K, x = p["r"], p["K"], [0.1]
    for _ in range(8):
        x.append(x[-1] + 0.5 * r * x[-1] * (1 - x[-1] / K))
    back, dr, dK = 0.0, 0.0, 0.0
    for t in reversed(range(8)):
        back = back + 2 * (x[t + 1] - OBSERVED[t])
        dr += back * 0.5 * x[t] * (1 - x[t] / K)
        dK += back * 0.5 * r * x[t] ** 2 / K**2
        back = 0.0 if wrong else back * (1 + 0.5 * r * (1 - 2 * x[t] / K))
    return {"r": dr, "K": dK}


def pendulum(p):
    angle, speed = p["angle"], 0.0
    for _ in range(10):
        speed = speed - 0.1 * p["g"] * np.sin(angle)
        angle = angle + 0.1 * speed
    return (angle - 0.5) ** 2


def pendulum_gradient(p, wrong):
    angles, angle, speed = [], p["angle"], 0.0
    for _ in range(10):
        angles.append(angle)
        speed = speed - 0.1 * p["g"] * np.sin(angle)
        angle = angle + 0.1 * speed
    da, dv, dg = 2 * (angle - 0.5), 0.0, 0.0
    for a in reversed(angles):
        dv = dv + 0.1 * da
        dg = dg - 0.1 * np.sin(a) * dv
        da = da - 0.1 * p["g"] * (np.sin(a) if wrong else np.cos(a)) * dv
    return {"angle": da, "g": dg}


SOURCE = RNG.normal(size=8)


def heat(u):
    total = 0.0
    for i in range(1, 7):
        total += 0.5 * (u[i + 1] - 2 * u[i] + u[i - 1] - SOURCE[i]) ** 2
    return total


def heat_gradient(u, wrong):
    g = np.zeros_like(u)
    for i in range(1, 7):
        r = u[i + 1] - 2 * u[i] + u[i - 1] - SOURCE[i]
        g[i + 1] += r
        g[i] += -r if wrong else -2 * r
        g[i - 1] += r
    return g


RETURNS = RNG.normal(size=4) * 0.1
FACTOR = RNG.normal(size=(4, 4))
COVARIANCE = FACTOR @ FACTOR.T


def portfolio(w):
    return w @ COVARIANCE @ w - 2.0 * RETURNS @ w


def portfolio_gradient(w, wrong):
    return COVARIANCE @ w * (1 if wrong else 2) - 2.0 * RETURNS


def quadratic_form(x):
    return 0.5 * x @ FACTOR @ x - np.sum(x)


def quadratic_form_gradient(x, wrong):
    return (FACTOR @ x if wrong else 0.5 * (FACTOR + FACTOR.T) @ x) - 1


STRIKES = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
PRICES = np.array([0.25, 0.17, 0.11, 0.07, 0.04])


def black_scholes(p):
    spot, sigma = p["spot"], p["sigma"]
    d1 = (np.log(spot / STRIKES) + 0.5 * sigma**2 * 0.5) / (sigma * np.sqrt(0.5))
    d2 = d1 - sigma * np.sqrt(0.5)
    return np.sum((spot * ndtr(d1) - STRIKES * ndtr(d2) - PRICES) ** 2)


def black_scholes_gradient(p, wrong):
    spot, sigma = p["spot"], p["sigma"]
    d1 = (np.log(spot / STRIKES) + 0.25 * sigma**2) / (sigma * np.sqrt(0.5))
    d2 = d1 - sigma * np.sqrt(0.5)
    r = 2 * (spot * ndtr(d1) - STRIKES * ndtr(d2) - PRICES)
    vega = spot * np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi) * np.sqrt(0.5)
    return {"spot": np.sum(r if wrong else r * ndtr(d1)), "sigma": np.sum(r * vega)}


def bits(z):
    p = np.exp(z) / np.sum(np.exp(z))
    return -np.sum(p * np.log2(p))


def bits_gradient(z, wrong):
    p = np.exp(z) / np.sum(np.exp(z))
    log = np.log(p) if wrong else np.log2(p)
    return -p * (log - np.sum(p * log))


def decibel(a):
    return np.sum((10 * np.log10(a**2 + 1e-3) + 3) ** 2)


def decibel_gradient(a, wrong):
    level = 10 * np.log10(a**2 + 1e-3)
    return 2 * (level + 3) * 10 * 2 * a / (a**2 + 1e-3) / (1 if wrong else np.log(10))


def arm(degrees):
    a = np.deg2rad(degrees)
    x = np.cos(a[0]) + 0.8 * np.cos(a[0] + a[1])
    y = np.sin(a[0]) + 0.8 * np.sin(a[0] + a[1])
    return (x - 0.5) ** 2 + (y - 1.1) ** 2


def arm_gradient(degrees, wrong):
    a = np.deg2rad(degrees)
    x = np.cos(a[0]) + 0.8 * np.cos(a[0] + a[1])
    y = np.sin(a[0]) + 0.8 * np.sin(a[0] + a[1])
    dx, dy = 2 * (x - 0.5), 2 * (y - 1.1)
    inner = -dx * 0.8 * np.sin(a[0] + a[1]) + dy * 0.8 * np.cos(a[0] + a[1])
    g = np.array([-dx * np.sin(a[0]) + dy * np.cos(a[0]) + inner, inner])
    return g if wrong else g * np.pi / 180


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


def rosenbrock_gradient(x, wrong):
    g = np.zeros_like(x)
    for i in range(len(x) - 1):
        r = x[i + 1] - x[i] ** 2
        g[i] += -400 * x[i] * r - 2 * (1 - x[i])
        g[i + 1] += 0 if wrong else 200 * r
    return g


PRICE, SOLD = np.array([2.0, 2.5, 3.0, 3.5, 4.0]), np.array([9.0, 7.0, 6.5, 5.0, 4.2])


def demand(p):
    return np.sum((p["a"] * PRICE ** p["e"] - SOLD) ** 2)


def demand_gradient(p, wrong):
    q = p["a"] * PRICE ** p["e"]
    r = 2 * (q - SOLD)
    return {"a": np.sum(r * PRICE ** p["e"]), "e": np.sum(r * q * (1 if wrong else np.log(PRICE)))}


COSTS = np.array([1.0, 1.4, 0.8])


def market(p):
    u = np.exp(np.array([1.5, 2.0, 1.0]) - p)
    share = u / (1 + u.sum())
    return -np.sum((p - COSTS) * share)


def market_gradient(p, wrong):
    u = np.exp(np.array([1.5, 2.0, 1.0]) - p)
    s = u / (1 + u.sum())
    m = p - COSTS
    return -(s - m * s * (1 - s)) if wrong else -(s - s * (m - m @ s))


def kalman(p):
    q, r = np.exp(p[0]), np.exp(p[1])
    mean, var, nll = 0.0, 1.0, 0.0
    for y in OBSERVED:
        var = var + q
        s = var + r
        nll += 0.5 * (np.log(s) + (y - mean) ** 2 / s)
        gain = var / s
        mean = mean + gain * (y - mean)
        var = (1 - gain) * var
    return nll


def kalman_gradient(p, wrong):
    q, r = np.exp(p[0]), np.exp(p[1])
    total = np.zeros(2)
    for k in range(2):
        dq, dr = (q, 0.0) if k == 0 else (0.0, r)
        mean, var, dmean, dvar = 0.0, 1.0, 0.0, 0.0
        for y in OBSERVED:
            var, dvar = var + q, dvar + dq
            s, ds = var + r, dvar + dr
            e = y - mean
            total[k] += 0.5 * (ds / s - e**2 * ds / s**2) - (0 if wrong else e * dmean / s)
            gain, dgain = var / s, dvar / s - var * ds / s**2
            mean, dmean = mean + gain * e, dmean + dgain * e - gain * dmean
            var, dvar = (1 - gain) * var, (1 - gain) * dvar - dgain * var
    return total


def bilinear(p):
    return np.sum(np.sin(p["A"] @ p["B"]))


def bilinear_gradient(p, wrong):
    d = np.cos(p["A"] @ p["B"])
    return {"A": d @ p["B"] if wrong else d @ p["B"].T, "B": p["A"].T @ d}


BINS = np.array([0, 2, 1, 0, 2, 2])


def histogram(w):
    mass = np.zeros(3)
    np.add.at(mass, BINS, w**2)
    return np.sum(np.sqrt(mass))


def histogram_gradient(w, wrong):
    mass = np.zeros(3)
    np.add.at(mass, BINS, w**2)
    return 2 * w * (1 / np.sqrt(mass) if wrong else 0.5 / np.sqrt(mass))[BINS]


def smoothing(x):
    left, right = np.roll(x, 1), np.roll(x, -1)
    return np.sum((x - 0.5 * (left + right)) ** 2) + np.sum(np.cos(x))


def smoothing_gradient(x, wrong):
    r = 2 * (x - 0.5 * (np.roll(x, 1) + np.roll(x, -1)))
    own = r - 0.5 * np.roll(r, -1) - (0 if wrong else 0.5 * np.roll(r, 1))
    return own - np.sin(x)


LEVELS = RNG.normal(size=6)


def cumulative(x):
    return 0.5 * np.sum((np.cumsum(x) - LEVELS) ** 2)


def cumulative_gradient(x, wrong):
    r = np.cumsum(x) - LEVELS
    return np.cumsum(r) if wrong else np.cumsum(r[::-1])[::-1]


def _point(*shape, scale=0.6):
    return np.round(RNG.normal(size=shape) * scale, 3)


PLACES = np.array([[0.0, 0.1], [1.2, 0.0], [0.2, 1.1], [1.3, 1.4]])
ORDINARY_MODELS = {
    "lennard-jones": Ordinary(lennard_jones, lennard_jones_gradient, PLACES, "no reaction", ("is cut",)),
    "coulomb": Ordinary(coulomb, coulomb_gradient, PLACES, "square for cube", ("square", LEFT)),
    "springs": Ordinary(springs, springs_gradient, PLACES, "repeated rows", ("more than once",)),
    "logistic growth": Ordinary(logistic_growth, logistic_growth_gradient, {"r": 0.8, "K": 1.1}, "not carried back", ("not carried back",)),
    "pendulum": Ordinary(pendulum, pendulum_gradient, {"angle": 1.0, "g": 2.0}, "sine for cosine", ("sin(y)", "every sin")),
    "heat": Ordinary(heat, heat_gradient, _point(8), "1 for 2", (LEFT, "multiplied by")),
    "portfolio": Ordinary(portfolio, portfolio_gradient, _point(4), "no 2", ("is cut", "½")),
    "quadratic form": Ordinary(quadratic_form, quadratic_form_gradient, _point(4), "A for its symmetric part", ("transpose",)),
    "black-scholes": Ordinary(black_scholes, black_scholes_gradient, {"spot": 1.02, "sigma": 0.3}, "no normal cdf", (LEFT, "ndtr")),
    "bits": Ordinary(bits, bits_gradient, _point(4), "no 1/ln 2", ("ln 2",)),
    "decibel": Ordinary(decibel, decibel_gradient, _point(5), "no 1/ln 10", ("ln 10",)),
    "arm": Ordinary(arm, arm_gradient, np.array([30.0, 45.0]), "degrees", ("π/180",)),
    "rosenbrock": Ordinary(rosenbrock, rosenbrock_gradient, _point(5), "one of two terms", ("is cut",)),
    "demand": Ordinary(demand, demand_gradient, {"a": 20.0, "e": -1.1}, "no logarithm", ("log",)),
    "market": Ordinary(market, market_gradient, np.array([2.0, 2.4, 1.6]), "others' shares forgotten", ("diagonal",)),
    "kalman": Ordinary(kalman, kalman_gradient, np.array([-1.0, -0.5]), "mean not carried", ("is cut", "not carried")),
    "bilinear": Ordinary(bilinear, bilinear_gradient, {"A": _point(3, 3), "B": _point(3, 3)}, "no transpose", ("transpose",)),
    "histogram": Ordinary(histogram, histogram_gradient, _point(6), "no ½ of the root", ("2 times",)),
    "smoothing": Ordinary(smoothing, smoothing_gradient, _point(6), "one of two neighbours", ("is cut",)),
    "cumulative": Ordinary(cumulative, cumulative_gradient, _point(6), "summed from the front", ("from the front",)),
}  # fmt: skip
"""name -> (loss, gradient, point, the mistake, words that name it)."""
