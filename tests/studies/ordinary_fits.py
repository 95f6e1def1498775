"""Fits and likelihoods as people write them in NumPy, each with one mistake in its gradient.

gradient(p, wrong): wrong is False for the right one. `ORDINARY_FITS` says what the mistake is, and
which words of a message name it.
"""

from collections import namedtuple

import numpy as np
from scipy import special
from scipy.special import expit, gammaln, logsumexp

Ordinary = namedtuple("Ordinary", "loss gradient point mistake words")

RNG = np.random.default_rng(31)
N = 12
X = RNG.normal(size=(N, 3))
Y = RNG.normal(size=N)
LABELS = (RNG.random(N) < 0.5).astype(float)
CLASSES = RNG.integers(0, 4, N)
COUNTS = RNG.poisson(3.0, N)
T = np.linspace(0.1, 2.0, N)
POSITIVE = RNG.gamma(2.0, 1.0, N) + 0.2
SIGMA = 0.5 + RNG.random(N)


def least_squares(w):
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        total += (np.dot(x, w) - y) ** 2
    return total / len(Y)


def least_squares_gradient(w, wrong):
    g = np.zeros_like(w)
    for x, y in zip(X, Y, strict=True):
        g += (1 if wrong else 2) * (np.dot(x, w) - y) * x
    return g / len(Y)


def ridge(p):
    r = X @ p["w"] + p["b"] - Y
    return 0.5 * np.mean(r**2) + 0.5 * 0.1 * np.sum(p["w"] ** 2)


def ridge_gradient(p, wrong):
    r = X @ p["w"] + p["b"] - Y
    return {"w": X.T @ r / N + 0.1 * p["w"], "b": np.mean(r) + (0.1 * p["b"] if wrong else 0)}


def logistic(w):
    p = 1 / (1 + np.exp(-X @ w))
    return -np.mean(LABELS * np.log(p) + (1 - LABELS) * np.log(1 - p))


def logistic_gradient(w, wrong):
    p = 1 / (1 + np.exp(-X @ w))
    return X.T @ (p - LABELS) / (1 if wrong else N)


def newton_logistic(w):
    z = X @ w
    return np.sum(np.log1p(np.exp(z)) - LABELS * z)


def newton_logistic_gradient(w, wrong):
    return X.T @ (LABELS - expit(X @ w)) if wrong else X.T @ (expit(X @ w) - LABELS)


def poisson(w):
    rate = np.exp(X @ w)
    return np.sum(rate - COUNTS * np.log(rate) + gammaln(COUNTS + 1))


def poisson_gradient(w, wrong):
    return X.T @ ((X @ w if wrong else np.exp(X @ w)) - COUNTS)


def softmax_regression(w):
    losses = []
    for x, c in zip(X, CLASSES, strict=True):
        scores = x @ w
        scores = scores - np.max(scores)
        losses.append(np.log(np.sum(np.exp(scores))) - scores[c])
    return np.mean(losses)


def softmax_regression_gradient(w, wrong):
    g = np.zeros_like(w)
    for x, c in zip(X, CLASSES, strict=True):
        scores = np.exp(x @ w - np.max(x @ w))
        p = scores / scores.sum()
        if not wrong:
            p[c] -= 1
        g += np.outer(x, p)
    return g / N


def huber(w):
    r = X @ w - Y
    total = 0.0
    for e in r:
        total += np.where(abs(e) < 0.8, 0.5 * e**2, 0.8 * (abs(e) - 0.4))
    return total


def huber_gradient(w, wrong):
    r = X @ w - Y
    return X.T @ np.where(np.abs(r) < 0.8, r, np.sign(r) * (1 if wrong else 0.8))


def pinball(w):
    r = Y - X @ w
    return np.sum(np.maximum(0.9 * r, -0.1 * r))


def pinball_gradient(w, wrong):
    r = Y - X @ w
    slope = np.where(r > 0, 0.9, -0.1)
    return X.T @ slope if wrong else -X.T @ slope


def normal(p):
    s = np.exp(p["log_s"])
    return np.sum(0.5 * ((Y - p["mu"]) / s) ** 2 + p["log_s"] + 0.5 * np.log(2 * np.pi))


def normal_gradient(p, wrong):
    z = (Y - p["mu"]) / np.exp(p["log_s"])
    return {"mu": -np.sum(z) / np.exp(p["log_s"]), "log_s": -np.sum(z**2) + (0 if wrong else N)}


def student(p):
    z = (Y - X @ p) / 0.7
    return np.sum(0.5 * (4 + 1) * np.log(1 + z**2 / 4))


def student_gradient(p, wrong):
    z = (Y - X @ p) / 0.7
    return -X.T @ ((4 if wrong else 5) * z / (4 + z**2)) / 0.7


def gamma(p):
    a, rate = np.exp(p[0]), np.exp(p[1])
    return -np.sum(a * p[1] - gammaln(a) + (a - 1) * np.log(POSITIVE) - rate * POSITIVE)


def gamma_gradient(p, wrong):
    a, rate = np.exp(p[0]), np.exp(p[1])
    da = N * p[1] - N * special.digamma(a) + np.sum(np.log(POSITIVE))
    return np.array([-da * (1 if wrong else a), -(N * a - rate * np.sum(POSITIVE))])


def weibull(p):
    k, scale = p["k"], p["scale"]
    z = POSITIVE / scale
    return -np.sum(np.log(k / scale) + (k - 1) * np.log(z) - z**k)


def weibull_gradient(p, wrong):
    k, scale = p["k"], p["scale"]
    z = POSITIVE / scale
    power = z ** (k - 1) if wrong else z**k
    return {
        "k": -np.sum(1 / k + np.log(z) - power * np.log(z)),
        "scale": np.sum(k / scale - k / scale * z**k),
    }


def mixture(p):
    logs = p["log_w"] - logsumexp(p["log_w"]) - 0.5 * (Y[:, None] - p["mu"]) ** 2
    return -np.sum(logsumexp(logs, axis=1))


def mixture_gradient(p, wrong):
    w = np.exp(p["log_w"] - logsumexp(p["log_w"]))
    logs = np.log(w) - 0.5 * (Y[:, None] - p["mu"]) ** 2
    r = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
    mu = -np.sum(r * (Y[:, None] - p["mu"]), axis=0)
    return {"mu": mu, "log_w": -np.sum(r, axis=0) if wrong else -np.sum(r - w, axis=0)}


def decay(p):
    a, k, c = p
    model = a * np.exp(-k * T) + c
    return np.sum(((model - Y) / SIGMA) ** 2)


def decay_gradient(p, wrong):
    a, k, c = p
    e = np.exp(-k * T)
    r = 2 * (a * e + c - Y) / (SIGMA if wrong else SIGMA**2)
    return np.array([np.sum(r * e), np.sum(r * -a * T * e), np.sum(r)])


def enzyme(p):
    v, k = p["v"], p["k"]
    return 0.5 * np.sum((v * T / (k + T) - Y) ** 2)


def enzyme_gradient(p, wrong):
    v, k = p["v"], p["k"]
    r = v * T / (k + T) - Y
    return {
        "v": np.sum(r * T / (k + T)),
        "k": -np.sum(r * v * T / ((k + T) if wrong else (k + T) ** 2)),
    }


def wave(p):
    model = p["amplitude"] * np.sin(p["omega"] * T + p["phase"])
    return np.mean((Y - model) ** 2)


def wave_gradient(p, wrong):
    angle = p["omega"] * T + p["phase"]
    r = -2 * (Y - p["amplitude"] * np.sin(angle)) / N
    slope = p["amplitude"] * np.cos(angle)
    return {
        "amplitude": np.sum(r * np.sin(angle)),
        "omega": np.sum(r * slope * (1 if wrong else T)),
        "phase": np.sum(r * slope),
    }


def polynomial(c):
    model = np.zeros(N)
    for k in range(len(c)):
        model = model + c[k] * T**k
    return np.sum((model - Y) ** 2)


def polynomial_gradient(c, wrong):
    r = 2 * (sum(c[k] * T**k for k in range(len(c))) - Y)
    return np.array([np.sum(r * T ** (k + 1 if wrong else k)) for k in range(len(c))])


def peak(p):
    height, centre, width = p
    model = height * np.exp(-((T - centre) ** 2) / (2 * width**2))
    return np.sum((Y - model) ** 2)


def peak_gradient(p, wrong):
    height, centre, width = p
    e = np.exp(-((T - centre) ** 2) / (2 * width**2))
    r = -2 * (Y - height * e)
    g = np.zeros(3)
    g[0] = np.sum(r * e)
    g[1] = np.sum(r * height * e * (T - centre) / width**2) * (-1 if wrong else 1)
    g[2] = np.sum(r * height * e * (T - centre) ** 2 / width**3)
    return g


def cox(beta):
    order = np.argsort(-POSITIVE)
    risk = X[order] @ beta
    total = 0.0
    for i in range(N):
        total -= risk[i] - logsumexp(risk[: i + 1])
    return total / N


def cox_gradient(beta, wrong):
    x = X[np.argsort(-POSITIVE)]
    g = np.zeros_like(beta)
    for i in range(N):
        w = np.exp(x[: i + 1] @ beta)
        g -= x[i] - w @ x[: i + 1] / w.sum()
    return g if wrong else g / N


WINNER, LOSER = np.array([0, 0, 1, 3, 0, 2]), np.array([1, 2, 2, 0, 3, 3])


def bradley_terry(s):
    return -np.sum(np.log(expit(s[WINNER] - s[LOSER])))


def bradley_terry_gradient(s, wrong):
    d = expit(s[WINNER] - s[LOSER]) - 1
    g = np.zeros_like(s)
    if wrong:
        g[WINNER] += d
        g[LOSER] -= d
    else:
        np.add.at(g, WINNER, d)
        np.add.at(g, LOSER, -d)
    return g


USERS, ITEMS = np.array([0, 0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 0, 1])
STARS = RNG.normal(size=6) + 3


def ratings(p):
    total = 0.0
    for u, i, stars in zip(USERS, ITEMS, STARS, strict=True):
        total += (stars - p["U"][u] @ p["V"][i]) ** 2
    return 0.5 * total


def ratings_gradient(p, wrong):
    e = np.sum(p["U"][USERS] * p["V"][ITEMS], axis=1) - STARS
    g = {k: np.zeros_like(x) for k, x in p.items()}
    np.add.at(g["U"], USERS, e[:, None] * p["V"][ITEMS])
    if wrong:
        g["V"][ITEMS] += e[:, None] * p["U"][USERS]
    else:
        np.add.at(g["V"], ITEMS, e[:, None] * p["U"][USERS])
    return g


def svm(w):
    margins = np.maximum(0, 1 - (2 * LABELS - 1) * (X @ w))
    return 0.5 * w @ w + 2.0 * np.mean(margins)


def svm_gradient(w, wrong):
    s = 2 * LABELS - 1
    hit = s * (X @ w) < 1
    return w - 2.0 * X[hit].T @ s[hit] / (hit.sum() if wrong else N)


def squared_hinge(w):
    margins = np.maximum(0, 1 - (2 * LABELS - 1) * (X @ w))
    return np.sum(margins**2)


def squared_hinge_gradient(w, wrong):
    s = 2 * LABELS - 1
    m = np.maximum(0, 1 - s * (X @ w))
    return -X.T @ ((m if wrong else 2 * m) * s)


def multiclass_svm(w):
    scores = X @ w
    total = 0.0
    for i in range(N):
        for j in range(4):
            if j != CLASSES[i]:
                total += np.maximum(0, scores[i, j] - scores[i, CLASSES[i]] + 1)
    return total / N


def multiclass_svm_gradient(w, wrong):
    scores = X @ w
    margins = np.maximum(0, scores - scores[np.arange(N), CLASSES][:, None] + 1)
    margins[np.arange(N), CLASSES] = 0
    hit = (margins > 0).astype(float)
    hit[np.arange(N), CLASSES] = -(1.0 * (hit.sum(axis=1) > 0) if wrong else hit.sum(axis=1))
    return X.T @ hit / N


def smooth_l1(w):
    return np.sum(np.sqrt((X @ w - Y) ** 2 + 0.01))


def smooth_l1_gradient(w, wrong):
    r = X @ w - Y
    root = np.sqrt(r**2 + 0.01)
    return X.T @ (2 * r / root if wrong else r / root)


def variation(x):
    return 0.5 * np.sum((x - Y) ** 2) + 0.3 * np.sum(np.diff(x) ** 2)


def variation_gradient(x, wrong):
    d = np.diff(x)
    g = x - Y
    g[1:] += 0.6 * d
    if not wrong:
        g[:-1] -= 0.6 * d
    return g


WEIGHTS = np.array([0.5, 1.0, 2.5, 1.0, 0.25, 3.0, 1.0, 0.5, 2.0, 1.0, 1.5, 0.75])


def weighted(w):
    r = X @ w - Y
    return np.sum(WEIGHTS * r**2) / np.sum(WEIGHTS)


def weighted_gradient(w, wrong):
    g = 2 * X.T @ (WEIGHTS * (X @ w - Y))
    return g if wrong else g / np.sum(WEIGHTS)


def _point(*shape, scale=0.6):
    return np.round(RNG.normal(size=shape) * scale, 3)


LEFT = "its derivative is left out"
ORDINARY_FITS = {
    "least squares": Ordinary(least_squares, least_squares_gradient, _point(3), "no 2", ("½",)),
    "ridge": Ordinary(ridge, ridge_gradient, {"w": _point(3), "b": 0.7}, "penalty on the bias", ("L2 penalty", "0.1·b")),
    "logistic": Ordinary(logistic, logistic_gradient, _point(3), "sum for mean", ("a sum where a mean",)),
    "logistic, log1p": Ordinary(newton_logistic, newton_logistic_gradient, _point(3), "sign", ("sign is wrong",)),
    "poisson": Ordinary(poisson, poisson_gradient, _point(3, scale=0.3), "link forgotten", ("its operand, is taken for the derivative", "stands for the result of exp")),
    "softmax regression": Ordinary(softmax_regression, softmax_regression_gradient, _point(3, 4), "labels forgotten", ("is cut", "p - y is taken for p", "labels")),
    "huber": Ordinary(huber, huber_gradient, _point(3), "delta forgotten in the tail", (LEFT,)),
    "pinball": Ordinary(pinball, pinball_gradient, _point(3), "sign", ("sign is wrong",)),
    "normal": Ordinary(normal, normal_gradient, {"mu": 0.3, "log_s": 0.2}, "no log s", ("lacks the term 12",)),
    "student": Ordinary(student, student_gradient, _point(3), "4 for 5", ("0.8",)),
    "gamma": Ordinary(gamma, gamma_gradient, np.array([0.4, 0.3]), "no inner derivative of exp", ("the derivative of the exponential is left out",)),
    "weibull": Ordinary(weibull, weibull_gradient, {"k": 1.4, "scale": 1.7}, "power k - 1", ("power",)),
    "mixture": Ordinary(mixture, mixture_gradient, {"mu": _point(2), "log_w": _point(2)}, "normaliser forgotten", ("is cut", "p - y is taken for p", "in one way")),
    "decay": Ordinary(decay, decay_gradient, np.array([1.2, 0.7, 0.3]), "sigma for its square", ("mistaken for the result of subtract",)),
    "enzyme": Ordinary(enzyme, enzyme_gradient, {"v": 1.5, "k": 0.6}, "no square of the denominator", ("square",)),
    "wave": Ordinary(wave, wave_gradient, {"amplitude": 1.1, "omega": 2.0, "phase": 0.3}, "no inner derivative", (LEFT, "gradient of phase")),
    "polynomial": Ordinary(polynomial, polynomial_gradient, _point(4), "powers off by one", ("one power", "shifted")),
    "peak": Ordinary(peak, peak_gradient, np.array([1.2, 0.8, 0.5]), "sign of the centre", ("wrong sign",)),
    "cox": Ordinary(cox, cox_gradient, _point(3), "sum for mean", ("a sum where a mean",)),
    "bradley-terry": Ordinary(bradley_terry, bradley_terry_gradient, _point(4), "repeated rows", ("more than once",)),
    "ratings": Ordinary(ratings, ratings_gradient, {"U": _point(4, 2), "V": _point(3, 2)}, "repeated rows", ("more than once",)),
    "svm": Ordinary(svm, svm_gradient, _point(3, scale=1.5), "mean over the violated alone", ("a mean over these alone",)),
    "squared hinge": Ordinary(squared_hinge, squared_hinge_gradient, _point(3), "no 2", ("½",)),
    "multiclass svm": Ordinary(multiclass_svm, multiclass_svm_gradient, _point(3, 4), "whether violated, for how many", ("count", "how many", "once")),
    "smooth l1": Ordinary(smooth_l1, smooth_l1_gradient, _point(3), "no ½ of the root", ("factor of a square",)),
    "variation": Ordinary(variation, variation_gradient, _point(N), "one of two neighbours", ("is cut",)),
    "weighted": Ordinary(weighted, weighted_gradient, _point(3), "sum of weights", ("sum of", "15")),
}  # fmt: skip
"""name -> (loss, gradient, point, the mistake, words that name it)."""
