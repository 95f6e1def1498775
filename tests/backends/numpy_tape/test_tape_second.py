"""Second derivatives and Jacobians, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.functions import logsumexp, sigmoid, softplus
from tests.backends.numpy_tape.tape_checks import dot
from tests.conftest import everyday


def hessian_at(name, point):
    problem = PROBLEMS[name]
    return d.hessian(problem.loss, {"x": np.array(point, float)}, {})


# Beale at its minimum: H = 2 Σ ∇rᵢ ∇rᵢᵀ, ∇rᵢ = (y^i - 1, i x y^(i-1)), i = 1, 2, 3.
BEALE = np.array([[-0.5, 3.0], [-0.75, 3.0], [-0.875, 2.25]])

CLOSED_FORMS = {
    "rosenbrock": ((1.0, 1.0), [[802.0, -400.0], [-400.0, 200.0]], 2508.0096),
    "beale": ((3.0, 0.5), 2 * BEALE.T @ BEALE, 162.47),
    "booth": ((1.0, 3.0), [[10.0, 8.0], [8.0, 10.0]], 9.0),
    "himmelblau": ((3.0, 2.0), [[74.0, 20.0], [20.0, 34.0]], None),
    "saddle": ((0.3, 0.7), [[2.0, 0.0], [0.0, -2.0]], 1.0),
    "styblinski-tang": ((1.0, -2.0), [[-10.0, 0.0], [0.0, 8.0]], None),
    "rastrigin": ((0.0, 0.0), (2 + 40 * np.pi**2) * np.eye(2), 1.0),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_hessians_of_landscapes(name):
    point, expected, condition = CLOSED_FORMS[name]
    hessian = hessian_at(name, point)
    np.testing.assert_allclose(hessian, expected, rtol=1e-13, atol=1e-11)
    if condition is not None:
        assert np.linalg.cond(hessian) == pytest.approx(condition, rel=1e-4)


HIMMELBLAU = [
    ((3.0, 2.0), 0.0, (1, 1)),
    ((-2.805118, 3.131313), 0.0, (1, 1)),
    ((-3.779310, -3.283186), 0.0, (1, 1)),
    ((3.584428, -1.848127), 0.0, (1, 1)),
    ((-0.270845, -0.923039), 181.6165, (-1, -1)),
    ((-3.07, -0.08), 104.015, (-1, 1)),
    ((0.09, 2.88), 67.719, (-1, 1)),
    ((3.39, 0.07), 13.312, (-1, 1)),
    ((-0.13, -1.95), 178.337, (-1, 1)),
]


@pytest.mark.parametrize(("start", "height", "signs"), HIMMELBLAU)
def test_newton_with_our_hessian_finds_and_classifies_himmelblaus_critical_points(
    start, height, signs
):
    loss = PROBLEMS["himmelblau"].loss
    x = np.array(start)
    for _ in range(8):
        value, gradient = d.value_and_gradient(loss, {"x": x}, {})
        hessian = d.hessian(loss, {"x": x}, {})
        x = x - np.linalg.solve(hessian, gradient["x"])
    assert np.abs(gradient["x"]).max() < 1e-11
    assert value == pytest.approx(height, abs=1e-3)
    assert tuple(np.sign(np.linalg.eigvalsh(hessian))) == signs


def test_the_chained_rosenbrock_has_a_tridiagonal_hessian():
    rng = np.random.default_rng(31337)
    x = rng.normal(size=30)
    expected = np.zeros((30, 30))
    for i in range(29):
        expected[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        expected[i + 1, i + 1] += 200
        expected[i, i + 1] = expected[i + 1, i] = -400 * x[i]
    hessian = d.hessian(PROBLEMS["rosenbrock"].loss, {"x": x}, {})
    np.testing.assert_allclose(hessian, expected, rtol=1e-12, atol=1e-10)


def test_the_prices_hessian_is_as_badly_scaled_as_it_is():
    problem = PROBLEMS["price-ad-sqrt"]
    data = problem.instance("tiny", 0).data
    optimum = {"price": np.array(86.42857142857143), "spend": np.array(2644.897959183673)}
    m, x, b, k = optimum["price"] - 35.0, optimum["spend"], 8.0, 2.0
    expected = [[2 * b, -0.5 * k / np.sqrt(x)], [-0.5 * k / np.sqrt(x), 0.25 * k * m * x**-1.5]]
    hessian = d.hessian(problem.loss, optimum, data)
    np.testing.assert_allclose(hessian, expected, rtol=1e-13)
    assert np.linalg.cond(hessian) == pytest.approx(9.7e4, rel=0.01)


def test_logistic_regression():
    rng = np.random.default_rng(31337)
    x, y, w = rng.normal(size=(40, 6)), rng.integers(0, 2, 40), rng.normal(size=6)

    def loss(xp, p, q):
        z = q["x"] @ p["w"]
        return xp.mean(softplus(xp, z) - q["y"] * z)

    probability = 1 / (1 + np.exp(-x @ w))
    expected = (x.T * (probability * (1 - probability))) @ x / 40
    np.testing.assert_allclose(
        d.hessian(loss, {"w": w}, {"x": x, "y": y}), expected, rtol=1e-12, atol=1e-15
    )


def test_logsumexp_has_the_softmaxs_covariance():
    z = np.random.default_rng(31337).normal(size=7)
    p = np.exp(z) / np.exp(z).sum()
    hessian = d.hessian(lambda xp, q, _: logsumexp(xp, q["z"]), {"z": z}, {})
    np.testing.assert_allclose(hessian, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_hessians_are_symmetric_and_agree_with_hvp(name, dtype):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 3)
    params = {key: x.astype(dtype) for key, x in instance.params.items()}
    data = {key: x.astype(dtype) if x.dtype.kind == "f" else x for key, x in instance.data.items()}
    rng = np.random.default_rng(0)
    u, v = ({k: rng.normal(size=x.shape).astype(dtype) for k, x in params.items()} for _ in "uv")
    along_u = d.hvp(problem.loss, params, data, u)
    along_v = d.hvp(problem.loss, params, data, v)
    scale = sum(np.abs(along_u[k] * v[k]).sum() for k in params)
    bound = 200 * np.finfo(dtype).eps * scale
    assert abs(dot(along_u, v) - dot(along_v, u)) <= bound
    if instance.parameters <= 50:
        hessian = d.hessian(problem.loss, params, data)
        assert hessian.dtype == dtype
        flat = {
            n: np.concatenate([x[k].ravel() for k in params])
            for n, x in zip("uv", (u, v), strict=True)
        }
        assert abs(flat["v"] @ hessian @ flat["u"] - dot(along_u, v)) <= bound


# Jacobians


def wide(xp, p, q):
    """Two residuals of six parameters."""
    return xp.stack([xp.sum(xp.sin(p["a"]) * q["w"]), p["b"] * xp.prod(p["a"], axis=None)])


def tall(xp, p, q):
    """Twelve residuals of six parameters, as a matrix."""
    x = xp.reshape(p["a"], (5, 1)) * p["b"]
    return xp.concat([xp.exp(x), x * x * q["w"], xp.expand_dims(p["a"][:2], 1)])


@pytest.mark.parametrize("residuals", [wide, tall])
def test_rows_and_columns_of_a_jacobian_agree_with_one_jvp_each(residuals):
    rng = np.random.default_rng(1)
    params = {"a": rng.normal(size=5), "b": rng.normal(size=())}
    data = {"w": rng.normal(size=5) if residuals is wide else rng.normal(size=(5, 1))}
    jacobian = d.jacobian(residuals, params, data)
    count = 2 if residuals is wide else 12
    assert jacobian.shape == (count, 6)
    for column, unit in enumerate(np.eye(6)):
        direction = {"a": unit[:5], "b": unit[5]}
        _, tangent = d.jvp(residuals, params, data, direction)
        np.testing.assert_allclose(jacobian[:, column], np.ravel(tangent), rtol=1e-13, atol=1e-15)
        _, ahead = d.jvp(
            residuals, {k: x + 1e-6 * direction[k] for k, x in params.items()}, data, {}
        )
        assert ahead.shape == tangent.shape


def test_a_jacobian_in_closed_form():
    a = np.array([0.5, 1.0, 2.0])
    times = np.linspace(0, 1, 7)

    def residuals(xp, p, q):
        return p["scale"] * xp.exp(-p["rate"] * q["t"]) - q["y"]

    jacobian = d.jacobian(
        residuals, {"scale": np.array(3.0), "rate": np.array(0.7)}, {"t": times, "y": 0 * times}
    )
    decay = np.exp(-0.7 * times)
    np.testing.assert_allclose(
        jacobian, np.stack([decay, -3.0 * times * decay], axis=1), rtol=1e-14
    )
    square = d.jacobian(lambda xp, p, q: sigmoid(xp, p["a"]), {"a": a}, {})
    s = 1 / (1 + np.exp(-a))
    np.testing.assert_allclose(square, np.diag(s * (1 - s)), rtol=1e-13, atol=0)


def test_a_jacobian_of_constants_is_zero():
    jacobian = d.jacobian(lambda xp, p, q: q["t"], {"a": np.ones(3)}, {"t": np.ones(2)})
    np.testing.assert_array_equal(jacobian, np.zeros((2, 3)))


def everything(xp, p, q):
    """A loss through every kind of primitive, for batches of directions."""
    x, y = p["x"], p["y"]
    parts = [
        xp.sum(xp.cumulative_sum(x, axis=1) * xp.flip(x, axis=1) * xp.roll(x, 1, axis=0)),
        xp.sum(xp.take(x, q["i"], axis=1) ** 2) * xp.sum(xp.take_along_axis(x, q["k"], axis=1)),
        xp.sum(x[q["i"], 1] * x[:, 0][q["i"]] * x[1:3, 1:][0, 0]),
        xp.sum(xp.tanh(x @ y)) + xp.sum((x @ y) @ (y.T @ x.T) @ x[:, 0]) + x[0] @ x[1],
        xp.einsum("ij,jk,lj->", x, y, x) + xp.sum(xp.einsum("ij,ij->i", x, x) ** 2),
        xp.prod(x[0]) + xp.max(x) ** 2 + xp.sum(xp.min(xp.square(x), axis=0)) + xp.mean(x) ** 3,
        xp.sum(xp.stack([x[0], x[1] * x[2]]) ** 3) + xp.sum(logsumexp(xp, x)) + xp.sum(y) ** 2,
        xp.sum(xp.broadcast_to(x[0], (2, 3)) * xp.permute_dims(y, (1, 0)) * y.T),
        xp.sum(x[0] @ y) ** 2 + xp.sum(xp.stack([x, x * x]) @ y) + xp.sum(x @ xp.stack([y, y * y])),
        xp.sum(xp.where(x > 0, x * x, x**3) * xp.reshape(x, (4, 3))),
    ]
    return sum(parts)


def test_all_directions_at_once_agree_with_one_at_a_time():
    rng = np.random.default_rng(4)
    params = {"x": rng.normal(size=(4, 3)), "y": rng.normal(size=(3, 2))}
    data = {"i": np.array([0, 2, 2]), "k": rng.integers(0, 3, (4, 2))}
    hessian = d.hessian(everything, params, data)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-11, atol=1e-11)
    for column, unit in enumerate(np.eye(18)):
        direction = {"x": unit[:12].reshape(4, 3), "y": unit[12:].reshape(3, 2)}
        one = d.hvp(everything, params, data, direction)
        flat = np.concatenate([one["x"].ravel(), one["y"].ravel()])
        np.testing.assert_allclose(hessian[:, column], flat, rtol=1e-11, atol=1e-11)
    in_parts = d.hessian(everything, params, data, at_once=5)
    np.testing.assert_allclose(in_parts, hessian, rtol=1e-11, atol=1e-11)


def test_hvp_of_many_directions_some_of_them_still():
    params = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}

    def loss(xp, p, q):
        return xp.sum(p["a"] ** 3) * p["b"]

    along = d.hvp_of_many(loss, params, {}, {"a": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])})
    np.testing.assert_allclose(along["a"], [[18.0, 0.0], [0.0, 36.0], [18.0, 36.0]])
    np.testing.assert_allclose(along["b"], [3.0, 12.0, 15.0])


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_a_tiny_compiled_hessian_tells_its_directions_apart(n):
    """Three variables or more, each in every entry: the rows of the identity are compared as numbers."""
    z = np.random.default_rng(n).normal(size=n)
    p = np.exp(z) / np.exp(z).sum()
    compiled = compile_operator(
        "hessian", lambda xp, params, data: logsumexp(xp, params["z"]), {"z": z}, {}
    )
    hessian = compiled.run({"z": z}, {})
    np.testing.assert_allclose(hessian, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)
