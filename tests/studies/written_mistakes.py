"""Gradients as people write them by hand in NumPy, each with the mistakes that people make in it.

A model is a loss, a point, and gradient(params, mistake); mistake "" is right. `WRITTEN` says for
each mistake which words of the message name it: the verdict is never asked for a key.
"""

from functools import partial

import numpy as np

RNG = np.random.default_rng(11)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# A network of sigmoid layers with squares, for XOR's four cases.
XOR, TARGET = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def xor_loss(p):
    h = sigmoid(XOR @ p["wih"] + p["bih"])
    o = sigmoid(h @ p["who"] + p["bho"])
    return np.mean((o - TARGET) ** 2)


def xor_gradient(p, m=""):
    h = sigmoid(XOR @ p["wih"] + p["bih"])
    o = sigmoid(h @ p["who"] + p["bho"])
    n = 1 if m == "sum for mean" else 4
    d = 2 * (o - TARGET) / n
    do = d if m == "output slope" else d * o * (1 - o)
    if m == "slope of a sigmoid":
        do = d * sigmoid(o) * (1 - sigmoid(o))
    back = do @ p["who"].T
    dh = back if m == "hidden slope" else back * h * (1 - h)
    if m == "tanh's slope":
        dh = back * (1 - h**2)
    if m == "both activated":
        do = d * sigmoid(o) * (1 - sigmoid(o))
        dh = do @ p["who"].T * sigmoid(h) * (1 - sigmoid(h))
    if m == "output slope at hidden":
        dh = back * o * (1 - o)
    if m == "target minus output":
        return {k: -v for k, v in xor_gradient(p).items()}
    bho = do.mean(axis=0) if m == "bias by mean" else do.sum(axis=0)
    wih = XOR.T @ dh
    return {"wih": wih, "bih": dh.sum(axis=0), "who": h.T @ do, "bho": bho}


# A classifier: ReLU, softmax and cross-entropy, with an L2 penalty.
X, Y = RNG.normal(size=(7, 5)), np.array([0, 2, 1, 1, 0, 2, 2])
ONE_HOT = np.eye(3)[Y]
DECAY = 0.05


def classes_loss(p):
    h = np.maximum(0, X @ p["w1"] + p["b1"])
    q = softmax(h @ p["w2"] + p["b2"])
    penalty = 0.5 * DECAY * (np.sum(p["w1"] ** 2) + np.sum(p["w2"] ** 2))
    return -np.mean(np.log(q[np.arange(7), Y])) + penalty


def classes_gradient(p, m=""):
    z = X @ p["w1"] + p["b1"]
    h = np.maximum(0, z)
    q = softmax(h @ p["w2"] + p["b2"])
    d = q.copy()
    d[np.arange(7), Y] -= 1
    if m == "softmax twice":
        d = d * q * (1 - q)
    d = d if m == "sum for mean" else d / 7
    if m == "labels forgotten":
        d = q / 7
    dh = d @ p["w2"].T
    dh = dh * (dh > 0) if m == "mask of the gradient" else dh if m == "no mask" else dh * (z > 0)
    decay = 2 * DECAY if m == "twice the penalty" else 0 if m == "no penalty" else DECAY
    g = {
        "w1": X.T @ dh + decay * p["w1"],
        "b1": dh.sum(axis=0),
        "w2": h.T @ d + (0 if m == "penalty on one" else decay) * p["w2"],
        "b2": d.sum(axis=0),
    }
    if m == "penalty on bias":
        g["b1"] = g["b1"] + DECAY * p["b1"]
    if m == "bias lost":
        g["b1"] = np.zeros_like(g["b1"])
    if m == "last case lost":
        g["w1"] = X[:-1].T @ dh[:-1] + DECAY * p["w1"]
    return g


# A recurrent network.
SEQUENCE = RNG.normal(size=(8, 2))


def rnn_states(p):
    h = [np.zeros(3)]
    for x in SEQUENCE:
        h.append(np.tanh(p["W"] @ h[-1] + p["U"] @ x + p["b"]))
    return h


def rnn_loss(p):
    return sum(np.sum((h - 0.2) ** 2) for h in rnn_states(p)[1:]) / 8


def rnn_gradient(p, m=""):
    h, g, back = rnn_states(p), {k: np.zeros_like(v) for k, v in p.items()}, np.zeros(3)
    for t in range(8, 0, -1):
        dh = 2 * (h[t] - 0.2) / 8 + (0 if m == "not carried back" else back)
        dz = dh if m == "no slope" else dh * (1 - h[t]) if m == "1 - h" else dh * (1 - h[t] ** 2)
        g["W"] += np.outer(dz, h[t] if m == "later state" else h[t - 1])
        g["U"] += np.outer(dz, SEQUENCE[t - 1])
        g["b"] += dz
        back = p["W"] @ dz if m == "no transpose" else p["W"].T @ dz
    return g


# Batch norm, and layer norm.
BATCH, OUT = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 4))


def norm_loss(p):
    x = BATCH @ p["w"]
    mu, var = x.mean(axis=0), x.var(axis=0)
    y = p["gamma"] * (x - mu) / np.sqrt(var + 1e-5) + p["beta"]
    return np.sum((y - OUT) ** 2)


def norm_gradient(p, m=""):
    x, n = BATCH @ p["w"], 6
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xc, s = x - mu, np.sqrt(var + (0 if m == "epsilon" else 1e-5))
    hat = xc / s
    d = 2 * (p["gamma"] * hat + p["beta"] - OUT)
    dhat = d if m == "no gamma" else d / p["gamma"] if m == "1/gamma" else d * p["gamma"]
    divisor = n - 1 if m == "unbiased" else n
    dvar = 0 if m == "variance held" else np.sum(dhat * xc, axis=0) * -0.5 / s**3
    dmu = 0 if m == "mean held" else -np.sum(dhat, axis=0) / s
    dx = dhat / s + dvar * 2 * xc / divisor + dmu / n
    return {
        "w": BATCH.T @ dx,
        "gamma": np.sum(d, axis=0) if m == "gamma as beta" else np.sum(d * hat, axis=0),
        "beta": d.mean(axis=0) if m == "beta by mean" else d.sum(axis=0),
    }


# Attention over a few keys.
KEYS, VALUES = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4))


def attention_loss(p):
    a = softmax(p["q"] @ KEYS.T / np.sqrt(4))
    return np.sum(np.sin(a @ VALUES))


def attention_gradient(p, m=""):
    a = softmax(p["q"] @ KEYS.T / np.sqrt(4))
    da = np.cos(a @ VALUES) @ VALUES.T
    if m == "minus cosine":
        da = -da
    ds = a * (da - np.sum(da * a, axis=1, keepdims=True))
    if m == "diagonal alone":
        ds = da * a * (1 - a)
    if m == "without its diagonal":
        ds = da
    if m == "sum over the wrong axis":
        ds = a * (da - np.sum(da * a, axis=0, keepdims=True))
    scale = 1 if m == "scale forgotten" else 1 / 4 if m == "1/d" else 1 / 2
    return {"q": ds @ KEYS * scale}


# An embedding, a bag of rows.
WORDS = np.array([[1, 1, 2], [0, 1, 4], [3, 3, 3]])
MIX = RNG.normal(size=(6, 3))


def embedding_loss(p):
    return np.mean(np.tanh(p["C"][WORDS].reshape(3, -1) @ MIX) ** 2)


def embedding_gradient(p, m=""):
    a = np.tanh(p["C"][WORDS].reshape(3, -1) @ MIX)
    d = (2 * a * (1 - a**2) / a.size) @ MIX.T
    g = np.zeros_like(p["C"])
    if m == "repeated rows":
        g[WORDS] += d.reshape(3, 3, 2)
    else:
        np.add.at(g, WORDS, d.reshape(3, 3, 2))
    if m == "averaged rows":
        g /= np.maximum(1, np.bincount(WORDS.ravel(), minlength=5))[:, None]
    return {"C": g}


# A convolution with a stride.
SIGNAL = RNG.normal(size=13)


def convolution_loss(p):
    out = np.zeros(6)
    for i in range(6):
        out[i] = np.sum(SIGNAL[2 * i : 2 * i + 3] * p["k"]) + p["b"]
    return 0.5 * np.sum(np.maximum(out, 0) ** 2)


def convolution_gradient(p, m=""):
    windows = np.array([SIGNAL[2 * i : 2 * i + 3] for i in range(6)])
    d = np.maximum(windows @ p["k"] + p["b"], 0)
    if m == "stride":
        windows = np.array([SIGNAL[i : i + 3] for i in range(6)])
    k = windows.T @ d
    return {"k": k[::-1].copy() if m == "flipped" else k, "b": np.sum(d)}


# A multi-class hinge, as in the course on images.
def hinge_loss(p):
    s = X @ p["W"]
    m = np.maximum(0, s - s[np.arange(7), Y][:, None] + 1)
    m[np.arange(7), Y] = 0
    return m.sum() / 7 + DECAY * np.sum(p["W"] * p["W"])


def hinge_gradient(p, m=""):
    s = X @ p["W"]
    k = (s - s[np.arange(7), Y][:, None] + 1 > 0).astype(float)
    k[np.arange(7), Y] = 0
    k[np.arange(7), Y] = -1 if m == "the count" else -k.sum(axis=1)
    data = X.T @ k if m == "sum for mean" else X.T @ k / 7
    return {"W": data + (DECAY if m == "half the penalty" else 2 * DECAY) * p["W"]}


# Weighted logistic regression in bits; a matrix in a quadratic form; angles in degrees.
WEIGHTS, SIGNS = RNG.uniform(0.5, 2, size=7), np.where(Y > 1, 1.0, -1.0)


def bits_loss(p):
    return np.sum(WEIGHTS * np.log2(1 + np.exp(-SIGNS * (X @ p["w"])))) / np.sum(WEIGHTS)


def bits_gradient(p, m=""):
    d = -SIGNS * sigmoid(-SIGNS * (X @ p["w"])) * (1 if m == "weights" else WEIGHTS)
    d = d if m == "sum of weights" else d / np.sum(WEIGHTS)
    d = d if m == "ln 2" else d * np.log(2) if m == "times ln 2" else d / np.log(2)
    if m == "sign of a label":
        d = d * SIGNS
    return {"w": X.T @ d}


A = RNG.normal(size=(5, 5))


def form_loss(p):
    return 0.5 * p["x"] @ A @ p["x"] + np.sum(np.log(p["x"] ** 2 + 1))


def form_gradient(p, m=""):
    x = p["x"]
    g = A @ x if m == "not symmetric" else A.T @ x if m == "transpose" else 0.5 * (A + A.T) @ x
    slope = 1 / (x**2 + 1)
    return {"x": g + (slope if m == "inner derivative" else 2 * x * slope)}


def angle_loss(p):
    a = np.deg2rad(p["a"])
    return np.sum((3 * np.cos(a) - 1) ** 2 + (2 * np.sin(a) - 0.5) ** 2)


def angle_gradient(p, m=""):
    a = np.deg2rad(p["a"])
    x, y = 2 * (3 * np.cos(a) - 1), 2 * (2 * np.sin(a) - 0.5)
    sine = 3 * np.sin(a) if m == "sign of cos'" else -3 * np.sin(a)
    g = x * sine + y * 2 * np.cos(a)
    if m == "a term":
        g = x * sine
    return {"a": g * (180 / np.pi if m == "180/π" else 1 if m == "radians" else np.pi / 180)}


# A Gaussian likelihood, a factorisation, a Huber loss, a cosine similarity, Poisson counts.
DATA = RNG.normal(size=9) + 1


def normal_loss(p):
    s = np.exp(p["log_s"])
    return np.sum(0.5 * ((DATA - p["mu"]) / s) ** 2 + p["log_s"])


def normal_gradient(p, m=""):
    s = np.exp(p["log_s"])
    z = (DATA - p["mu"]) / s
    power = s if m == "one s" else s**2
    ln = 1 if m == "log term once" else 9
    return {
        "mu": np.sum(z if m == "no s" else (DATA - p["mu"]) / power) * -1,
        "log_s": -np.sum(z**2) + (0 if m == "log term" else ln),
    }


RATINGS = RNG.normal(size=(4, 4))


def factors_loss(p):
    return 0.5 * np.sum((RATINGS - p["U"] @ p["V"].T) ** 2)


def factors_gradient(p, m=""):
    r = p["U"] @ p["V"].T - RATINGS
    v = r @ p["U"] if m == "transpose" else r.T @ p["U"]
    u = p["U"] - 0.1 * (r @ p["V"])
    if m == "updated first":
        v = r.T @ u
    return {"U": r @ p["V"], "V": v} if m != "exchanged" else {"U": v, "V": r @ p["V"]}


def huber_loss(p):
    r = X @ p["w"] - SIGNS
    return np.sum(np.where(np.abs(r) < 1.345, 0.5 * r**2, 1.345 * (np.abs(r) - 0.6725)))


def huber_gradient(p, m=""):
    r = X @ p["w"] - SIGNS
    delta = 1.3450001 if m == "delta" else 1.345
    clipped = np.clip(r, -delta, delta)
    if m == "not clipped":
        clipped = r
    if m == "sign lost":
        clipped = np.where(np.abs(r) < delta, r, delta)
    return {"w": X.T @ clipped}


def counts_loss(p):
    eta = X @ p["beta"]
    return np.sum(np.exp(eta) - Y * eta)


def counts_gradient(p, m=""):
    mu = X @ p["beta"] if m == "link forgotten" else np.exp(X @ p["beta"])
    return {"beta": X.T @ (mu if m == "counts forgotten" else Y - mu if m == "sign" else mu - Y)}


def _normal(shapes, scale=0.7):
    """A point of float32 values."""
    return {
        k: np.asarray(RNG.normal(size=s) * scale, np.float32).astype(float)
        for k, s in shapes.items()
    }


XOR_POINT = _normal({"wih": (2, 3), "bih": (3,), "who": (3, 1), "bho": (1,)})
CLASSES_POINT = _normal({"w1": (5, 6), "b1": (6,), "w2": (6, 3), "b2": (3,)})
NORM_POINT = _normal({"w": (4, 4), "gamma": (4,), "beta": (4,)})

LEFT_OUT = "its derivative is left out"
WRITTEN = {
    "xor": (xor_loss, xor_gradient, XOR_POINT, {
        "sum for mean": ("a sum where a mean",), "output slope": (LEFT_OUT,),
        "slope of a sigmoid": ("s(1 - s)",), "hidden slope": (LEFT_OUT,),
        "tanh's slope": ("1 - y²",), "both activated": ("s(1 - s)",),
        "output slope at hidden": ("y(1 - y), y the result",), "target minus output": ("sign is wrong",),
        "bias by mean": ("a mean where a sum", "mean is taken instead of the sum"),
    }),
    "classes": (classes_loss, classes_gradient, CLASSES_POINT, {
        "softmax twice": ("y(1 - y)",), "sum for mean": ("a sum where a mean",),
        "labels forgotten": ("p - y is taken for p",), "mask of the gradient": ("taken for its mask",),
        "no mask": (LEFT_OUT,), "twice the penalty": ("L2 penalty", "counted twice"),
        "no penalty": ("L2 penalty", "is cut"), "penalty on one": ("L2 penalty", "is cut"),
        "penalty on bias": ("L2 penalty",), "bias lost": ("zero everywhere",),
        "last case lost": ("last case is left out", "without case"),
    }),
    "rnn": (rnn_loss, rnn_gradient, _normal({"W": (3, 3), "U": (3, 2), "b": (3,)}), {
        "not carried back": ("not carried back",), "no slope": (LEFT_OUT,), "1 - h": ("1 - y",),
        "later state": ("mistaken for",), "no transpose": ("without its transpose",),
    }),
    "batch norm": (norm_loss, norm_gradient, NORM_POINT, {
        "no gamma": (LEFT_OUT, "divided by its entry of gamma"), "1/gamma": ("divides by", "divided by"), "unbiased": ("unbiased", "variance"),
        "variance held": ("is cut",), "mean held": ("is cut",), "gamma as beta": ("gradient of beta", LEFT_OUT),
        "beta by mean": ("a mean where a sum", "mean is taken instead of the sum"),
    }),
    "attention": (attention_loss, attention_gradient, _normal({"q": (5, 4)}), {
        "minus cosine": ("sign is wrong",), "diagonal alone": ("diagonal",),
        "without its diagonal": (LEFT_OUT,), "sum over the wrong axis": ("axis",),
        "scale forgotten": ("2 times", "multiplied by 2"), "1/d": ("½ times",),
    }),
    "embedding": (embedding_loss, embedding_gradient, _normal({"C": (5, 2)}), {
        "repeated rows": ("more than once",), "averaged rows": ("averaged", "entry of"),
    }),
    "convolution": (convolution_loss, convolution_gradient, _normal({"k": (3,), "b": ()}), {
        "stride": ("stride",), "flipped": ("reversed",),
    }),
    "hinge": (hinge_loss, hinge_gradient, _normal({"W": (5, 3)}), {
        "the count": ("counts for each entry",), "sum for mean": ("a sum where a mean",), "half the penalty": ("L2 penalty", "½"),
    }),
    "bits": (bits_loss, bits_gradient, _normal({"w": (5,)}), {
        "weights": (LEFT_OUT,), "sum of weights": ("sum of",), "ln 2": ("ln 2",), "times ln 2": ("ln 2",),
        "sign of a label": (LEFT_OUT, "mistaken", "square"),
    }),
    "form": (form_loss, form_gradient, _normal({"x": (5,)}), {
        "not symmetric": ("transpose",), "transpose": ("transpose",), "inner derivative": (LEFT_OUT,),
    }),
    "angle": (angle_loss, angle_gradient, {"a": np.array([20.0, 75.0, 130.0])}, {
        "sign of cos'": ("sign is wrong", "multiplied by -1"), "a term": ("is cut",), "180/π": ("180",),
        "radians": ("π",),
    }),
    "normal": (normal_loss, normal_gradient, _normal({"mu": (), "log_s": ()}), {
        "one s": ("multiplied by exp(log_s)",), "no s": ("multiplied by exp(log_s)",), "log term": ("lacks the term 9",),
        "log term once": ("instead of the sum", "lacks the term 8"),
    }),
    "factors": (factors_loss, factors_gradient, _normal({"U": (4, 2), "V": (4, 2)}), {
        "transpose": ("transpose",), "updated first": ("updated too early",), "exchanged": ("exchanged",),
    }),
    "huber": (huber_loss, huber_gradient, _normal({"w": (5,)}, 2), {
        "delta": ("multiplied by 1 + 7.43e-08",), "not clipped": ("its operand, is taken for",), "sign lost": (LEFT_OUT,),
    }),
    "counts": (counts_loss, counts_gradient, _normal({"beta": (5,)}, 0.3), {
        "link forgotten": ("y, its operand, is taken for the derivative",), "counts forgotten": ("is cut", "zeros"), "sign": ("sign is wrong",),
    }),
}  # fmt: skip
"""name -> (loss, gradient, point, {mistake: words that name it; none if it is beyond a cause})."""


def written_outcomes():
    """(mistake, whether it is caught, whether the message names it, whether another cause is stated)."""
    from tests.studies.written_rules import RULES, jax_loss, torch_loss

    found = []
    for name, (loss, gradient, point, mistakes) in WRITTEN.items():
        for mistake, words in mistakes.items():
            own = partial(gradient, m=mistake)
            found.append((f"{name}: {mistake}", *outcome(loss, point, own, words)))
    for make in (torch_loss, jax_loss):
        for name, (forward, backward, words) in RULES.items():
            loss, point = make(forward, backward)
            found.append((f"{make.__name__}: {name}", *outcome(loss, point, None, words)))
    return found


def outcome(loss, point, gradient, words, seconds=60):
    """(whether it is caught, whether the message names it, whether another cause is stated)."""
    from gradparity import check
    from gradparity.harness.findings.words import told
    from gradparity.harness.plain.outcome import GradientError

    try:
        check(loss, point, gradient=gradient, seconds=seconds)
    except GradientError as error:
        diagnosis = error.finding.diagnosis
        if diagnosis is None:
            return True, False, False
        good = any(word in told(diagnosis) for word in words)
        stated = diagnosis.cause.sure and diagnosis.cause.key not in ("other", "none")
        return True, good, stated and not good
    return False, False, False
