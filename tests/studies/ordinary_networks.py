"""Networks as people write them in NumPy, each with one mistake in its gradient."""

import numpy as np
from scipy.special import log_softmax, softmax

from tests.studies.ordinary_fits import LEFT, Ordinary

RNG = np.random.default_rng(32)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))
CLASSES = np.array([0, 2, 1, 1, 0, 2])
STEPS = RNG.normal(size=(5, 2))


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def layers(p):
    a = X
    for i in range(3):
        a = np.tanh(a @ p[f"W{i}"] + p[f"b{i}"])
    return np.mean((a - Y) ** 2)


def layers_gradient(p, wrong):
    a = [X]
    for i in range(3):
        a.append(np.tanh(a[-1] @ p[f"W{i}"] + p[f"b{i}"]))
    g, d = {}, 2 * (a[-1] - Y) / Y.size
    for i in reversed(range(3)):
        d = d if wrong and i == 1 else d * (1 - a[i + 1] ** 2)
        g[f"W{i}"], g[f"b{i}"] = a[i].T @ d, d.sum(axis=0)
        d = d @ p[f"W{i}"].T
    return g


def two_sigmoids(p):
    h = sigmoid(np.dot(X, p["W1"]))
    out = sigmoid(np.dot(h, p["W2"]))
    return 0.5 * np.sum((Y - out) ** 2)


def two_sigmoids_gradient(p, wrong):
    h = sigmoid(np.dot(X, p["W1"]))
    out = sigmoid(np.dot(h, p["W2"]))
    d2 = (out - Y) * out * (1 - out)
    d1 = d2.dot(p["W2"].T)
    d1 = d1 if wrong else d1 * h * (1 - h)
    return {"W1": X.T.dot(d1), "W2": h.T.dot(d2)}


def relu_net(p):
    h = np.maximum(X @ p["W1"] + p["b1"], 0)
    logits = h @ p["W2"]
    return -np.mean(log_softmax(logits, axis=1)[np.arange(6), CLASSES])


def relu_net_gradient(p, wrong):
    z = X @ p["W1"] + p["b1"]
    d = softmax(np.maximum(z, 0) @ p["W2"], axis=1)
    d[np.arange(6), CLASSES] -= 1
    d /= 6
    dz = d @ p["W2"].T
    dz = dz if wrong else dz * (z > 0)
    return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": np.maximum(z, 0).T @ d}


def leaky_net(w):
    z = X @ w
    return np.sum(np.where(z > 0, z, 0.1 * z) ** 2)


def leaky_net_gradient(w, wrong):
    z = X @ w
    a = np.where(z > 0, z, 0.1 * z)
    return X.T @ (2 * a * np.where(z > 0, 1, 0 if wrong else 0.1))


def recurrent(p):
    h = np.zeros(3)
    loss = 0.0
    for x in STEPS:
        h = np.tanh(p["Wx"] @ x + p["Wh"] @ h)
        loss += 0.5 * np.sum((h - 0.3) ** 2)
    return loss


def recurrent_gradient(p, wrong):
    hs = [np.zeros(3)]
    for x in STEPS:
        hs.append(np.tanh(p["Wx"] @ x + p["Wh"] @ hs[-1]))
    g = {k: np.zeros_like(v) for k, v in p.items()}
    back = np.zeros(3)
    for t in reversed(range(5)):
        d = (hs[t + 1] - 0.3 + back) * (1 - hs[t + 1] ** 2)
        g["Wx"] += np.outer(d, STEPS[t])
        g["Wh"] += np.outer(d, hs[t])
        back = 0 if wrong else p["Wh"].T @ d
    return g


def lstm(p):
    h, c = np.zeros(2), np.zeros(2)
    for x in STEPS:
        z = p["W"] @ np.concatenate([x, h]) + p["b"]
        i, f, o, g = sigmoid(z[0:2]), sigmoid(z[2:4]), sigmoid(z[4:6]), np.tanh(z[6:8])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h**2)


def lstm_gradient(p, wrong):
    h, c, kept = np.zeros(2), np.zeros(2), []
    for x in STEPS:
        v = np.concatenate([x, h])
        z = p["W"] @ v + p["b"]
        i, f, o, g = sigmoid(z[0:2]), sigmoid(z[2:4]), sigmoid(z[4:6]), np.tanh(z[6:8])
        before, c = c, f * c + i * g
        h = o * np.tanh(c)
        kept.append((v, i, f, o, g, before, c))
    dW, db, dh, dc = np.zeros_like(p["W"]), np.zeros_like(p["b"]), 2 * h, np.zeros(2)
    for v, i, f, o, g, before, c in reversed(kept):
        do = dh * np.tanh(c)
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        slopes = i * (1 - i), f * (1 - f), o * (1 - o), 1 - g**2
        dz = np.concatenate(
            [d * s for d, s in zip((dc * g, dc * before, do, dc * i), slopes, strict=True)]
        )
        dW, db = dW + np.outer(dz, v), db + dz
        dh = (p["W"].T @ dz)[2:]
        dc = np.zeros(2) if wrong else dc * f
    return {"W": dW, "b": db}


def batch_norm(p):
    x = X @ p["W"]
    hat = (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-3)
    return np.sum((p["gamma"] * hat + p["beta"] - Y) ** 2)


def batch_norm_gradient(p, wrong):
    x = X @ p["W"]
    n, s = 6, np.sqrt(x.var(axis=0) + 1e-3)
    hat = (x - x.mean(axis=0)) / s
    d = 2 * (p["gamma"] * hat + p["beta"] - Y)
    dh = d * p["gamma"]
    m = n - 1 if wrong else n
    dx = (dh - dh.mean(axis=0) - hat * np.sum(dh * hat, axis=0) / m) / s
    return {"W": X.T @ dx, "gamma": np.sum(d * hat, axis=0), "beta": d.sum(axis=0)}


def layer_norm(p):
    x = X @ p["W"]
    mu = x.mean(axis=1, keepdims=True)
    hat = (x - mu) / np.sqrt(((x - mu) ** 2).mean(axis=1, keepdims=True) + 1e-3)
    return np.sum(np.cos(hat * p["gamma"]))


def layer_norm_gradient(p, wrong):
    x = X @ p["W"]
    mu = x.mean(axis=1, keepdims=True)
    s = np.sqrt(((x - mu) ** 2).mean(axis=1, keepdims=True) + 1e-3)
    hat = (x - mu) / s
    d = -np.sin(hat * p["gamma"])
    dh = d * (1 if wrong else p["gamma"])
    dx = (dh - dh.mean(axis=1, keepdims=True) - hat * (dh * hat).mean(axis=1, keepdims=True)) / s
    return {"W": X.T @ dx, "gamma": np.sum(d * hat, axis=0)}


def attention(p):
    q, k, v = X @ p["Q"], X @ p["K"], X @ p["V"]
    a = softmax(q @ k.T / np.sqrt(q.shape[1]), axis=-1)
    return np.sum((a @ v - Y) ** 2)


def attention_gradient(p, wrong):
    q, k, v = X @ p["Q"], X @ p["K"], X @ p["V"]
    a = softmax(q @ k.T / np.sqrt(2), axis=-1)
    d = 2 * (a @ v - Y)
    da = d @ v.T
    ds = a * (da - (0 if wrong else np.sum(da * a, axis=-1, keepdims=True))) / np.sqrt(2)
    return {"Q": X.T @ ds @ k, "K": X.T @ ds.T @ q, "V": X.T @ a.T @ d}


SIGNAL = RNG.normal(size=15)


def strided(p):
    out = np.zeros(5)
    for i in range(5):
        out[i] = np.dot(SIGNAL[3 * i : 3 * i + 3], p["k"]) + p["b"]
    return np.sum(np.tanh(out))


def strided_gradient(p, wrong):
    d = 1 - np.tanh(SIGNAL.reshape(5, 3) @ p["k"] + p["b"]) ** 2
    g = np.zeros(3)
    for i in range(5):
        start = i if wrong else 3 * i
        g += d[i] * SIGNAL[start : start + 3]
    return {"k": g, "b": d.sum()}


IMAGE = RNG.normal(size=(6, 6))


def convolution(k):
    out = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            out[i, j] = np.sum(IMAGE[i : i + 3, j : j + 3] * k)
    return np.mean(out**2)


def convolution_gradient(k, wrong):
    g = np.zeros((3, 3))
    for i in range(4):
        for j in range(4):
            patch = IMAGE[i : i + 3, j : j + 3]
            g += 2 * np.sum(patch * k) * patch / 16
    return np.rot90(g, 2).copy() if wrong else g


def pooling(x):
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.max(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    return np.sum(out**3)


def pooling_gradient(x, wrong):
    g = np.zeros_like(x)
    for i in range(3):
        for j in range(3):
            window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            mask = np.ones((2, 2)) if wrong else window == window.max()
            g[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += 3 * window.max() ** 2 * mask
    return g


def average_pooling(x):
    out = []
    for i in range(0, 6, 2):
        for j in range(0, 6, 2):
            out.append(x[i : i + 2, j : j + 2].mean())
    return np.sum(np.exp(np.array(out)))


def average_pooling_gradient(x, wrong):
    e = np.exp(x.reshape(3, 2, 3, 2).mean(axis=(1, 3)))
    return np.kron(e, np.ones((2, 2))) / (2 if wrong else 4)


MASK = (np.arange(18).reshape(6, 3) % 3 != 1).astype(float)


def dropout(p):
    h = np.maximum(0, X @ p["W"]) * MASK / 0.8
    return np.mean((h @ p["v"]) ** 2)


def dropout_gradient(p, wrong):
    z = X @ p["W"]
    h = np.maximum(0, z) * MASK / 0.8
    d = 2 * (h @ p["v"]) / 6
    dh = np.outer(d, p["v"]) * MASK / (1 if wrong else 0.8)
    return {"W": X.T @ (dh * (z > 0)), "v": h.T @ d}


CENTRE, CONTEXT = np.array([0, 1, 1, 3, 0]), np.array([2, 2, 0, 1, 4])


def skip_gram(p):
    scores = np.sum(p["inner"][CENTRE] * p["outer"][CONTEXT], axis=1)
    return -np.sum(np.log(sigmoid(scores)))


def skip_gram_gradient(p, wrong):
    u, v = p["inner"][CENTRE], p["outer"][CONTEXT]
    d = (sigmoid(np.sum(u * v, axis=1)) - 1)[:, None]
    g = {k: np.zeros_like(x) for k, x in p.items()}
    np.add.at(g["outer"], CONTEXT, d * u)
    if wrong:
        g["inner"][CENTRE] += d * v
    else:
        np.add.at(g["inner"], CENTRE, d * v)
    return g


def autoencoder(p):
    h = np.tanh(X @ p["W"])
    return np.sum((h @ p["W"].T - X) ** 2)


def autoencoder_gradient(p, wrong):
    h = np.tanh(X @ p["W"])
    d = 2 * (h @ p["W"].T - X)
    encoder = X.T @ ((d @ p["W"]) * (1 - h**2))
    return {"W": encoder if wrong else encoder + d.T @ h}


def gelu(w):
    z = X @ w
    return np.sum(0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))))


def gelu_gradient(w, wrong):
    z = X @ w
    t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
    inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)
    return X.T @ (0.5 * (1 + t) + 0.5 * z * (1 if wrong else 1 - t**2) * inner)


def swish(w):
    z = X @ w
    return np.sum(z * sigmoid(z) * Y)


def swish_gradient(w, wrong):
    z = X @ w
    s = sigmoid(z)
    return X.T @ ((s if wrong else s + z * s * (1 - s)) * Y)


def softplus(w):
    return np.sum(np.log(1 + np.exp(X @ w)) * Y)


def softplus_gradient(w, wrong):
    s = sigmoid(X @ w)
    return X.T @ ((s * (1 - s) if wrong else s) * Y)


def elu(w):
    z = X @ w
    return np.sum(np.where(z > 0, z, np.exp(z) - 1) ** 2)


def elu_gradient(w, wrong):
    z = X @ w
    a = np.where(z > 0, z, np.exp(z) - 1)
    return X.T @ (2 * a * np.where(z > 0, 1, a if wrong else a + 1))


def triplet(w):
    a, p, n = X[:2] @ w, X[2:4] @ w, X[4:] @ w
    near, far = np.sum((a - p) ** 2, axis=1), np.sum((a - n) ** 2, axis=1)
    return np.sum(np.maximum(0, near - far + 5.0))


def triplet_gradient(w, wrong):
    a, p, n = X[:2] @ w, X[2:4] @ w, X[4:] @ w
    hit = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + 5.0 > 0
    near = 2 * (X[:2] - X[2:4]).T @ ((a - p) * hit[:, None])
    far = 2 * (X[:2] - X[4:]).T @ ((a - n) * hit[:, None])
    return near + far if wrong else near - far


def variational(p):
    return 0.5 * np.sum(np.exp(p["logvar"]) + p["mu"] ** 2 - 1 - p["logvar"])


def variational_gradient(p, wrong):
    d = np.exp(p["logvar"]) - 1
    return {"mu": p["mu"], "logvar": d if wrong else 0.5 * d}


def cosine(p):
    a, b = p["a"], p["b"]
    return 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def cosine_gradient(p, wrong):
    a, b = p["a"], p["b"]
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    c = a @ b / (na * nb)
    da = -b / (na * nb) if wrong else c * a / na**2 - b / (na * nb)
    return {"a": da, "b": c * b / nb**2 - a / (na * nb)}


def _point(shapes, scale=0.6):
    if isinstance(shapes, tuple):
        return np.round(RNG.normal(size=shapes) * scale, 3)
    return {name: _point(shape, scale) for name, shape in shapes.items()}


DEEP = {"W0": (3, 4), "b0": (4,), "W1": (4, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)}
ORDINARY_NETWORKS = {
    "layers": Ordinary(layers, layers_gradient, _point(DEEP), "a slope forgotten", (LEFT,)),
    "two sigmoids": Ordinary(two_sigmoids, two_sigmoids_gradient, _point({"W1": (3, 4), "W2": (4, 2)}), "a slope forgotten", (LEFT,)),
    "relu net": Ordinary(relu_net, relu_net_gradient, _point({"W1": (3, 5), "b1": (5,), "W2": (5, 3)}), "a mask forgotten", (LEFT,)),
    "leaky net": Ordinary(leaky_net, leaky_net_gradient, _point((3, 4)), "no slope below 0", ("is cut", "the step y > 0", "0.1")),
    "recurrent": Ordinary(recurrent, recurrent_gradient, _point({"Wx": (3, 2), "Wh": (3, 3)}), "not carried back", ("not carried back",)),
    "lstm": Ordinary(lstm, lstm_gradient, _point({"W": (8, 4), "b": (8,)}), "the cell is not carried back", ("not carried back",)),
    "batch norm": Ordinary(batch_norm, batch_norm_gradient, _point({"W": (3, 2), "gamma": (2,), "beta": (2,)}), "n - 1 in the variance", ("unbiased", "variance")),
    "layer norm": Ordinary(layer_norm, layer_norm_gradient, _point({"W": (3, 4), "gamma": (4,)}), "no gamma", (LEFT,)),
    "attention": Ordinary(attention, attention_gradient, _point({"Q": (3, 2), "K": (3, 2), "V": (3, 2)}), "no sum in the softmax", ("sum in its derivative", "is cut")),
    "strided": Ordinary(strided, strided_gradient, _point({"k": (3,), "b": ()}), "the stride forgotten", ("stride",)),
    "convolution": Ordinary(convolution, convolution_gradient, _point((3, 3)), "turned by 180 degrees", ("reversed", "turned")),
    "pooling": Ordinary(pooling, pooling_gradient, _point((6, 6)), "to all of a window", (LEFT, "all of", "every entry")),
    "average pooling": Ordinary(average_pooling, average_pooling_gradient, _point((6, 6)), "2 for 4", ("2 times",)),
    "dropout": Ordinary(dropout, dropout_gradient, _point({"W": (3, 3), "v": (3,)}), "no 1/0.8", (LEFT, "0.8")),
    "skip-gram": Ordinary(skip_gram, skip_gram_gradient, _point({"inner": (5, 2), "outer": (5, 2)}), "repeated rows", ("more than once",)),
    "autoencoder": Ordinary(autoencoder, autoencoder_gradient, _point({"W": (3, 2)}), "one of two uses", ("is cut",)),
    "gelu": Ordinary(gelu, gelu_gradient, _point((3, 2)), "tanh's slope forgotten", (LEFT,)),
    "swish": Ordinary(swish, swish_gradient, _point((3, 2)), "the sigmoid alone", ("the sigmoid of", "is cut")),
    "softplus": Ordinary(softplus, softplus_gradient, _point((3, 2)), "a sigmoid's slope", ("s(1 - s)", "y(1 - y)")),
    "elu": Ordinary(elu, elu_gradient, _point((3, 2)), "exp - 1 for exp", ("the result of subtract", "its result", "exp")),
    "triplet": Ordinary(triplet, triplet_gradient, _point((3, 2)), "sign of the far one", ("sign is wrong", "the sign")),
    "variational": Ordinary(variational, variational_gradient, _point({"mu": (3,), "logvar": (3,)}), "no ½", ("2 times",)),
    "cosine": Ordinary(cosine, cosine_gradient, _point({"a": (3,), "b": (3,)}), "norm held constant", ("is cut",)),
}  # fmt: skip
"""name -> (loss, gradient, point, the mistake, words that name it)."""
