"""Right gradients in awkward places, as users of each library write them: none may be accused.

python -m tests.studies.awkward_right_gradients prints every verdict.

Saturated softmax and sigmoid, networks trained until they fit and beyond, masks of -inf, random
masks with a fixed key, norms at 0, kinks that differences meet, optima with zero residual, numbers
that leave float32.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, gammaln, log_softmax

MARGINS = (5, 12, 20, 30, 50)
WRONG = ("formula", "dtype-leak", "nonfinite")
RNG = np.random.default_rng(17)
X, LABELS = RNG.normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])
HOT = np.eye(3)[LABELS]
ROWS = np.arange(6)
POINT = RNG.normal(size=(4, 3))
LOWER = np.tril(np.ones((6, 6), bool))


@dataclass(frozen=True)
class AwkwardCase:
    """kind: what is awkward. ask() -> the finding; raises GradientError if it is accused."""

    kind: str
    name: str
    ask: Callable


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _to_margin(w, margin):
    """w, scaled so that the largest gap between a case's logits is this."""
    z = X @ w
    return w * (margin / np.max(z.max(1) - z.min(1)))


def numpy_losses():
    """name -> (loss, gradient) of a matrix of weights."""
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    return {
        "log of the softmax": (lambda w: -np.mean(np.log(softmax(X @ w)[ROWS, LABELS])), lambda w: X.T @ (softmax(X @ w) - HOT) / 6),
        "SciPy's log_softmax": (lambda w: -np.mean(log_softmax(X @ w, axis=1)[ROWS, LABELS]), lambda w: X.T @ (softmax(X @ w) - HOT) / 6),
        "log-sum-exp": (lambda w: np.mean(np.log(np.sum(np.exp(X @ w), axis=1)) - np.sum(HOT * (X @ w), axis=1)), lambda w: X.T @ (softmax(X @ w) - HOT) / 6),
        "squares of a softmax": (lambda w: np.sum((softmax(X @ w) - HOT) ** 2), _squares),
        "binary cross-entropy": (lambda w: -np.mean(HOT * np.log(sigmoid(X @ w)) + (1 - HOT) * np.log(sigmoid(-X @ w))), lambda w: X.T @ (sigmoid(X @ w) - HOT) / 18),
        "softplus": (lambda w: np.sum(np.log1p(np.exp(X @ w)) - HOT * (X @ w)), lambda w: X.T @ (expit(X @ w) - HOT)),
        "squares of a sigmoid": (lambda w: np.sum((sigmoid(X @ w) - HOT) ** 2), lambda w: X.T @ (2 * (sigmoid(X @ w) - HOT) * sigmoid(X @ w) * (1 - sigmoid(X @ w)))),
        "squares of a tanh": (lambda w: np.sum((np.tanh(X @ w) - HOT) ** 2), lambda w: X.T @ (2 * (np.tanh(X @ w) - HOT) * (1 - np.tanh(X @ w) ** 2))),
    }  # fmt: skip


def _squares(w):
    q = softmax(X @ w)
    d = 2 * (q - HOT)
    return X.T @ (q * (d - np.sum(d * q, axis=1, keepdims=True)))


def _numpy(loss, gradient, point, **options):
    from gradparity import check

    return lambda: check(loss, point, gradient=gradient, **options)


def _library(loss, point):
    from gradparity import check

    return lambda: check(loss, point)


def _saturated(margins):
    for margin in margins:
        w = _to_margin(POINT, margin)
        for name, (loss, gradient) in numpy_losses().items():
            yield AwkwardCase("saturated", f"NumPy, {name}, {margin}", _numpy(loss, gradient, w))
        yield from _saturated_libraries(w, margin)


def _saturated_libraries(w, margin):
    import jax
    import jax.numpy as jnp
    import optax
    import torch
    from torch.nn import functional as F

    labels, hot = torch.tensor(LABELS), lambda w: torch.tensor(HOT, dtype=w.dtype)
    z = lambda w: torch.tensor(X, dtype=w.dtype) @ w  # noqa: E731
    for name, loss in {
        "cross_entropy": lambda w: F.cross_entropy(z(w), labels),
        "nll of log_softmax": lambda w: F.nll_loss(F.log_softmax(z(w), -1), labels),
        "with logits": lambda w: F.binary_cross_entropy_with_logits(z(w), hot(w)),
        "squares of softmax": lambda w: ((F.softmax(z(w), -1) - hot(w)) ** 2).sum(),
        "squares of sigmoid": lambda w: ((torch.sigmoid(z(w)) - hot(w)) ** 2).sum(),
    }.items():
        yield AwkwardCase("saturated", f"torch, {name}, {margin}", _library(loss, torch.tensor(w)))
    y = lambda w: jnp.asarray(X, w.dtype) @ w  # noqa: E731
    for name, loss in {
        "log_softmax": lambda w: -jnp.mean(jax.nn.log_softmax(y(w))[ROWS, LABELS]),
        "optax, integer labels": lambda w: optax.softmax_cross_entropy_with_integer_labels(y(w), jnp.asarray(LABELS)).mean(),
        "optax, sigmoid": lambda w: optax.sigmoid_binary_cross_entropy(y(w), jnp.asarray(HOT, w.dtype)).mean(),
        "squares of softmax": lambda w: jnp.sum((jax.nn.softmax(y(w)) - HOT.astype(w.dtype)) ** 2),
    }.items():  # fmt: skip
        point = jnp.asarray(w, jnp.float32)
        yield AwkwardCase("saturated", f"JAX, {name}, {margin}", _library(loss, point))


def trained(steps=300):
    """The weights of a tanh network after so many steps of Adam on six cases."""
    import torch

    torch.manual_seed(0)
    rng = np.random.default_rng(18)
    weights = [torch.tensor(rng.normal(size=s), requires_grad=True) for s in ((4, 8), (8, 3))]
    optimizer, x = torch.optim.Adam(weights, lr=0.05), torch.tensor(X)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(
            torch.tanh(x @ weights[0]) @ weights[1], torch.tensor(LABELS)
        ).backward()
        optimizer.step()
    return [w.detach().numpy() for w in weights]


def _network(p):
    return -np.mean(np.log(softmax(np.tanh(X @ p["a"]) @ p["b"])[ROWS, LABELS]))


def _network_gradient(p):
    h = np.tanh(X @ p["a"])
    d = (softmax(h @ p["b"]) - HOT) / 6
    return {"a": X.T @ ((d @ p["b"].T) * (1 - h**2)), "b": h.T @ d}


def _overfitted(margins):
    import jax
    import jax.numpy as jnp
    import optax
    import torch
    from torch.nn import functional as F

    a, b = trained()
    logits = np.tanh(X @ a) @ b
    gap = np.max(logits.max(1) - logits.min(1))
    for margin in margins:
        p = {"a": a, "b": b * (margin / gap)}
        name = f"trained, {margin}"
        yield AwkwardCase("trained", f"NumPy, {name}", _numpy(_network, _network_gradient, p))
        for what, output in (("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):

            def torch_loss(p, output=output):
                x = torch.tensor(X, dtype=p["a"].dtype)
                return F.cross_entropy(output(x @ p["a"]) @ p["b"], torch.tensor(LABELS))

            point = {k: torch.tensor(x) for k, x in p.items()}
            yield AwkwardCase("trained", f"torch {what}, {name}", _library(torch_loss, point))
        for what, output in (("tanh", jnp.tanh), ("elu", jax.nn.elu)):

            def jax_loss(p, output=output):
                z = output(jnp.asarray(X, p["a"].dtype) @ p["a"]) @ p["b"]
                return optax.softmax_cross_entropy_with_integer_labels(z, LABELS).mean()

            point = {k: jnp.asarray(x, jnp.float32) for k, x in p.items()}
            yield AwkwardCase("trained", f"optax {what}, {name}", _library(jax_loss, point))


def _masked():
    import jax
    import jax.numpy as jnp
    import torch

    def attention(q):
        a = softmax(np.where(LOWER, q @ X.T, -np.inf))
        return np.sum(np.sin(a @ X))

    def by_hand(q):
        a = softmax(np.where(LOWER, q @ X.T, -np.inf))
        d = np.cos(a @ X) @ X.T
        return (a * (d - np.sum(a * d, axis=1, keepdims=True))) @ X

    def torch_loss(q):
        x = torch.tensor(X, dtype=q.dtype)
        scores = (q @ x.T).masked_fill(~torch.tensor(LOWER), -torch.inf)
        return torch.sin(torch.softmax(scores, -1) @ x).sum()

    def jax_loss(q):
        x = jnp.asarray(X, q.dtype)
        return jnp.sin(jax.nn.softmax(jnp.where(LOWER, q @ x.T, -jnp.inf)) @ x).sum()

    def scaled(q):
        x = torch.tensor(X, dtype=q.dtype)
        return torch.nn.functional.scaled_dot_product_attention(q, x, x, is_causal=True).sum()

    for times in (1, 8):
        q = times * RNG.normal(size=(6, 4))
        yield AwkwardCase("masked", f"NumPy, {times}", _numpy(attention, by_hand, q))
        for name, loss in (("written out", torch_loss), ("scaled_dot_product", scaled)):
            yield AwkwardCase("masked", f"torch, {name}, {times}", _library(loss, torch.tensor(q)))
        yield AwkwardCase("masked", f"JAX, {times}", _library(jax_loss, jnp.asarray(q, "float32")))


def _random():
    import jax
    import jax.numpy as jnp

    def dropout(w):
        kept = jax.random.bernoulli(jax.random.PRNGKey(3), 0.7, (6, 3))
        return jnp.mean((jnp.asarray(X, w.dtype) @ w * kept / 0.7) ** 2)

    def batch(w):
        some = jax.random.choice(jax.random.PRNGKey(4), 6, (3,), replace=False)
        return jnp.mean((jnp.asarray(X, w.dtype)[some] @ w) ** 2)

    def noise(w):
        return jnp.sum((w + 0.1 * jax.random.normal(jax.random.PRNGKey(5), w.shape, w.dtype)) ** 2)

    for name, loss in (("dropout", dropout), ("mini-batch", batch), ("noise", noise)):
        yield AwkwardCase("random", f"JAX, {name}", _library(loss, jnp.asarray(POINT, "float32")))


def _no_derivative():
    import jax.numpy as jnp
    import torch

    zero = np.zeros(3)
    unit = np.array([0.6, 0.0, 0.8])
    for name, gradient in {"0": np.zeros_like, "NaN": lambda x: x * np.nan, "a unit vector": lambda x: unit}.items():  # fmt: skip
        norm = lambda x: np.sqrt(np.sum(x**2))  # noqa: E731
        yield AwkwardCase("norm at 0", f"NumPy, {name}", _numpy(norm, gradient, zero))
    yield AwkwardCase("norm at 0", "torch", _library(torch.linalg.vector_norm, torch.zeros(3)))
    yield AwkwardCase("norm at 0", "JAX", _library(jnp.linalg.norm, jnp.zeros(3)))

    def bent(x):
        return np.sum(np.abs(x)) + np.sum(gammaln(x + 3))

    def slope(choice, x):
        from scipy.special import digamma

        return np.where(x == 0, choice, np.sign(x)) + digamma(x + 3)

    at = np.array([0.0, 0.5, -1.5])
    for choice in (-1, 0, 0.25, 1):
        ask = _numpy(bent, partial(slope, choice), at)
        yield AwkwardCase("kink under differences", f"NumPy, {choice}", ask)


def _zero_residual():
    import torch

    point = np.array([0.3, 1.7, -2.2])
    zero = lambda p: np.zeros_like(p)  # noqa: E731
    losses = {
        "sin² + cos² - 1": (lambda p: np.sum((np.sin(p) ** 2 + np.cos(p) ** 2 - 1) ** 2), zero),
        "log exp p - p": (lambda p: np.sum((np.log(np.exp(p)) - p) ** 2), zero),
        "a fit that is exact": (lambda p: np.sum((X[:, :3] @ p - X[:, :3] @ point.astype(np.float32)) ** 2), lambda p: 2 * X[:, :3].T @ (X[:, :3] @ p - X[:, :3] @ point.astype(np.float32))),
    }  # fmt: skip
    for name, (loss, gradient) in losses.items():
        yield AwkwardCase("zero residual", f"NumPy, {name}", _numpy(loss, gradient, point))
    circle = lambda p: ((torch.sin(p) ** 2 + torch.cos(p) ** 2 - 1) ** 2).sum()  # noqa: E731
    yield AwkwardCase("zero residual", "torch", _library(circle, torch.tensor(point)))


def _range():
    import torch

    small = 1e-25 * np.array([1.0, -2.0, 0.5])
    yield AwkwardCase(
        "beyond float32",
        "NumPy, a norm of 1e-25",
        _numpy(lambda x: np.sqrt(np.sum(x**2)), lambda x: x / np.sqrt(np.sum(x**2)), small),
    )
    big = np.array([60.0, 80.0])
    yield AwkwardCase(
        "beyond float32",
        "NumPy, exp(2 x)",
        _numpy(lambda x: np.sum(np.exp(2 * x)), lambda x: 2 * np.exp(2 * x), big),
    )
    norm = lambda x: torch.sqrt((x**2).sum())  # noqa: E731
    yield AwkwardCase(
        "beyond float32", "torch, a norm of 1e-25", _library(norm, torch.tensor(small))
    )


def _coarse():
    import torch
    from torch.nn import functional as F

    x = torch.tensor(RNG.normal(size=5))
    for name in (
        "celu",
        "hardsigmoid",
        "hardswish",
        "gelu",
        "selu",
        "mish",
        "softsign",
        "logsigmoid",
    ):
        function = getattr(F, name)
        loss = lambda x, f=function: (f(x) ** 2).sum()  # noqa: E731
        yield AwkwardCase("coarse constants", f"torch, {name}", _library(loss, x))


def awkward_cases(margins=MARGINS):
    """Every case; those that saturate, at each of these margins."""
    yield from _saturated(margins)
    yield from _overfitted(margins)
    for make in (_masked, _random, _no_derivative, _zero_residual, _range, _coarse):  # fmt: skip
        yield from make()


def status_of(case):
    """The verdict on a case; "refused" where it is not judged."""
    from gradparity import GradientError, InputError

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return case.ask().status
    except GradientError as error:
        return error.finding.status
    except InputError:
        return "refused"


def main():
    found = [(case, status_of(case)) for case in awkward_cases()]
    for case, status in found:
        print(f"{case.kind}: {case.name}: {status}")
    print(f"{len(found)} judged, {sum(status in WRONG for _, status in found)} accused")


if __name__ == "__main__":
    main()
