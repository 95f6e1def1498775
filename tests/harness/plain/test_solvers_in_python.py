"""Solvers as people write them: conditions of Python numbers, linear systems on the way."""

import math
import warnings

import numpy as np
import pytest

from gradparity import GradientError, check

A = np.array([[3.0, 1.0, 0.0], [1.0, 4.0, 1.0], [0.0, 1.0, 5.0]])
POINT = np.array([0.3, -1.0, 2.0])
ROUNDS = 40


def fixed_point(a, near):
    """z = ½ tanh z + a."""
    z = a.copy()
    for _ in range(ROUNDS):
        new = 0.5 * np.tanh(z) + a
        far = new - z
        z = new
        if near(far):
            break
    return z


def by_its_equation(z):
    return 2 * z / (1 - 0.5 * (1 - np.tanh(z) ** 2))


def newton(a, near):
    """A z + z³ = a."""
    z = np.zeros_like(a)
    for _ in range(ROUNDS):
        step = np.linalg.solve(A + np.diag(3 * z**2), A @ z + z**3 - a)
        z = z - step
        if near(step):
            break
    return z


def chord(a, near):
    """The same with a slope that is inverted once, in a loop that only its condition ends."""
    z, inverse, going = 0.0 * a, np.linalg.inv(A + np.diag(np.exp(a))), True
    rounds = 0
    while going:
        step = inverse @ (A @ z + z**3 - a)
        z, rounds = z - step, rounds + 1
        going = not near(step) and rounds < ROUNDS
    return z


def of_the_cubic(z):
    return np.linalg.solve((A + np.diag(3 * z**2)).T, 2 * z)


TOL = 1e-4
NEAR = {
    "float": lambda far: float(np.linalg.norm(far)) < TOL,
    "bool": lambda far: bool(np.max(np.abs(far)) < TOL),
    "item": lambda far: np.abs(far).max().item() < TOL,
    "squared": lambda far: float(far @ far) < TOL**2,
    "computed": lambda far: 2.0 * float(np.linalg.norm(far)) - TOL < TOL,
}
SOLVERS = {"fixed point": (fixed_point, by_its_equation), "chord": (chord, of_the_cubic)}


def found_of(loss, gradient, point=POINT):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return check(loss, point, gradient=gradient, seconds=0)
        except GradientError as error:
            return error.finding


@pytest.mark.parametrize(
    ("solver", "near"), [("chord", "float"), *(("fixed point", near) for near in NEAR)]
)
def test_the_end_of_a_loop_is_seen(solver, near):
    solve, gradient = SOLVERS[solver]
    args = lambda a: np.sum(solve(a, NEAR[near]) ** 2), lambda a: gradient(solve(a, NEAR[near]))
    found = found_of(*args)
    assert found.status == "inaccurate"
    assert "a loop of the loss ends when a number is small enough" in found.coarse
    assert found_of(args[0], lambda a: 1.01 * args[1](a)).status == "formula"


def test_newton_by_linear_systems():
    def near(step):
        return float(np.linalg.norm(step)) < 1e-2

    loss = lambda a: float(np.sum(newton(a, near) ** 2))  # noqa: E731
    found = found_of(loss, lambda a: of_the_cubic(newton(a, near)))
    assert found.status == "inaccurate"
    assert found.error("float64") < 1e-4


@pytest.mark.parametrize("form", ["float", "computed"])
def test_torch_numbers(form):
    torch = pytest.importorskip("torch")
    near = {
        "float": lambda far: float(far.abs().max()) < TOL,
        "computed": lambda far: abs(1.0 + far.abs().max().item() - 1.0) / 2.0 < TOL,
    }[form]

    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, factor):
            z, rounds = a.clone(), 0
            while rounds < ROUNDS:
                new, rounds = 0.5 * torch.tanh(z) + a, rounds + 1
                far, z = new - z, new
                if near(far):
                    break
            ctx.save_for_backward(z)
            ctx.factor = factor
            return z

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return ctx.factor * g / (1 - 0.5 * (1 - torch.tanh(z) ** 2)), None

    point = torch.tensor(POINT)
    found = found_of(lambda p: (Root.apply(p, 1.0) ** 2).sum(), None, point)
    assert found.status == "inaccurate"
    assert found_of(lambda p: (Root.apply(p, 1.01) ** 2).sum(), None, point).status == "formula"


M = np.random.default_rng(3).normal(size=(4, 4))
ONE = np.ones(4)
inv, solve = np.linalg.inv, np.linalg.solve

MATRICES = {
    "solve": (lambda m: np.sum(solve(m, ONE)), lambda m: -np.outer(solve(m.T, ONE), solve(m, ONE))),
    "several": (lambda m: np.sum(solve(m, m.T)), lambda m: -np.outer(inv(m).T @ ONE, inv(m) @ m.T @ ONE) + (np.outer(inv(m).T @ ONE, ONE)).T),
    "right side": (lambda m: np.sum(solve(A, m[:3, 0])) + 0 * m.sum(), lambda m: np.outer(np.append(solve(A.T, np.ones(3)), 0), [1, 0, 0, 0])),
    "inv": (lambda m: np.trace(inv(m)), lambda m: -(inv(m) @ inv(m)).T),
    "det": (lambda m: np.linalg.det(m), lambda m: np.linalg.det(m) * inv(m).T),
    "slogdet": (lambda m: np.linalg.slogdet(m)[1], lambda m: inv(m).T),
    "logabsdet": (lambda m: np.linalg.slogdet(m @ m.T).logabsdet, lambda m: 2 * inv(m).T),
    "diag": (lambda m: np.sum(np.diag(np.diag(m)) ** 2 @ ONE), lambda m: 2 * np.diag(np.diag(m))),
    "pad": (lambda m: np.sum(np.pad(m, 1)[1:, 1:] ** 2 / 2), lambda m: m),
    "edge": (lambda m: np.sum(np.pad(m, ((0, 1), (0, 0)), mode="edge")), lambda m: 1 + (np.arange(4) == 3)[:, None] + 0 * m),
}  # fmt: skip
"""The gradients of matrix calculus: dA⁻¹ = -A⁻¹ dA A⁻¹, d ln |det A| = tr A⁻¹ dA."""


@pytest.mark.parametrize("name", MATRICES)
def test_linear_systems_are_read_off(name):
    loss, gradient = MATRICES[name]
    found = found_of(loss, gradient, M)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle
    for wrong in (lambda m: gradient(m) * (1 + 1e-9), lambda m: gradient(m).T + 0.1):
        assert found_of(loss, wrong, M).status == "formula"


def test_a_number_of_the_users_is_one():
    """What `float` means in the user's code while a loss is read off."""

    def loss(x):
        assert isinstance(1.5, float)
        assert float == float  # noqa: E721
        assert np.zeros(2, dtype=float).dtype == np.float64
        assert float("inf") > 1e300
        half = float(np.sum(x)) / 2
        return half * half

    assert found_of(loss, lambda x: np.full(3, np.sum(x) / 2)).status == "ok"
    assert float is float
    assert "float" not in globals()


def by_math(p, tolerance=1e-6):
    """x = (cos(p₀ x₁)/2, sin(p₁ x₀)/2 + 0.3), until math.sqrt of the last step squared is small."""
    x = np.array([0.5, 0.5])
    for _ in range(500):
        new = np.array([np.cos(p[0] * x[1]) / 2, np.sin(p[1] * x[0]) / 2 + 0.3])
        step, x = new - x, new
        if math.sqrt(step[0] ** 2 + step[1] ** 2) < tolerance:
            break
    return x


def of_the_equation(p):
    """d(x₀² + x₁)/dp = (2 x₀, 1) (I - ∂F/∂x)⁻¹ ∂F/∂p."""
    x = by_math(p, 1e-6)
    a, b = np.sin(p[0] * x[1]) / 2, np.cos(p[1] * x[0]) / 2
    inner = np.array([[1, p[0] * a], [-p[1] * b, 1]])
    return np.array([2 * x[0], 1.0]) @ np.linalg.solve(inner, np.diag([-a * x[1], b * x[0]]))


@pytest.mark.filterwarnings("ignore")
def test_the_end_of_a_loop_may_be_asked_of_math():
    def loss(p):
        x = by_math(p)
        return x[0] ** 2 + x[1]

    point = np.array([0.7, 0.9])
    assert check(loss, point, gradient=of_the_equation).status == "inaccurate"
    with pytest.raises(GradientError):
        check(loss, point, gradient=lambda p: 1.01 * of_the_equation(p), seconds=0)


def test_functions_of_math_are_followed():
    def loss(p):
        return math.exp(p[0]) * math.sqrt(p[1]) + math.log(p[2], 2) + math.atan2(p[0], p[1])

    def gradient(p):
        e, size = math.exp(p[0]), p[0] ** 2 + p[1] ** 2
        root = math.sqrt(p[1])
        return np.array(
            [e * root + p[1] / size, e / 2 / root - p[0] / size, 1 / p[2] / math.log(2)]
        )

    point = np.array([0.5, 1.5, 2.5])
    found = check(loss, point, gradient=gradient)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle
    assert math.sqrt(4) == 2
    assert math.sqrt.__module__ == "math"
