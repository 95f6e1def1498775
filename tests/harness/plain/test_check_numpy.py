"""`check` on plain NumPy losses, against gradients written from closed forms."""

import numpy as np
import pytest

from gradparity import GradientError, GradientWarning, check
from gradparity.harness.findings.causes import ADVICE

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 3))
POSITIVE = RNG.uniform(0.5, 2, size=(4, 3))
X = RNG.normal(size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 2, 1, 1, 0, 2])


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one_hot(labels, n):
    return np.eye(n)[labels]


def accumulated(a):
    total = np.zeros(3)
    for row in a:
        total += row
    return np.sum(total * total)


def normalised(a):
    return a / np.linalg.norm(a, axis=0)


# name: loss, gradient by hand, point.
RIGHT = {
    "sum of squares": (lambda a: (a**2).sum(), lambda a: 2 * a, A),
    "mean, operators": (lambda a: np.mean(3 * a - a / 2), lambda a: np.full_like(a, 2.5 / a.size), A),
    "exp log": (lambda a: np.sum(np.exp(a)) + np.log(np.sum(a * a)), lambda a: np.exp(a) + 2 * a / np.sum(a * a), A),
    "log1p expm1": (lambda a: np.sum(np.log1p(a) * np.expm1(a)), lambda a: np.expm1(a) / (1 + a) + np.log1p(a) * np.exp(a), POSITIVE),
    "tanh sinh cosh": (lambda a: np.sum(np.tanh(a) + np.sinh(a) + np.cosh(a)), lambda a: 1 / np.cosh(a) ** 2 + np.cosh(a) + np.sinh(a), A),
    "arctan hypot": (lambda a: np.sum(np.arctan(a) + np.hypot(a, 1.0)), lambda a: 1 / (1 + a * a) + a / np.hypot(a, 1.0), A),
    "log2 log10": (lambda a: np.sum(np.log2(a) + np.log10(a)), lambda a: (1 / np.log(2) + 1 / np.log(10)) / a, POSITIVE),
    "power": (lambda a: np.sum(a**a), lambda a: a**a * (np.log(a) + 1), POSITIVE),
    "reciprocal sqrt": (lambda a: np.sum(np.reciprocal(np.sqrt(a))), lambda a: -0.5 * a**-1.5, POSITIVE),
    "logaddexp": (lambda a: np.logaddexp(0, a).sum(), lambda a: 1 / (1 + np.exp(-a)), A),
    "maximum": (lambda a: np.maximum(0, a).sum(), lambda a: (a > 0).astype(a.dtype), A),
    "where": (lambda a: np.where(a > 0, a, 0.5 * a).sum(), lambda a: np.where(a > 0, np.ones_like(a), 0.5), A),
    "mask times": (lambda a: np.sum((a > 0) * a * a), lambda a: 2 * a * (a > 0), A),
    "mask index": (lambda a: np.sum(a[a > 0] ** 2), lambda a: 2 * a * (a > 0), A),
    "clip abs": (lambda a: np.sum(np.clip(a, -0.5, 0.5)) + np.abs(a).sum(), lambda a: (np.abs(a) < 0.5) + np.sign(a), A),
    "max over rows": (lambda a: a.max(axis=1).sum(), lambda a: one_hot(np.argmax(a, axis=1), 3), A),
    "norms": (lambda a: np.linalg.norm(a) + np.linalg.norm(a, axis=1).sum(), lambda a: a / np.linalg.norm(a) + a / np.linalg.norm(a, axis=1, keepdims=True), A),
    "variance": (lambda a: np.var(a, axis=0, ddof=1).sum(), lambda a: 2 * (a - a.mean(axis=0)) / 3, A),
    "standard deviation": (lambda a: np.std(a, 0).sum() + np.sum(a, axis=1, dtype=np.float64)[0], lambda a: normalised(a - a.mean(axis=0)) / 2 + np.eye(4, 1), A),
    "tensordot, inner": (lambda a: np.tensordot(a, POSITIVE, axes=([0, 1], [0, 1])) + np.inner(a[0], a[0]) + np.vdot(a, a), lambda a: POSITIVE + 2 * a + 2 * a * np.eye(4, 1), A),
    "triangle, convolution": (lambda a: np.sum(np.triu(a) ** 2) + np.sum(np.convolve(a[0], a[1])), lambda a: 2 * np.triu(a) + np.stack([np.full(3, a[1].sum()), np.full(3, a[0].sum()), *np.zeros((2, 3))]), A),
    "numbers": (lambda a: 2.0 ** a[0] @ np.ones(3) + np.sum(np.hstack([a[1], 1.0]) ** 2), lambda a: np.stack([2.0 ** a[0] * np.log(2), 2 * a[1], *np.zeros((2, 3))]), A),
    "einsum, outer": (lambda a: np.einsum("ij,ij", a, a) + np.outer(a[0], a[1]).sum(), lambda a: 2 * a + np.stack([np.full(3, a[1].sum()), np.full(3, a[0].sum()), *np.zeros((2, 3))]), A),
    "trace of a product": (lambda a: np.trace(a @ a.T) + np.dot(a[0], a[0]), lambda a: 2 * a + 2 * a * np.eye(4, 1), A),
    "shapes": (lambda a: np.sum(np.roll(np.flip(a.reshape(2, 6), axis=0), 1).ravel() * np.arange(12)), lambda a: np.flip(np.roll(np.arange(12.0).reshape(2, 6), -1), axis=0).reshape(4, 3), A),
    "concatenate, stack": (lambda a: np.sum(np.concatenate([a[0], a[1] ** 2])) + np.sum(np.stack([a, a])), lambda a: 2 + np.array([np.ones(3), 2 * a[1], np.zeros(3), np.zeros(3)]), A),
    "cumsum, diff": (lambda a: np.sum(np.cumsum(a, axis=0)) + np.sum(np.diff(a, axis=0) ** 2), lambda a: np.arange(4, 0, -1)[:, None] + 2 * np.diff(a, axis=0, prepend=a[:1]) - 2 * np.diff(a, axis=0, append=a[-1:]), A),
    "average": (lambda a: np.average(a, weights=POSITIVE), lambda a: POSITIVE / POSITIVE.sum(), A),
    "product": (lambda a: np.prod(a), lambda a: np.prod(a) / a, A),
    "in place": (accumulated, lambda a: np.broadcast_to(2 * a.sum(axis=0), a.shape), A),
    "a branch": (lambda a: np.sum(a**3) if a[0, 0] > 0 else np.sum(a), lambda a: 3 * a**2, np.abs(A)),
    "a loop": (lambda a: sum(x @ x for x in a), lambda a: 2 * a, A),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_right_and_wrong_ones_are_not(name):
    loss, gradient, point = RIGHT[name]
    found = check(loss, point, gradient=gradient)
    assert found.status == "ok"
    assert "dual numbers" in found.oracle
    assert found.u < 64
    with pytest.raises(GradientError, match="gradient is wrong at params"):
        check(loss, point, gradient=lambda a: gradient(a) * (1 + 1e-7))


def network(p, x, labels):
    hidden = np.tanh(x @ p["w1"] + p["b1"])
    z = hidden @ p["w2"]
    z = z - z.max(axis=1, keepdims=True)
    log_probability = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(log_probability[np.arange(len(labels)), labels])


def network_gradient(p, x, labels):
    hidden = np.tanh(x @ p["w1"] + p["b1"])
    delta = (softmax(hidden @ p["w2"]) - one_hot(labels, 3).astype(x.dtype)) / np.array(
        len(labels), x.dtype
    )
    back = (delta @ p["w2"].T) * (1 - hidden**2)
    return {"w1": x.T @ back, "b1": back.sum(axis=0), "w2": hidden.T @ delta}


NETWORK = {"w1": RNG.normal(size=(4, 5)), "b1": RNG.normal(size=5), "w2": RNG.normal(size=(5, 3))}


def test_a_network_is_judged_in_both_dtypes():
    found = check(network, NETWORK, gradient=network_gradient, args=(X, LABELS))
    assert found.dtypes == ("float64", "float32")


def test_the_first_line_says_what_and_where():
    def broken(p, x, labels):
        gradient = network_gradient(p, x, labels)
        gradient["w1"][2, 3] *= 1.001
        return gradient

    right = network_gradient(
        {k: v.astype(np.float32).astype(float) for k, v in NETWORK.items()}, X.astype(float), LABELS
    )["w1"][2, 3]
    with pytest.raises(GradientError) as caught:
        check(network, NETWORK, gradient=broken, args=(X, LABELS))
    first, second, advice, third = str(caught.value).splitlines()
    assert first.startswith("The gradient is wrong at w1[2,3]: ")
    assert f"should be {right:.4g}"[:15] in first
    assert second.startswith("formula: ")
    assert advice == ADVICE[caught.value.finding.diagnosis.cause.key]
    assert third.startswith("judged by the tape in longdouble")


def test_a_float64_gradient_that_is_float32_inside_is_named():
    with pytest.raises(GradientError, match="dtype-leak"):
        check(
            lambda a: np.sum(np.exp(a)),
            A,
            gradient=lambda a: np.exp(a.astype(np.float32)).astype(a.dtype),
        )


def test_low_precision_in_float32_is_named():
    def coarse(a):  # fewer bits than bfloat16 has
        return np.exp(a) if a.dtype == np.float64 else np.round(np.exp(a) * 64) / np.float32(64)

    def loss(a):
        return np.sum(np.exp(a))

    with pytest.warns(GradientWarning, match="low-precision") as seen:
        assert check(loss, A, gradient=coarse).status == "low-precision"
    assert seen[0].filename == __file__
    with pytest.raises(GradientError, match="low-precision"):
        check(loss, A, gradient=coarse, strict=True)


def test_a_value_with_the_gradient_is_judged():
    assert (
        check(lambda a: np.sum(a * a), A, gradient=lambda a: (np.sum(a * a), 2 * a)).status == "ok"
    )
    with pytest.raises(GradientError, match="value is wrong"):
        check(lambda a: np.sum(a * a), A, gradient=lambda a: (np.sum(a), 2 * a))


def test_scipys_functions_on_arrays():
    special = pytest.importorskip("scipy.special")
    found = check(
        lambda a: np.sum(special.expit(a)),
        A,
        gradient=lambda a: special.expit(a) * special.expit(-a),
    )
    assert "dual numbers" in found.oracle


def filled(a):
    out = np.zeros(4, a.dtype)
    for i in range(4):
        out[i] = np.sum(a[i] ** 3)
    return np.sum(out)


ABSOLUTE = np.frompyfunc(abs, 1, 1)

# Losses without a translation, and what the oracle says of them.
OPAQUE = {
    "eigenvalues, not symmetric": (lambda a: np.linalg.eigvals(a).real.sum(), lambda a: np.eye(3), A[:3], "float64"),
    "a function of Python's, at a kink": (lambda a: ABSOLUTE(a[0]) + filled(np.ones((4, 3)) * a[1]), lambda a: np.array([0.3, 36 * a[1] ** 2]), np.array([0.0, 1.5]), "longdouble"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_what_cannot_be_translated_is_judged_by_differences_and_says_so(name):
    loss, gradient, point, precision = OPAQUE[name]
    found = check(loss, point, gradient=gradient)
    assert f"differences of the loss alone, in {precision}" in found.oracle
    with pytest.raises(GradientError, match="differences of the loss alone"):
        check(
            loss,
            point,
            gradient=lambda a: (
                gradient(a) * (1 + 1e-6) + (0 if point.ndim > 1 else np.array([0.0, 1e-3]))
            ),
        )


def test_differences_reach_points_next_to_a_pole():
    point = np.array([1e-6, 3.0])
    for power in (0, -4):
        scale = 10.0**power
        assert (
            check(
                lambda a, s=scale: float(np.sum(np.log(a))) * s,
                point,
                gradient=lambda a, s=scale: s / a,
            ).status
            == "ok"
        )


def test_a_loss_beyond_the_range_of_float32_is_judged_in_float64():
    found = check(lambda a: np.sum(a**2), np.array([1.0, 1e20]), gradient=lambda a: 2 * a)
    assert found.dtypes == ("float64",)


def test_differences_locate_one_wrong_component_among_many():
    point = np.random.default_rng(1).normal(size=(40, 20))

    def loss(a):
        out = np.zeros(1, a.dtype)
        out[0] = np.sum(a**3)
        return out[0]

    def wrong(a):
        g = 3 * a * a
        g[17, 3] *= 1.01
        return g

    assert check(loss, point, gradient=lambda a: 3 * a * a).status == "ok"
    with pytest.raises(GradientError, match=r"gradient is wrong at params\[17,3\]"):
        check(loss, point, gradient=wrong)


def test_rounding_of_an_unstable_gradient_is_no_wrong_formula_under_differences():
    """sin x = √(1 − cos² x) loses as many roundings in float32 as in float64; 1 + 1e-9 does not."""

    def loss(x):
        return ABSOLUTE(x[0] + 1) * 1e-3 + 2 * np.sin(x[1] / 2) ** 2

    def naive(x):
        return np.stack([1e-3 * np.ones_like(x[0]), np.sqrt(1 - np.cos(x[1]) ** 2)])

    point = np.array([1.0, 1.7e-3])
    with pytest.warns(GradientWarning, match="unstable"):
        found = check(loss, point, gradient=naive)
    assert found.oracle.startswith("differences")
    with pytest.raises(GradientError, match="formula"):
        check(
            loss,
            point,
            gradient=lambda x: np.stack([1e-3 * np.ones_like(x[0]), np.sin(x[1]) * (1 + 1e-9)]),
        )
