"""Losses with elementary and special functions, written as their users write them: by the tape."""

import warnings

import numpy as np
import pytest
import scipy.special as sp

from gradparity import GradientError, GradientWarning, check

jax = pytest.importorskip("jax")
torch = pytest.importorskip("torch")
F, TS = torch.nn.functional, torch.special
JS = jax.scipy.special
jnp = jax.numpy

RNG = np.random.default_rng(4)
X = RNG.uniform(0.2, 0.9, 6)

TORCH = {
    "error functions": lambda x: (torch.erf(x) + torch.erfc(x) ** 2 + torch.erfinv(x)).sum(),
    "normal": lambda x: (TS.ndtr(x) + TS.log_ndtr(-3 * x)).sum(),
    "gamma": lambda x: (torch.lgamma(x) + torch.digamma(x) + torch.mvlgamma(x + 2, 2)).sum(),
    "incomplete": lambda x: (TS.gammainc(torch.full_like(x, 2.5), x)).sum(),
    "bessel": lambda x: (TS.i0e(x) + TS.i1e(x) + TS.i0(x) * TS.i1(x)).sum(),
    "logit": lambda x: (torch.logit(x) + torch.logit(x, eps=0.3)).sum(),
    "xlogy": lambda x: (torch.xlogy(x, x + 1) + TS.xlog1py(x, x) + TS.entr(x)).sum(),
    "gelu": lambda x: (F.gelu(x) * x + F.gelu(3 * x, approximate="tanh")).sum(),
    "units": lambda x: (F.elu(-x) + F.celu(-x, 2.0) + F.selu(-x) + F.mish(x) + F.silu(x)).sum(),
    "hard": lambda x: (F.hardswish(x) + F.hardtanh(2 * x - 1) + F.relu6(x) + F.softsign(x)).sum(),
    "logarithms": lambda x: (x.log2() + x.log10() * x.exp2() + x.log1p()).sum(),
    "hyperbolic": lambda x: (x.sinh() + x.cosh() * x.asinh() + (x + 1).acosh() + x.atanh()).sum(),
    "circular": lambda x: (x.tan() + x.asin() * x.acos()).sum(),
    "gamma distribution": lambda x: -torch.distributions.Gamma(2 + x, 1 + x).log_prob(x + 1).sum(),
    "beta distribution": lambda x: -torch.distributions.Beta(1 + x, 2.0).log_prob(x).sum(),
    "student": lambda x: -torch.distributions.StudentT(2 + x).log_prob(x).sum(),
    "poisson": lambda x: F.poisson_nll_loss(x, 3 * torch.ones_like(x), full=True),
    "normal distribution": lambda x: -torch.distributions.Normal(0.0, 1.0).cdf(x).log().sum(),
}

JAX = {
    "error functions": lambda x: (jax.lax.erf(x) + JS.erfc(x) ** 2 + JS.erfinv(x)).sum(),
    "normal": lambda x: (JS.ndtr(x) + jax.scipy.stats.norm.cdf(x) ** 2).sum(),
    "log of normal": lambda x: JS.log_ndtr(-3 * x).sum(),
    "gamma": lambda x: (JS.gammaln(x) + JS.digamma(x)).sum(),
    "incomplete": lambda x: JS.gammainc(2.5, x).sum() + JS.gammaincc(1.5, x).sum(),
    "bessel": lambda x: (JS.i0e(x) + JS.i1e(x) + JS.i0(x)).sum(),
    "logit": lambda x: JS.logit(x).sum(),
    "xlogy": lambda x: (JS.xlogy(x, x + 1) + JS.xlog1py(x, x) + JS.entr(x)).sum(),
    "gelu": lambda x: (jax.nn.gelu(x, approximate=False) + jax.nn.gelu(x)).sum(),
    "units": lambda x: (jax.nn.elu(-x) + jax.nn.celu(-x) + jax.nn.selu(-x) + jax.nn.mish(x)).sum(),
    "soft": lambda x: (jax.nn.silu(x) + jax.nn.log_sigmoid(x) + jax.nn.soft_sign(x)).sum(),
    "hyperbolic": lambda x: (jnp.sinh(x) + jnp.cosh(x) * jnp.arcsinh(x) + jnp.arctanh(x)).sum(),
    "betaln": lambda x: JS.betaln(x, x + 1).sum(),
    "remainder": lambda x: (jnp.remainder(5 * x, 0.7) ** 2 + jnp.floor(5 * x) * x).sum(),
    "poisson": lambda x: -jax.scipy.stats.poisson.logpmf(3, x).sum(),
    "gamma distribution": lambda x: -jax.scipy.stats.gamma.logpdf(x, 2.5).sum(),
}

NUMPY = {
    "error functions": (
        lambda x: np.sum(sp.erf(x) + sp.erfc(x) ** 2 + sp.erfinv(x)),
        lambda x: (
            (1 - 2 * sp.erfc(x)) * 2 / np.sqrt(np.pi) * np.exp(-(x**2))
            + np.sqrt(np.pi) / 2 * np.exp(sp.erfinv(x) ** 2)
        ),
    ),
    "gamma": (
        lambda x: np.sum(sp.gammaln(x) + sp.digamma(x)),
        lambda x: sp.digamma(x) + sp.polygamma(1, x),
    ),
    "polygamma": (lambda x: np.sum(sp.polygamma(2, x)), lambda x: sp.polygamma(3, x)),
    "normal": (
        lambda x: np.sum(sp.ndtr(x) + sp.log_ndtr(x)),
        lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * (1 + 1 / sp.ndtr(x)),
    ),
    "incomplete": (
        lambda x: np.sum(sp.gammainc(2.5, x)),
        lambda x: x**1.5 * np.exp(-x) / sp.gamma(2.5),
    ),
    "bessel": (
        lambda x: np.sum(sp.i0(x) + sp.i1e(x)),
        lambda x: sp.i1(x) + sp.i0e(x) - sp.i1e(x) * (1 + 1 / x),
    ),
    "xlogy": (
        lambda x: np.sum(sp.xlogy(x, x) + sp.xlog1py(2.0, x)),
        lambda x: np.log(x) + 1 + 2 / (1 + x),
    ),
    "betaln": (lambda x: np.sum(sp.betaln(x, 2.0)), lambda x: sp.digamma(x) - sp.digamma(x + 2)),
    "gamma itself": (lambda x: np.sum(sp.gamma(x)), lambda x: sp.gamma(x) * sp.digamma(x)),
    "logarithms": (
        lambda x: np.sum(np.log2(x) + np.exp2(x)),
        lambda x: 1 / x / np.log(2) + np.log(2) * np.exp2(x),
    ),
    "hyperbolic": (
        lambda x: np.sum(np.arcsinh(x) + np.arctanh(x) + np.sinh(x)),
        lambda x: 1 / np.sqrt(1 + x**2) + 1 / (1 - x**2) + np.cosh(x),
    ),
}


def assert_by_the_tape(found):
    assert "operations" in found.oracle, found.oracle
    assert found.status in ("ok", "inaccurate"), found


@pytest.mark.parametrize("name", TORCH)
def test_torch(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)  # digamma's derivative is good to 5e-10
        assert_by_the_tape(check(TORCH[name], torch.tensor(X)))


def test_torch_s_trigamma_is_not_accused():
    """Its values are off by up to 5e-10, which no translation has: differences judge it."""
    with pytest.warns(GradientWarning, match="torch's polygamma is good to 1e-09"):
        found = check(lambda x: torch.polygamma(1, x + 1).sum(), torch.tensor(X))
    assert found.status == "inaccurate"


@pytest.mark.parametrize("name", ["xlogy", "xlog1py"])
def test_of_single_numbers(name):
    of_tensors, of_arrays = getattr(TS, name), getattr(sp, name)
    assert_by_the_tape(check(lambda x: of_tensors(x[0], x[1]), torch.tensor(X)))
    second = {"xlogy": lambda x: np.log(x[1]), "xlog1py": lambda x: np.log1p(x[1])}[name]
    at = {"xlogy": lambda x: x[1], "xlog1py": lambda x: 1 + x[1]}[name]
    assert_by_the_tape(
        check(
            lambda x: of_arrays(x[0], x[1]),
            X[:2],
            gradient=lambda x: np.array([second(x), x[0] / at(x)]),
        )
    )


@pytest.mark.parametrize("name", JAX)
def test_jax(name):
    assert_by_the_tape(check(JAX[name], jnp.asarray(X)))


@pytest.mark.parametrize("name", NUMPY)
def test_numpy(name):
    loss, gradient = NUMPY[name]
    assert_by_the_tape(check(loss, X, gradient=gradient))


def test_a_wrong_derivative_of_a_special_function_is_told():
    with pytest.raises(GradientError):
        check(lambda x: np.sum(sp.erf(x)), X, gradient=lambda x: np.exp(-(x**2)))


FAR = (-1e6, -12000.0, -746.0, -30.0, 0.0, 30.0, 746.0, 12000.0, 1e6)
UNITS = ("softplus", "mish", "silu", "gelu", "logsigmoid", "elu", "selu", "celu", "sigmoid", "tanh")


@pytest.mark.parametrize("name", [*UNITS, "sinc"])
def test_far_out_no_branch_that_is_not_taken_overflows(name):
    """Infinite e^x, times 0, made the oracles NaN, and differences judged, by 1e-12."""
    unit = torch.sinc if name == "sinc" else getattr(F, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)  # celu's constants are float32
        found = check(lambda x: unit(x).sum(), torch.tensor(FAR, dtype=torch.float64))
    assert "operations" in found.oracle
    assert "disagree" not in found.oracle
