"""Classifiers trained until they fit, and beyond, as each library's users write them: none accused."""

import numpy as np
import pytest

from gradparity import GradientError, check

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp, F = jax.numpy, torch.nn.functional

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])
T = torch.tensor(Y)
ROWS = np.arange(6)
START = {"a": RNG.normal(size=(4, 8)), "b": RNG.normal(size=(8, 3))}


@pytest.fixture(scope="module")
def fitted():
    """The weights after 300 steps of Adam: a cross-entropy of about 1e-3."""
    weights = [torch.tensor(w, requires_grad=True) for w in START.values()]
    optimizer, x = torch.optim.Adam(weights, lr=0.05), torch.tensor(X)
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(torch.tanh(x @ weights[0]) @ weights[1], T).backward()
        optimizer.step()
    return {name: w.detach().numpy() for name, w in zip("ab", weights, strict=True)}


TORCH = {
    "cross-entropy": lambda p, x: F.cross_entropy(torch.tanh(x @ p["a"]) @ p["b"], T),
    "sigmoids": lambda p, x: F.cross_entropy(torch.sigmoid(x @ p["a"]) @ p["b"], T),
    "log of softmax": lambda p, x: (
        -torch.log(
            torch.softmax(torch.tanh(x @ p["a"]) @ p["b"], -1)[torch.arange(6), T] + 1e-9
        ).mean()
    ),
    "squares": lambda p, x: (
        (torch.softmax(torch.tanh(x @ p["a"]) @ p["b"], -1) - F.one_hot(T, 3)) ** 2
    ).mean(),
}
JAX = {
    "log_softmax": lambda p, x: (
        -jnp.mean(jax.nn.log_softmax(jax.nn.sigmoid(x @ p["a"]) @ p["b"])[ROWS, Y])
    ),
    "log of softmax": lambda p, x: (
        -jnp.mean(jnp.log(jax.nn.softmax(jax.nn.elu(x @ p["a"]) @ p["b"])[ROWS, Y] + 1e-12))
    ),
}


@pytest.mark.parametrize("times", [1, 3, 10])
@pytest.mark.parametrize("name", TORCH)
def test_torch(fitted, name, times):
    params = {key: torch.tensor(times * w) for key, w in fitted.items()}
    found = check(TORCH[name], params, args=(torch.tensor(X),))
    assert found.status == "ok"
    assert found.u < 16


@pytest.mark.parametrize("times", [1, 3, 10])
@pytest.mark.parametrize("name", JAX)
def test_jax(fitted, name, times):
    params = {key: jnp.asarray(times * w) for key, w in fitted.items()}
    found = check(JAX[name], params, args=(X,))
    assert found.status == "ok"
    assert found.u < 16


def forward(p, x):
    h = 1 / (1 + np.exp(-x @ p["a"]))
    z = h @ p["b"]
    e = np.exp(z - z.max(1, keepdims=True))
    return h, e / e.sum(1, keepdims=True)


def loss(p, x):
    return -np.mean(np.log(forward(p, x)[1][ROWS, Y]))


def by_hand(p, x):
    h, probability = forward(p, x)
    d = (probability - np.eye(3)[Y]) / 6
    return {"a": x.T @ ((d @ p["b"].T) * h * (1 - h)), "b": h.T @ d}


@pytest.mark.parametrize("times", [1, 3, 10])
def test_by_hand(fitted, times):
    found = check(loss, {k: times * w for k, w in fitted.items()}, gradient=by_hand, args=(X,))
    assert found.status == "ok"
    assert found.u < 16


def test_a_planted_factor_is_seen_before_it_is_saturated():
    def wrong(p, x):
        g = by_hand(p, x)
        return {**g, "a": g["a"] * (1 + 1e-9)}

    with pytest.raises(GradientError, match="formula"):
        check(loss, START, gradient=wrong, args=(X,))
