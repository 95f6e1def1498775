"""The first 31 problems of Moré, Garbow and Hillstrom, with their starts and known minima of Σ r².

Dimensions are the paper's where it fixes them; Watson has 6 variables, the extended functions
(21, 22) 10 and 12, penalties 4, the others 10. Minima at infinity are left out.

Source: Moré, Garbow and Hillstrom (1981), Testing unconstrained optimization software, ACM
Transactions on Mathematical Software 7, 17-41.
"""

from __future__ import annotations

import math

import numpy as np

from tests.benchmarks.collections.fit import Fit

PI = math.pi


def _rows(*rows):
    """∂r/∂x_j for each j, from a row for each residual."""
    return np.array(rows, float).T


def _tables():
    """Observations of those problems that fit data."""
    i = np.arange(1.0, 100.0)
    bard = "14 18 22 25 29 32 35 39 37 58 73 96 134 210 439"
    half = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
    meyer = "34780 28610 23650 19630 16370 13720 11540 9744 8261 7030 6005 5147 4427 3820 3307 2872"
    kowalik = "1957 1947 1735 1600 844 627 456 342 323 235 246"
    osborne1 = (
        "844 908 932 936 925 908 881 850 818 784 751 718 685 658 628 603 580 558 538 522 506 490 "
        "478 467 457 448 438 431 424 420 414 411 406"
    )
    osborne2 = (
        "1366 1191 1112 1013 991 885 831 847 786 725 746 679 608 655 616 606 602 626 651 724 649 "
        "649 694 644 624 661 612 558 533 495 500 423 395 375 372 391 396 405 428 429 523 562 607 "
        "653 672 708 633 668 645 632 591 559 597 625 739 710 729 720 636 581 428 292 162 98 54"
    )

    def numbers(text, unit):
        return np.array([float(word) for word in text.split()]) * unit

    box, biggs = 0.1 * i[:10], 0.1 * i[:13]
    powers = (i[:29, None] / 29.0) ** np.arange(6.0)
    mesh = i[:10] / 11.0
    low = np.outer(1.0 - mesh, mesh)  # (1 - t_i) t_j where j <= i, t_i (1 - t_j) beyond
    away = i[None, :10] - i[:10, None]  # 1 for the five before i and the one behind it
    return {
        "bard": {
            "u": i[:15],
            "v": 16.0 - i[:15],
            "w": np.minimum(i[:15], 16.0 - i[:15]),
            "y": numbers(bard, 0.01),
        },
        "gaussian": {"t": (8.0 - i[:15]) / 2.0, "y": np.array([*half, 0.3989, *half[::-1]])},
        "meyer": {"t": 45.0 + 5.0 * i[:16], "y": numbers(meyer, 1.0)},
        "gulf": {"t": 0.01 * i, "y": 25.0 + (-50.0 * np.log(0.01 * i)) ** (2.0 / 3.0)},
        "box": {"t": box, "y": np.exp(-box) - np.exp(-10.0 * box)},
        "kowalik-osborne": {
            "u": np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]),
            "y": numbers(kowalik, 1e-4),
        },
        "brown-dennis": {"t": i[:20] / 5.0},
        "osborne-1": {"t": 10.0 * (i[:33] - 1.0), "y": numbers(osborne1, 1e-3)},
        "biggs": {
            "t": biggs,
            "y": np.exp(-biggs) - 5.0 * np.exp(-10.0 * biggs) + 3.0 * np.exp(-4.0 * biggs),
        },
        "osborne-2": {"t": (i[:65] - 1.0) / 10.0, "y": numbers(osborne2, 1e-3)},
        "watson": {"p": powers, "slopes": powers[:, :-1] * i[:5]},
        "penalty-2": {"y": np.exp(i[1:4] / 10.0) + np.exp(i[:3] / 10.0), "weights": i[:4][::-1]},
        "counted": {"i": i[:10]},
        "mesh": {"t": mesh, "kernel": np.where(np.tri(10, dtype=bool), low, low.T) / 22.0},
        "band": {"band": ((away >= -5) & (away <= 1) & (away != 0)).astype(float)},
    }


DATA = _tables()


def _rosenbrock(xp, x, data):
    return xp.stack([10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]])


def _d_rosenbrock(x, data):
    return _rows([-20.0 * x[0], 10.0], [-1.0, 0.0])


def _freudenstein_roth(xp, x, data):
    a, b = x[0], x[1]
    return xp.stack([-13.0 + a + ((5.0 - b) * b - 2.0) * b, -29.0 + a + ((b + 1.0) * b - 14.0) * b])


def _d_freudenstein_roth(x, data):
    b = x[1]
    return _rows([1.0, 10.0 * b - 3.0 * b * b - 2.0], [1.0, 3.0 * b * b + 2.0 * b - 14.0])


def _powell_badly_scaled(xp, x, data):
    return xp.stack([1e4 * x[0] * x[1] - 1.0, xp.exp(-x[0]) + xp.exp(-x[1]) - 1.0001])


def _d_powell_badly_scaled(x, data):
    return _rows([1e4 * x[1], 1e4 * x[0]], -np.exp(-x))


def _brown_badly_scaled(xp, x, data):
    return xp.stack([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0])


def _d_brown_badly_scaled(x, data):
    return _rows([1.0, 0.0], [0.0, 1.0], [x[1], x[0]])


def _beale(xp, x, data):
    a, b = x[0], x[1]
    one, two, three = 1.0 - b, 1.0 - b * b, 1.0 - b * b * b
    return xp.stack([1.5 - a * one, 2.25 - a * two, 2.625 - a * three])


def _d_beale(x, data):
    k = np.arange(1.0, 4.0)
    return x[1] ** k - 1.0, x[0] * k * x[1] ** (k - 1.0)


def _jennrich_sampson(xp, x, data):
    return 2.0 + 2.0 * data["i"] - (xp.exp(data["i"] * x[0]) + xp.exp(data["i"] * x[1]))


def _d_jennrich_sampson(x, data):
    i = data["i"]
    return -i * np.exp(i * x[0]), -i * np.exp(i * x[1])


def _helical_valley(xp, x, data):
    # The angle is the paper's, arctan(x₂/x₁)/2π, and half a turn more where x₁ < 0.
    angle = xp.atan(x[1] / x[0]) / (2.0 * PI) + xp.where(x[0] < 0.0, 0.5, 0.0)
    away = xp.sqrt(x[0] * x[0] + x[1] * x[1]) - 1.0
    return xp.stack([10.0 * (x[2] - 10.0 * angle), 10.0 * away, x[2]])


def _d_helical_valley(x, data):
    square = x[0] ** 2 + x[1] ** 2
    turn, root = 100.0 / (2.0 * PI * square), math.sqrt(square)
    return _rows(
        [turn * x[1], -turn * x[0], 10.0],
        [10.0 * x[0] / root, 10.0 * x[1] / root, 0.0],
        [0.0, 0.0, 1.0],
    )


def _bard(xp, x, data):
    return data["y"] - (x[0] + data["u"] / (data["v"] * x[1] + data["w"] * x[2]))


def _d_bard(x, data):
    u, v, w = data["u"], data["v"], data["w"]
    square = (v * x[1] + w * x[2]) ** 2
    return -1.0, u * v / square, u * w / square


def _gaussian(xp, x, data):
    return x[0] * xp.exp(-0.5 * x[1] * xp.square(data["t"] - x[2])) - data["y"]


def _d_gaussian(x, data):
    z = data["t"] - x[2]
    e = np.exp(-0.5 * x[1] * z**2)
    return e, -0.5 * x[0] * z**2 * e, x[0] * x[1] * z * e


def _meyer(xp, x, data):
    return x[0] * xp.exp(x[1] / (data["t"] + x[2])) - data["y"]


def _d_meyer(x, data):
    u = data["t"] + x[2]
    e = np.exp(x[1] / u)
    return e, x[0] * e / u, -x[0] * x[1] * e / u**2


def _gulf(xp, x, data):
    far = xp.abs(data["y"] - x[1])
    return xp.exp(-xp.exp(x[2] * xp.log(far)) / x[0]) - data["t"]


def _d_gulf(x, data):
    z = data["y"] - x[1]
    far = np.abs(z)
    inner = far ** x[2] / x[0]
    e = np.exp(-inner)
    return e * inner / x[0], e * inner * x[2] / z, -e * inner * np.log(far)


def _box(xp, x, data):
    return xp.exp(-data["t"] * x[0]) - xp.exp(-data["t"] * x[1]) - x[2] * data["y"]


def _d_box(x, data):
    t = data["t"]
    return -t * np.exp(-t * x[0]), t * np.exp(-t * x[1]), -data["y"]


def _powell_singular(xp, x, data):
    a, b, c, d = x[0::4], x[1::4], x[2::4], x[3::4]
    five, ten = math.sqrt(5.0), math.sqrt(10.0)
    parts = [a + 10.0 * b, five * (c - d), xp.square(b - 2.0 * c), ten * xp.square(a - d)]
    return xp.concat(parts)


def _d_powell_singular(x, data):
    blocks = len(x) // 4
    j = np.zeros((4, blocks, blocks, 4))  # residual, its block, the variable's block, variable
    each = np.arange(blocks)
    a, b, c, d = x.reshape(-1, 4).T
    j[0, each, each, 0], j[0, each, each, 1] = 1.0, 10.0
    j[1, each, each, 2], j[1, each, each, 3] = math.sqrt(5.0), -math.sqrt(5.0)
    j[2, each, each, 1], j[2, each, each, 2] = 2.0 * (b - 2.0 * c), -4.0 * (b - 2.0 * c)
    slope = 2.0 * math.sqrt(10.0) * (a - d)
    j[3, each, each, 0], j[3, each, each, 3] = slope, -slope
    return j.reshape(4 * blocks, 4 * blocks).T


def _wood(xp, x, data):
    a, b, c, d = x[0], x[1], x[2], x[3]
    ninety, ten = math.sqrt(90.0), math.sqrt(10.0)
    return xp.stack(
        [
            10.0 * (b - a * a),
            1.0 - a,
            ninety * (d - c * c),
            1.0 - c,
            ten * (b + d - 2.0),
            (b - d) / ten,
        ]
    )


def _d_wood(x, data):
    ninety, ten = math.sqrt(90.0), math.sqrt(10.0)
    return _rows(
        [-20.0 * x[0], 10.0, 0.0, 0.0],
        [-1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, -2.0 * ninety * x[2], ninety],
        [0.0, 0.0, -1.0, 0.0],
        [0.0, ten, 0.0, ten],
        [0.0, 1.0 / ten, 0.0, -1.0 / ten],
    )


def _kowalik_osborne(xp, x, data):
    u = data["u"]
    return data["y"] - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3])


def _d_kowalik_osborne(x, data):
    u = data["u"]
    top, bottom = u * u + u * x[1], u * u + u * x[2] + x[3]
    f = x[0] * top / bottom
    return -top / bottom, -x[0] * u / bottom, f * u / bottom, f / bottom


def _brown_dennis(xp, x, data):
    t = data["t"]
    first = x[0] + t * x[1] - xp.exp(t)
    return xp.square(first) + xp.square(x[2] + x[3] * xp.sin(t) - xp.cos(t))


def _d_brown_dennis(x, data):
    t = data["t"]
    first = 2.0 * (x[0] + t * x[1] - np.exp(t))
    second = 2.0 * (x[2] + x[3] * np.sin(t) - np.cos(t))
    return first, first * t, second, second * np.sin(t)


def _osborne_1(xp, x, data):
    t = data["t"]
    return data["y"] - (x[0] + x[1] * xp.exp(-t * x[3]) + x[2] * xp.exp(-t * x[4]))


def _d_osborne_1(x, data):
    t = data["t"]
    first, second = np.exp(-t * x[3]), np.exp(-t * x[4])
    return -1.0, -first, -second, x[1] * t * first, x[2] * t * second


def _biggs(xp, x, data):
    t = data["t"]
    waves = x[2] * xp.exp(-t * x[0]) - x[3] * xp.exp(-t * x[1]) + x[5] * xp.exp(-t * x[4])
    return waves - data["y"]


def _d_biggs(x, data):
    t = data["t"]
    a, b, c = (np.exp(-t * x[k]) for k in (0, 1, 4))
    return -t * x[2] * a, t * x[3] * b, a, -b, -t * x[5] * c, c


def _osborne_2(xp, x, data):
    t = data["t"]
    peaks = x[0] * xp.exp(-t * x[4])
    for k in (1, 2, 3):
        peaks = peaks + x[k] * xp.exp(-x[k + 4] * xp.square(t - x[k + 7]))
    return data["y"] - peaks


def _d_osborne_2(x, data):
    t = data["t"]
    e = np.exp(-t * x[4])
    found = [-e, None, None, None, x[0] * t * e, *[None] * 6]
    for k in (1, 2, 3):
        z = t - x[k + 7]
        e = np.exp(-x[k + 4] * z**2)
        found[k], found[k + 4] = -e, x[k] * z**2 * e
        found[k + 7] = -2.0 * x[k] * x[k + 4] * z * e
    return found


def _watson(xp, x, data):
    p = data["p"]
    main = data["slopes"] @ x[1:] - xp.square(p @ x) - 1.0
    return xp.concat([main, xp.stack([x[0], x[1] - x[0] * x[0] - 1.0])])


def _d_watson(x, data):
    p = data["p"]
    main = -2.0 * (p @ x)[:, None] * p
    main[:, 1:] += data["slopes"]
    last = np.zeros((2, len(x)))
    last[0, 0], last[1, 0], last[1, 1] = 1.0, -2.0 * x[0], 1.0
    return np.concatenate([main, last]).T


def _extended_rosenbrock(xp, x, data):
    odd, even = x[0::2], x[1::2]
    return xp.concat([10.0 * (even - xp.square(odd)), 1.0 - odd])


def _d_extended_rosenbrock(x, data):
    half = len(x) // 2
    j, each = np.zeros((2 * half, 2 * half)), np.arange(half)
    j[each, 2 * each], j[each, 2 * each + 1] = -20.0 * x[0::2], 10.0
    j[half + each, 2 * each] = -1.0
    return j.T


def _penalty_1(xp, x, data):
    return xp.concat([math.sqrt(1e-5) * (x - 1.0), xp.stack([xp.sum(x * x) - 0.25])])


def _d_penalty_1(x, data):
    return np.vstack([math.sqrt(1e-5) * np.eye(len(x)), 2.0 * x]).T


def _penalty_2(xp, x, data):
    root, e = math.sqrt(1e-5), xp.exp(x / 10.0)
    pairs = root * (e[1:] + e[:-1] - data["y"])
    whole = xp.sum(data["weights"] * x * x) - 1.0
    ends = xp.stack([x[0] - 0.2]), xp.stack([whole])
    return xp.concat([ends[0], pairs, root * (e[1:] - math.exp(-0.1)), ends[1]])


def _d_penalty_2(x, data):
    n, root = len(x), math.sqrt(1e-5)
    e = np.diag(root * np.exp(x / 10.0) / 10.0)
    last = 2.0 * data["weights"] * x
    return np.vstack([np.eye(n)[:1], e[1:] + e[:-1], e[1:], last]).T


def _variably_dimensioned(xp, x, data):
    total = xp.sum(data["i"] * (x - 1.0))
    return xp.concat([x - 1.0, xp.stack([total, total * total])])


def _d_variably_dimensioned(x, data):
    j = data["i"]
    return np.vstack([np.eye(len(x)), j, 2.0 * (j @ (x - 1.0)) * j]).T


def _trigonometric(xp, x, data):
    cos = xp.cos(x)
    return x.shape[0] - xp.sum(cos) + data["i"] * (1.0 - cos) - xp.sin(x)


def _d_trigonometric(x, data):
    return (np.sin(x)[None, :] + np.diag(data["i"] * np.sin(x) - np.cos(x))).T


def _brown_almost_linear(xp, x, data):
    main = x[:-1] + xp.sum(x) - (x.shape[0] + 1.0)
    return xp.concat([main, xp.stack([xp.prod(x) - 1.0])])


def _d_brown_almost_linear(x, data):
    n = len(x)
    j = np.eye(n) + 1.0
    j[-1] = [np.prod(np.delete(x, k)) for k in range(n)]
    return j.T


def _shifted(xp, x):
    """x_{i-1} and x_{i+1}, 0 beyond the ends."""
    none = xp.zeros_like(x[:1])
    return xp.concat([none, x[:-1]]), xp.concat([x[1:], none])


def _discrete_boundary(xp, x, data):
    left, right = _shifted(xp, x)
    z = x + data["t"] + 1.0
    return 2.0 * x - left - right + 0.5 / 121.0 * z * z * z


def _d_discrete_boundary(x, data):
    near = np.eye(len(x), k=1) + np.eye(len(x), k=-1)
    return np.diag(2.0 + 1.5 / 121.0 * (x + data["t"] + 1.0) ** 2) - near


def _discrete_integral(xp, x, data):
    z = x + data["t"] + 1.0
    return x + data["kernel"] @ (z * z * z)


def _d_discrete_integral(x, data):
    return (np.eye(len(x)) + data["kernel"] * (3.0 * (x + data["t"] + 1.0) ** 2)).T


def _broyden_tridiagonal(xp, x, data):
    left, right = _shifted(xp, x)
    return (3.0 - 2.0 * x) * x - left - 2.0 * right + 1.0


def _d_broyden_tridiagonal(x, data):
    n = len(x)
    return (np.diag(3.0 - 4.0 * x) - np.eye(n, k=-1) - 2.0 * np.eye(n, k=1)).T


def _broyden_banded(xp, x, data):
    return x * (2.0 + 5.0 * x * x) + 1.0 - data["band"] @ (x * (1.0 + x))


def _d_broyden_banded(x, data):
    return (np.diag(2.0 + 15.0 * x * x) - data["band"] * (1.0 + 2.0 * x)).T


def fits() -> list[Fit]:
    """All 31, in the paper's order."""
    boundary = tuple(t * (t - 1.0) for t in DATA["mesh"]["t"])
    dimensioned = tuple(1.0 - j / 10.0 for j in range(1, 11))
    osborne_2 = (1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5)
    i10, mesh = DATA["counted"], DATA["mesh"]
    table = [
        ("rosenbrock", _rosenbrock, _d_rosenbrock, (-1.2, 1.0), (0.0,), {}),
        ("freudenstein-roth", _freudenstein_roth, _d_freudenstein_roth, (0.5, -2.0), (0.0, 48.984253679), {}),
        ("powell-badly-scaled", _powell_badly_scaled, _d_powell_badly_scaled, (0.0, 1.0), (0.0,), {}),
        ("brown-badly-scaled", _brown_badly_scaled, _d_brown_badly_scaled, (1.0, 1.0), (0.0,), {}),
        ("beale", _beale, _d_beale, (1.0, 1.0), (0.0,), {}),
        ("jennrich-sampson", _jennrich_sampson, _d_jennrich_sampson, (0.3, 0.4), (124.36218236,), i10),
        ("helical-valley", _helical_valley, _d_helical_valley, (-1.0, 0.0, 0.0), (0.0,), {}),
        ("bard", _bard, _d_bard, (1.0, 1.0, 1.0), (8.2148773e-3,), DATA["bard"]),
        ("gaussian", _gaussian, _d_gaussian, (0.4, 1.0, 0.0), (1.1279328e-8,), DATA["gaussian"]),
        ("meyer", _meyer, _d_meyer, (0.02, 4000.0, 250.0), (87.945855171,), DATA["meyer"]),
        ("gulf", _gulf, _d_gulf, (5.0, 2.5, 0.15), (0.0,), DATA["gulf"]),
        ("box", _box, _d_box, (0.0, 10.0, 20.0), (0.0,), DATA["box"]),
        ("powell-singular", _powell_singular, _d_powell_singular, (3.0, -1.0, 0.0, 1.0), (0.0,), {}),
        ("wood", _wood, _d_wood, (-3.0, -1.0, -3.0, -1.0), (0.0,), {}),
        ("kowalik-osborne", _kowalik_osborne, _d_kowalik_osborne, (0.25, 0.39, 0.415, 0.39), (3.0750561e-4,), DATA["kowalik-osborne"]),
        ("brown-dennis", _brown_dennis, _d_brown_dennis, (25.0, 5.0, -5.0, -1.0), (85822.2016264,), DATA["brown-dennis"]),
        ("osborne-1", _osborne_1, _d_osborne_1, (0.5, 1.5, -1.0, 0.01, 0.02), (5.4648947e-5,), DATA["osborne-1"]),
        ("biggs", _biggs, _d_biggs, (1.0, 2.0, 1.0, 1.0, 1.0, 1.0), (0.0, 5.6556499e-3), DATA["biggs"]),
        ("osborne-2", _osborne_2, _d_osborne_2, osborne_2, (4.0137736e-2,), DATA["osborne-2"]),
        ("watson", _watson, _d_watson, (0.0,) * 6, (2.2876701e-3,), DATA["watson"]),
        ("extended-rosenbrock", _extended_rosenbrock, _d_extended_rosenbrock, (-1.2, 1.0) * 5, (0.0,), {}),
        ("extended-powell", _powell_singular, _d_powell_singular, (3.0, -1.0, 0.0, 1.0) * 3, (0.0,), {}),
        ("penalty-1", _penalty_1, _d_penalty_1, (1.0, 2.0, 3.0, 4.0), (2.2499775e-5,), {}),
        ("penalty-2", _penalty_2, _d_penalty_2, (0.5,) * 4, (9.3762930e-6,), DATA["penalty-2"]),
        ("variably-dimensioned", _variably_dimensioned, _d_variably_dimensioned, dimensioned, (0.0,), i10),
        ("trigonometric", _trigonometric, _d_trigonometric, (0.1,) * 10, (0.0, 2.7950561e-5), i10),
        ("brown-almost-linear", _brown_almost_linear, _d_brown_almost_linear, (0.5,) * 10, (0.0, 1.0), {}),
        ("discrete-boundary", _discrete_boundary, _d_discrete_boundary, boundary, (0.0,), mesh),
        ("discrete-integral", _discrete_integral, _d_discrete_integral, boundary, (0.0,), mesh),
        ("broyden-tridiagonal", _broyden_tridiagonal, _d_broyden_tridiagonal, (-1.0,) * 10, (0.0,), {}),
        ("broyden-banded", _broyden_banded, _d_broyden_banded, (-1.0,) * 10, (0.0,), DATA["band"]),
    ]  # fmt: skip
    return [Fit(*row) for row in table]
