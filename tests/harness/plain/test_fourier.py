"""Fourier transforms, and complex numbers on the way, in `check`: judged by the tape, all libraries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity import GradientError, InputError, check
from gradparity.harness.plain.steps.complex_pairs import Pair
from gradparity.harness.plain.steps.fourier import transformed
from gradparity.problems.namespace import NUMPY

RNG = np.random.default_rng(5)
X, Y = (RNG.normal(size=s).astype(np.float32) for s in (8, (4, 6)))
W, V = np.arange(1.0, 9), np.arange(24.0).reshape(4, 6)

LOSSES = {
    "power of a spectrum": (lambda m, x: m.sum(m.abs(m.fft.rfft(x)) ** 2 * W[:5]), X),
    "magnitudes": (lambda m, x: m.sum(m.abs(m.fft.fft(x) * m.exp(1j * W)) * W), X),
    "convolution": (
        lambda m, x: m.sum(m.fft.irfft(m.fft.rfft(x) * m.fft.rfft(m.sin(x)), n=8) ** 3),
        X,
    ),
    "odd length": (lambda m, x: m.sum(m.fft.irfft(m.fft.rfft(x[:7]) ** 2, n=7) ** 3), X),
    "two axes": (lambda m, x: m.sum(m.abs(m.fft.fft2(x)) * V), Y),
    "correlation": (
        lambda m, x: m.sum(
            m.fft.irfft2(m.fft.rfft2(x) * m.conj(m.fft.rfft2(x)), s=(4, 6)) ** 2 * V
        ),
        Y,
    ),
    "phase": (lambda m, x: m.sum(m.angle(m.fft.fft(x, axis=0)[1]) * V[1]), Y),
    "shift": (lambda m, x: m.sum(m.real(m.fft.ifft(m.fft.fftshift(m.fft.fft(x)))) ** 2 * W), X),
    "division": (lambda m, x: m.sum(m.log(m.abs(1 / (1 + 1j * m.fft.fft(x) / 3))) * W), X),
    "inner product": (lambda m, x: m.vdot(m.fft.fft(x), m.fft.fft(m.cos(x) * W)).real, X),
    "unit circle": (lambda m, x: m.sum(m.imag(m.log(m.exp(1j * x) * 2)) * W), X),
    "roots": (lambda m, x: m.sum(m.abs(m.sqrt(m.fft.fft(x)[1:4]) + m.fft.fft(x)[1:4] ** 0.3)), X),
    "waves": (lambda m, x: m.sum(m.real(m.sin(m.fft.fft(x) / 9) * m.cosh(m.exp(1j * x)))), X),
    "norm ortho": (lambda m, x: m.sum(m.abs(m.fft.fft(x, norm="ortho")) ** 3), X),
}


@pytest.mark.parametrize("name", LOSSES)
def test_jax_s_gradient_through_a_transform_is_judged_by_the_tape(name):
    loss, x = LOSSES[name]
    found = check(lambda x: loss(jnp, x), jnp.asarray(x))
    assert found.status == "ok"
    assert "the tape" in found.oracle


@pytest.mark.parametrize("name", LOSSES)
def test_a_numpy_loss_with_a_transform_is_judged_by_the_tape(name):
    """The gradient of JAX passes, and one whose largest entry is off by 1e-6 does not."""
    loss, x = LOSSES[name]

    with jax.enable_x64(True):
        right = np.array(jax.grad(lambda x: loss(jnp, x))(jnp.asarray(x, np.float64)))
    found = check(lambda x: loss(np, x), x, gradient=lambda p: right.astype(p.dtype))
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle
    wrong = np.where(np.abs(right) == np.max(np.abs(right)), right * (1 + 1e-6), right)
    with pytest.raises(GradientError):
        check(lambda x: loss(np, x), x, gradient=lambda p: wrong.astype(p.dtype), seconds=0.0)


SPECTRUM = torch.fft
TORCH = {
    "power of a spectrum": (lambda x: (SPECTRUM.rfft(x).abs() ** 2 * x[:5]).sum(), X),
    "convolution": (
        lambda x: (SPECTRUM.irfft(SPECTRUM.rfft(x) * SPECTRUM.rfft(torch.sin(x)), n=8) ** 3).sum(),
        X,
    ),
    "odd length": (lambda x: (SPECTRUM.irfft(SPECTRUM.rfft(x[:7]) ** 2, n=7) ** 3).sum(), X),
    "two axes": (lambda x: (SPECTRUM.fft2(x).abs() * x).sum(), Y),
    "correlation": (
        lambda x: (
            SPECTRUM.irfft2(SPECTRUM.rfft2(x) * SPECTRUM.rfft2(x).conj(), s=(4, 6)) ** 2 * x
        ).sum(),
        Y,
    ),
    "phase": (lambda x: (torch.angle(SPECTRUM.fft(x, dim=0)[1]) * x[1]).sum(), Y),
    "shift": (lambda x: (SPECTRUM.ifft(SPECTRUM.fftshift(SPECTRUM.fft(x))).real ** 2 * x).sum(), X),
    "division": (lambda x: (torch.log((1 / (1 + 1j * SPECTRUM.fft(x) / 3)).abs()) * x).sum(), X),
    "inner product": (lambda x: torch.vdot(SPECTRUM.fft(x), SPECTRUM.fft(x**2)).real, X),
    "unit circle": (lambda x: (torch.log(torch.exp(1j * x) * 2).imag * x).sum(), X),
    "roots": (lambda x: (SPECTRUM.fft(x)[1:4].sqrt() + SPECTRUM.fft(x)[1:4] ** 0.3).abs().sum(), X),
    "waves": (lambda x: (torch.sin(SPECTRUM.fft(x) / 9) * torch.exp(1j * x).cosh()).real.sum(), X),
    "norm ortho": (lambda x: (SPECTRUM.fft(x, norm="ortho").abs() ** 3).sum(), X),
    "lazy conjugate": (lambda x: (SPECTRUM.fft2(x).conj().imag * x).sum(), Y),
    "matrix product": (
        lambda x: (SPECTRUM.fft2(x) @ SPECTRUM.fft2(torch.sin(x)).mH)[0].abs().sum(),
        Y,
    ),
    "short time": (
        lambda x: (
            torch.stft(x, 4, 2, window=torch.hann_window(4), return_complex=True).abs() ** 2
        ).sum(),
        X,
    ),
    "polar": (lambda x: (torch.polar(x.abs(), x) / torch.complex(x, x + 1)).imag.sum(), X),
    "parts": (lambda x: torch.view_as_real(SPECTRUM.rfft(x)).pow(3).sum(), X),
    "joined": (lambda x: torch.cat([SPECTRUM.rfft(x)[:2], SPECTRUM.rfft(x * x)]).abs().sum(), X),
}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.filterwarnings("ignore")
def test_torch_s_gradient_through_a_transform_is_judged_by_the_tape(name):
    loss, x = TORCH[name]
    found = check(loss, torch.tensor(x))
    assert found.status == "ok"
    assert "torch operations" in found.oracle
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (right,) = torch.autograd.grad(loss(leaf), leaf)
    wrong = torch.where(right.abs() == right.abs().max(), right * (1 + 1e-6), right)
    with pytest.raises(GradientError):
        check(loss, torch.tensor(x), gradient=lambda p: wrong.to(p.dtype), seconds=0.0)


def test_what_is_cut_off_of_a_transform_is_held_constant():
    """|z|² of z and its detached self: the half of the slope that is left is right, and said."""

    def loss(x):
        z = torch.fft.rfft(x)
        return (z * z.detach().conj()).real.sum()

    found = check(loss, torch.tensor(X))
    assert found.status == "ok"
    assert [held.operation for held in found.held] == ["detach"]


def test_a_forgotten_factor_of_an_inverse_is_seen():
    """d/dx Σ wₖ |Xₖ|² = 2 n · ifft(w X), for w with w_{n-k} = wₖ; who drops n is wrong."""
    even = np.cos(2 * np.pi * np.arange(8) / 8) + 2

    def loss(x):
        return jnp.sum(even * jnp.abs(jnp.fft.fft(x)) ** 2)

    def by_hand(x, factor=8):
        return 2 * factor * jnp.real(jnp.fft.ifft(even * jnp.fft.fft(x))).astype(x.dtype)

    assert check(loss, jnp.asarray(X), gradient=by_hand).status == "ok"
    with pytest.raises(GradientError, match=r"factor|8"):
        check(loss, jnp.asarray(X), gradient=lambda x: by_hand(x, 1))


def test_a_complex_loss_is_one_line():
    with pytest.raises(InputError, match="the loss is complex"):
        check(lambda x: jnp.sum(jnp.fft.fft(x)), jnp.asarray(X))


@pytest.mark.parametrize("kind", ["fft", "ifft", "rfft", "irfft"])
@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (8,), (3, 4), (2, 3, 5)])
def test_the_map_is_numpy_s_transform(kind, shape):
    def apply(rule, *arrays):
        return rule(NUMPY, *arrays)

    axes = range(max(0, len(shape) - 2), len(shape))
    lengths = [shape[a] for a in axes]
    rng = np.random.default_rng(6)
    x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    if kind == "irfft":
        x = x[..., : shape[-1] // 2 + 1]
    if kind == "rfft":
        x = x.real
    given = Pair(x.real, None if kind == "rfft" else x.imag, x)
    re, im = transformed(apply, given, kind, axes, lengths)
    whole = {"s": lengths} if kind == "irfft" else {}
    wanted = getattr(np.fft, f"{kind}n")(x, axes=tuple(axes), **whole)
    np.testing.assert_allclose(re, wanted.real, rtol=1e-13, atol=1e-13)
    if im is not None:
        np.testing.assert_allclose(im, wanted.imag, rtol=1e-13, atol=1e-13)
    assert (im is None) == (kind == "irfft")
