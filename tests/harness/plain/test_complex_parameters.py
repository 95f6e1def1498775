"""Complex parameters in `check`, `gradcheck` and `check_grads`: closed forms, each library's convention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity import GradientError, InputError, check, check_grads, gradcheck

RNG = np.random.default_rng(3)
Z = (RNG.normal(size=4) + 1j * RNG.normal(size=4)).astype(np.complex64)
A = (RNG.normal(size=(5, 4)) + 1j * RNG.normal(size=(5, 4))).astype(np.complex64)
B = RNG.normal(size=5).astype(np.float32)


def least_squares(m, z, a=A):
    """sum |A z - b|², whose slopes are those of 2 Aᴴ (A z - b)."""
    return m.sum(m.abs(a @ z - B) ** 2)


def by_hand(z, a=A):
    return 2 * a.conj().T @ (a @ z - B)


def test_numpy_is_read_as_torch_has_it():
    assert check(lambda z: least_squares(np, z), Z, gradient=by_hand).status == "ok"
    with pytest.raises(GradientError) as raised:
        check(lambda z: least_squares(np, z), Z, gradient=lambda z: by_hand(z).conj())
    assert raised.value.finding.diagnosis.cause.key == "conjugate"
    assert "∂L/∂re + i ∂L/∂im" in str(raised.value)


def test_jax_s_own_gradient_is_right_and_torch_s_is_its_conjugate():
    loss = lambda p: least_squares(jnp, p["z"])  # noqa: E731
    params = {"z": jnp.asarray(Z)}
    assert check(loss, params).status == "ok"
    own = lambda p: {"z": jnp.asarray(jax.grad(loss)(p)["z"])}  # noqa: E731
    assert check(loss, params, gradient=own).status == "ok"
    assert np.allclose(own(params)["z"], by_hand(Z).conj(), 1e-4)
    with pytest.raises(GradientError, match=r"∂L/∂re - i ∂L/∂im of a loss in JAX"):
        check(loss, params, gradient=lambda p: {"z": jnp.asarray(jnp.conj(jax.grad(loss)(p)["z"]))})


def torch_loss(z):
    return ((torch.tensor(A) @ z - torch.tensor(B)).abs() ** 2).sum()


def test_torch_s_own_gradient_is_right_and_so_is_its_formula():
    z = torch.tensor(Z)
    assert check(torch_loss, z).status == "ok"

    def formula(z):
        a = torch.tensor(A).to(z.dtype)
        return 2 * a.conj().T @ (a @ z - torch.tensor(B))

    assert check(torch_loss, z, gradient=formula).status == "ok"
    with pytest.raises(GradientError, match="conjugate"):
        check(torch_loss, z, gradient=lambda z: formula(z).conj())


@pytest.mark.parametrize("part", ["re", "im"])
def test_a_wrong_part_is_named(part):
    def wrong(z):
        g = by_hand(z)
        return 1.01 * g.real + 1j * g.imag if part == "re" else g.real + 1.01j * g.imag

    with pytest.raises(GradientError, match=rf"z\.{part}"):
        check(
            lambda p: least_squares(np, p["z"]), {"z": Z}, gradient=lambda p: {"z": wrong(p["z"])}
        )


def test_what_is_real_beside_it_stays_real():
    """d/ds of |s z|² = 2 s |z|², and of z 2 s² z."""
    params = {"s": np.float32(1.5), "z": Z}

    def gradient(p):
        s, z = p["s"], p["z"]
        return {"s": 2 * s * np.sum(np.abs(z) ** 2), "z": 2 * s * s * z}

    assert check(lambda p: np.sum(np.abs(p["s"] * p["z"]) ** 2), params, gradient=gradient).right


def test_a_complex_loss_says_what_to_take():
    with pytest.raises(InputError, match="complex128, should be a real number; take its abs"):
        check(lambda z: np.sum(z * z), Z, gradient=lambda z: 2 * z)


class Square(torch.autograd.Function):
    """z², with the backward of torch's convention, or of another."""

    right = True

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z * z

    @staticmethod
    def backward(ctx, grad):
        (z,) = ctx.saved_tensors
        return grad * 2 * (z.conj() if Square.right else z)


@pytest.mark.parametrize("right", [True, False])
def test_gradcheck_of_complex_inputs_and_results(monkeypatch, right):
    monkeypatch.setattr(Square, "right", right)
    z = torch.tensor(Z, dtype=torch.complex128, requires_grad=True)
    if right:
        assert gradcheck(Square.apply, z)
        assert torch.autograd.gradcheck(Square.apply, z)
    else:
        with pytest.raises(GradientError):
            gradcheck(Square.apply, z)


def test_gradcheck_forwards():
    z = torch.tensor(Z, dtype=torch.complex128, requires_grad=True)
    assert gradcheck(lambda z: (z * z.conj()).real * z, z, check_forward_ad=True)


@pytest.mark.parametrize("modes", ["rev", "fwd"])
def test_check_grads_of_complex_arguments_and_results(modes):
    check_grads(lambda z: jnp.exp(z) * z, (jnp.asarray(Z),), 2, modes)


class Filter(torch.nn.Module):
    """A product in the frequencies, its weights complex."""

    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(Z[:3]))
        self.register_buffer("phase", torch.exp(1j * torch.arange(3)))

    def forward(self, x):
        return torch.fft.irfft(torch.fft.rfft(x) * self.w * self.phase, n=4)


def test_a_module_with_complex_parameters_and_buffers():
    x = torch.tensor(np.random.default_rng(4).normal(size=(6, 4)), dtype=torch.float32)
    found = check(Filter(), x, loss=torch.nn.functional.mse_loss, args=(x.flip(0),))
    assert found.status == "ok"
    assert "the tape" in found.oracle
