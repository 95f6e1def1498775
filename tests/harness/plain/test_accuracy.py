"""What a library function or a solver's tolerance explains is inaccurate, not wrong."""

import warnings

import mpmath
import numpy as np
import pytest

from gradparity import GradientError, GradientWarning, check

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

LOSSES = {
    "celu": lambda x: torch.nn.functional.celu(x, 1.3).sum(),
    "hardsigmoid": lambda x: torch.nn.functional.hardsigmoid(x).sum(),
    "digamma": lambda x: torch.digamma(x.abs()).sum(),
}
AT = {"celu": [-0.7, -1.9, 2.0], "hardsigmoid": [0.3, -1.1], "digamma": [0.1, 2.3]}


@pytest.mark.parametrize("name", LOSSES)
def test_a_function_of_torch_that_is_known_to_be_coarse_is_named(name):
    with pytest.warns(GradientWarning, match=f"derivative of torch's {name} is good to"):
        found = check(LOSSES[name], torch.tensor(AT[name]))
    assert found.status == "inaccurate"
    with pytest.raises(GradientError, match="agrees to"):
        check(LOSSES[name], torch.tensor(AT[name]), strict=True)
    assert check(LOSSES[name], torch.tensor(AT[name]), accuracy=1e-6).asked == 1e-6


def test_how_far_trigamma_agrees_is_what_mpmath_says():
    x = float(np.float32(0.1))
    exact = mpmath.polygamma(1, x)
    error = abs(float(torch.polygamma(1, torch.tensor(x, dtype=torch.float64))) / exact - 1)
    with pytest.warns(GradientWarning):
        found = check(lambda p: torch.digamma(p).sum(), torch.tensor([x]))
    # Relative to what rounding may do as well, M + |g|: ψ′ is ill-conditioned next to its pole.
    assert error / 10 < found.error("float64") <= 1.2 * error


def test_more_than_the_function_explains_is_a_wrong_formula():
    def by_hand(x):
        return torch.where(x > 0, 1.0, torch.exp(x / 1.3)) * (1 + 1e-6)

    with pytest.raises(GradientError, match="formula"):
        check(LOSSES["celu"], torch.tensor(AT["celu"]), gradient=by_hand)
    with pytest.raises(GradientError, match="formula"):  # nothing here is coarse
        check(
            lambda x: torch.exp(x).sum(),
            torch.tensor([0.3]),
            gradient=lambda x: x.exp() * (1 + 1e-9),
        )


def root(tolerance, slope):
    """z = tanh(z) / 2 + a, by iteration; `slope` of the equation that it solves."""

    @jax.custom_vjp
    def solved(a):
        def ends(state):
            return jnp.max(jnp.abs(state[0] - state[1])) > tolerance

        def step(state):
            return 0.5 * jnp.tanh(state[0]) + a, state[0]

        return jax.lax.while_loop(ends, step, (a, a + 9))[0]

    solved.defvjp(lambda a: (z := solved(a), z), lambda z, g: (g * slope(z),))
    return lambda a: jnp.sum(solved(a) ** 2)


def implicit(z):
    return 1 / (1 - 0.5 * (1 - jnp.tanh(z) ** 2))


def test_implicit_differentiation_agrees_to_the_solver_s_tolerance():
    at = jnp.array([0.3, -1.0, 2.0])
    with pytest.warns(GradientWarning, match="as a solver's does"):
        found = check(root(1e-6, implicit), at)
    assert found.status == "inaccurate"
    assert found.error("float64") < 1e-5
    assert check(root(1e-6, implicit), at, accuracy=1e-5).asked == 1e-5
    with pytest.raises(GradientError, match="formula"):
        check(root(1e-6, lambda z: 1.001 * implicit(z)), at)


def test_a_loop_that_counts_is_no_solver():
    @jax.custom_vjp
    def power(a):
        return jax.lax.fori_loop(0, 5, lambda i, x: x * a, jnp.ones_like(a))

    power.defvjp(lambda a: (power(a), a), lambda a, g: (g * 5 * a**4 * (1 + 1e-6),))
    with pytest.raises(GradientError, match="formula"):
        check(lambda a: jnp.sum(power(a)), jnp.array([0.7, 1.2]))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_gradient_that_has_the_value_of_polygamma_in_it_agrees_to_its_digits(order):
    """d/dx x ψ(x) = ψ + x ψ', both of torch's own functions; against mpmath."""
    x = [float(np.float32(v)) for v in (0.1, 2.3, 0.7)]
    exact = [mpmath.polygamma(order, v) + v * mpmath.polygamma(order + 1, v) for v in x]

    def loss(p):
        return (p * torch.special.polygamma(order, p)).sum()

    p = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(p), p)
    errors = [abs(a.item() - b) for a, b in zip(slope, exact, strict=True)]
    off = max(errors) / max(map(abs, exact))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check(loss, torch.tensor(x))
    assert off < 1e-9
    assert found.status in ("ok", "inaccurate")
    assert found.error("float64") < 1e-9


@pytest.mark.parametrize(
    "loss",
    [
        lambda a: torch.linalg.cholesky(a)[1, 0],
        lambda a: (torch.linalg.eigvalsh(a) ** 3).sum(),
        lambda a: (torch.linalg.eigh(a)[1][:, 0] ** 4).sum(),
    ],
)
def test_a_gradient_spread_over_both_triangles_is_a_convention(loss):
    half = np.random.default_rng(0).normal(size=(3, 3))
    at = torch.tensor(half @ half.T + np.eye(3))
    found = check(loss, at)
    assert found.status == "convention"
    assert found.triangle == "params"
    leaf = at.float().double().requires_grad_()
    (slope,) = torch.autograd.grad(loss(leaf), leaf)
    read = torch.tril(slope) + torch.triu(slope, 1).T
    assert check(loss, at, gradient=lambda a: read.to(a.dtype)).status == "ok"
    for wrong in (slope * 2, slope + torch.eye(3), torch.triu(slope)):
        with pytest.raises(GradientError):
            check(loss, at, gradient=lambda a, wrong=wrong: wrong.to(a.dtype))
