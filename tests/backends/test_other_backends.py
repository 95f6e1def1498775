"""The other ways to differentiate, against closed forms and against each other."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import DEFAULTS, load
from gradparity.backends.longdouble.differences import derivative_at_zero
from gradparity.problems import Instance, Problem
from gradparity.problems.catalogue import PROBLEMS

QUICK = ("torch", "torch-func", "autograd", "dual", "complex-step", "arb")
SECOND = (*QUICK, "finite-difference")


def answer(backend, problem, operator, instance, dtype="float64"):
    engine = load(backend)
    if engine.unavailable() is not None:
        pytest.skip(engine.unavailable())
    return engine.prepare(problem, operator, instance.zeros(), Setting(dtype))(instance)


def made(loss, params, data=None, direction=None, residuals=None):
    params = {name: np.asarray(x, float) for name, x in params.items()}
    instance = Instance(
        params, data or {}, direction or {n: np.ones_like(x) for n, x in params.items()}
    )
    return Problem(
        "mine", loss, lambda rng: instance, {"tiny": {}}, "test", residuals=residuals
    ), instance


def rosenbrock(x, y):
    """Value, gradient and Hessian in closed form, of 100 (y - x²)² + (1 - x)²."""
    t = y - x * x
    return (
        100 * t**2 + (1 - x) ** 2,
        np.array([-400 * x * t - 2 * (1 - x), 200 * t]),
        np.array([[-400 * t + 800 * x * x + 2, -400 * x], [-400 * x, 200]]),
    )


@pytest.mark.parametrize("backend", SECOND)
def test_rosenbrock_has_its_closed_form(backend):
    dtype = "float32" if backend == "finite-difference" else "float64"
    rtol = 8 * np.finfo(dtype).eps
    problem = PROBLEMS["rosenbrock"]
    v = np.array([0.5, -2.0])
    instance = Instance({"x": np.array([-1.25, 1.5])}, {"n": np.asarray(2)}, {"x": v})
    value, gradient, hessian = rosenbrock(-1.25, 1.5)
    found = answer(backend, problem, "gradient", instance, dtype)
    np.testing.assert_allclose(found.value, value, rtol=rtol)
    np.testing.assert_allclose(found.derivative["x"], gradient, rtol=rtol)
    np.testing.assert_allclose(
        answer(backend, problem, "jvp", instance, dtype).derivative["jvp"], gradient @ v, rtol=rtol
    )
    np.testing.assert_allclose(
        answer(backend, problem, "hvp", instance, dtype).derivative["x"], hessian @ v, rtol=rtol
    )
    np.testing.assert_allclose(
        answer(backend, problem, "hessian", instance, dtype).derivative["hessian"],
        hessian,
        rtol=rtol,
    )


def test_condition_number_of_rosenbrock_at_its_minimum():
    instance = Instance({"x": np.ones(2)}, {"n": np.asarray(2)}, {"x": np.ones(2)})
    for backend in ("torch", "dual", "arb"):
        found = answer(backend, PROBLEMS["rosenbrock"], "hessian", instance).derivative["hessian"]
        assert np.linalg.cond(found) == pytest.approx(2508.0096, rel=1e-6)


@pytest.mark.parametrize("backend", SECOND)
@pytest.mark.parametrize("rows", [2, 5])
def test_jacobian_by_rows_and_by_columns(backend, rows):
    """The residuals A sin(x): the Jacobian is A diag(cos x), whichever side is shorter."""
    rng = np.random.default_rng(3)
    a, x = rng.normal(size=(rows, 3)), rng.normal(size=3)

    def residuals(xp, params, data):
        return data["a"] @ xp.sin(params["x"])

    def loss(xp, params, data):
        return xp.sum(xp.square(residuals(xp, params, data)))

    problem, instance = made(loss, {"x": x}, {"a": a}, residuals=residuals)
    found = answer(backend, problem, "jacobian", instance).derivative["jacobian"]
    np.testing.assert_allclose(found, a * np.cos(x), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("backend", [*SECOND, "jax-eager"])
def test_parameters_keep_their_order_in_a_hessian(backend):
    """Σ b² a: names not in alphabetical order; ∂²/∂b² = 2a, ∂²/∂b∂a = 2b, ∂²/∂a² = 0."""
    problem, instance = made(
        lambda xp, p, d: xp.sum(xp.square(p["b"])) * p["a"], {"b": [2.0, 3.0], "a": 5.0}
    )
    dtype = "float32" if backend == "finite-difference" else "float64"
    found = answer(backend, problem, "hessian", instance, dtype).derivative["hessian"]
    np.testing.assert_allclose(
        found, [[10, 0, 4], [0, 10, 6], [4, 6, 0]], atol=1e-5 if dtype == "float32" else 1e-13
    )


@pytest.mark.parametrize("backend", QUICK)
@pytest.mark.parametrize("operator", ["gradient", "hvp", "jvp"])
def test_a_parameter_that_the_loss_ignores_has_zeros(backend, operator):
    problem, instance = made(
        lambda xp, p, d: xp.sum(3.0 * p["x"]), {"x": [1.0, 2.0], "idle": [4.0]}
    )
    found = answer(backend, problem, operator, instance).derivative
    if operator == "jvp":
        assert found["jvp"] == 6
    else:
        np.testing.assert_array_equal(found["idle"], [0])
        slopes = [3, 3] if operator == "gradient" else [0, 0]
        # A difference of equal gradients leaves the rounding of longdouble over its step.
        np.testing.assert_allclose(found["x"], slopes, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["price-elastic", "price-logit", "xor-sigmoid", "ackley"])
def test_references_agree_beyond_float64(name):
    """Dual numbers, the complex step and balls share no derivative rule and no arithmetic."""
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 5)
    found = [
        answer(backend, problem, "gradient", instance)
        for backend in ("dual", "complex-step", "arb")
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other.value, found[0].value, rtol=3e-16)
        for parameter, array in found[0].derivative.items():
            np.testing.assert_allclose(other.derivative[parameter], array, rtol=2e-15)


KINKED = {
    "abs": lambda xp, x: xp.abs(x),
    "sign": lambda xp, x: xp.sign(x),
    "maximum": lambda xp, x: xp.maximum(x, 0.0),
    "clip": lambda xp, x: xp.clip(x, 0.0, 1.0),
    "a comparison": lambda xp, x: xp.where(x > 0, x, 0.0),
    "max": lambda xp, x: xp.max(x, axis=0),
    "norm": lambda xp, x: np.linalg.norm(x),
    "real": lambda xp, x: x.real,
}


@pytest.mark.parametrize("name", KINKED)
def test_the_complex_step_refuses_what_it_gets_wrong(name):
    problem, instance = made(
        lambda xp, p, d: xp.sum(xp.square(KINKED[name](xp, p["x"]))), {"x": [0.5, -2.0]}
    )
    with pytest.raises(Unsupported, match=name):
        answer("complex-step", problem, "gradient", instance)


def test_the_complex_step_takes_a_maximum_that_only_shifts():
    """softmax regression: logsumexp takes the largest logit out and adds it again."""
    problem = PROBLEMS["softmax-digits"]
    instance = problem.draw(np.random.default_rng(1), images=3).rounded()
    found = answer("complex-step", problem, "gradient", instance)
    other = answer("dual", problem, "gradient", instance)
    np.testing.assert_allclose(found.derivative["b"], other.derivative["b"], rtol=1e-14)
    np.testing.assert_allclose(found.derivative["b"].sum(), 0, atol=1e-15)  # rows of P - Y sum to 0


def test_complex_forms_of_hypot_atan2_logaddexp_and_pow():
    """Polar coordinates: ∂ hypot = (3, 4)/5, ∂ atan2(y, x) = (-4, 3)/25; ∂ x³ at -2 is 12."""
    for loss, params, slopes in (
        (lambda xp, p, d: xp.hypot(p["x"], p["y"]), {"x": 3, "y": 4}, {"x": 0.6, "y": 0.8}),
        (lambda xp, p, d: xp.atan2(p["y"], p["x"]), {"x": 3, "y": 4}, {"x": -0.16, "y": 0.12}),
        (lambda xp, p, d: xp.logaddexp(p["x"], p["y"]), {"x": 1, "y": 1}, {"x": 0.5, "y": 0.5}),
        (lambda xp, p, d: xp.pow(p["x"], 3.0), {"x": -2}, {"x": 12}),
    ):
        problem, instance = made(loss, params)
        for backend in ("complex-step", "arb"):
            found = answer(backend, problem, "gradient", instance).derivative
            for name, slope in slopes.items():
                assert found[name] == pytest.approx(slope, rel=3e-16)


@pytest.mark.parametrize(
    ("derivative", "dtype", "digits"), [(1, "float64", 15), (1, "float32", 9), (2, "float32", 8)]
)
def test_central_differences_keep_their_digits(derivative, dtype, digits):
    """e^{t/2} at 0: the derivatives are ½ and ¼."""
    found = derivative_at_zero(lambda t: np.exp(t / 2), derivative, dtype)
    assert abs(found - 0.5**derivative) < 10.0**-digits


def test_a_central_difference_steps_back_from_a_kink():
    """|t + 1e-5| near its kink: a wide step would see both sides."""
    found = derivative_at_zero(lambda t: np.abs(t + np.longdouble(1e-5)), 1, "float64")
    assert abs(found - 1) < 1e-11


def test_certified_radius_holds_the_exact_gradient():
    """Σ e^x / 3 at x = 1: the exact slope e/3 lies within the radius, which is tiny."""
    pytest.importorskip("flint")
    from flint import arb, ctx

    from gradparity.backends.arb_balls.backend import certified

    problem, instance = made(lambda xp, p, d: xp.sum(xp.exp(p["x"])) / 3.0, {"x": [1.0]})
    value, slopes, radii = certified(problem, instance)
    ctx.prec = 300
    exact = arb(1).exp() / 3
    high = float(slopes["x"][0])
    off = abs(exact - high - float(slopes["x"][0] - np.longdouble(high)))
    ctx.prec = 53
    assert off <= float(radii["x"][0]) < 1e-18
    assert abs(value - slopes["x"][0]) <= radii[""] + radii["x"][0]


def test_a_certified_sum_meets_an_array_on_its_right():
    """Σx · x, Σx - x, Σx / x: f = Σ_i (S x_i + S - x_i + S/x_i), S = x_1 + x_2, at (1, 2).

    ∂f/∂x_1 = (S + x_1 + x_2) + 1 + 1/x_1 + 1/x_2 - S/x_1² = 6 + 1 + 3/2 - 3, ∂f/∂x_2 likewise.
    """
    pytest.importorskip("flint")
    from gradparity.backends.arb_balls.backend import certified

    def loss(xp, p, d):
        total = xp.sum(p["x"])
        terms = total * p["x"] + (total - p["x"]) + total / p["x"]
        return xp.sum(xp.where(total > p["x"], terms, p["x"]))

    problem, instance = made(loss, {"x": [1.0, 2.0]})
    value, slopes, _ = certified(problem, instance)
    assert float(value) == pytest.approx(9 + 3 + 4.5, abs=1e-15)
    assert slopes["x"].astype(float) == pytest.approx([5.5, 6 + 1 + 1.5 - 0.75], abs=1e-15)


@pytest.mark.parametrize("backend", ["dual", "complex-step", "finite-difference", "arb"])
def test_references_refuse_what_would_take_for_ever(backend):
    problem = PROBLEMS["rosenbrock"]
    with pytest.raises(Unsupported, match=r"\d"):
        load(backend).prepare(problem, "hessian", problem.instance("medium", 0).zeros(), Setting())


def test_the_default_backends_are_contestants_and_references_are_not():
    assert all(load(name).role == "contestant" for name in DEFAULTS)
    assert all(
        load(name).role == "reference"
        for name in ("dual", "complex-step", "finite-difference", "arb")
    )


def test_torch_compile_says_what_it_lacks(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert "no-such-compiler is not found" in load("torch-compile").unavailable()


@pytest.mark.slow
def test_torch_compile_calls_the_loss_no_more_and_refuses_branches():
    engine = load("torch-compile")
    if engine.unavailable() is not None:
        pytest.skip(engine.unavailable())
    calls = []
    problem = PROBLEMS["booth"]

    def counted(*arguments):
        calls.append(1)
        return problem.loss(*arguments)

    instance = problem.instance("tiny", 0)
    prepared = engine.prepare(
        replace(problem, loss=counted), "gradient", instance.zeros(), Setting()
    )
    calls.clear()
    found = prepared(instance)
    x, y = instance.params["x"]
    np.testing.assert_allclose(
        found.derivative["x"], [10 * x + 8 * y - 34, 8 * x + 10 * y - 38], rtol=1e-14
    )
    assert not calls
    branching, instance = made(lambda xp, p, d: p["x"] if p["x"] > 0 else -p["x"], {"x": 1.0})
    with pytest.raises(Unsupported, match="branches"):
        engine.prepare(branching, "gradient", instance, Setting())
