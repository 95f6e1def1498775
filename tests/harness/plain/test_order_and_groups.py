"""Losses with the libraries' own sorts, windows, groups and running products: by the tape, and right."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_numpy.loss import translated

RNG = np.random.default_rng(5)
A = RNG.normal(size=(4, 6))
OWNERS = np.array([0, 2, 2, 1])
KERNEL = RNG.normal(size=3)


def in_place(a):
    b = a.copy()
    np.fill_diagonal(b, 3.0)
    np.put_along_axis(b, np.zeros((4, 1), int), 9.0, axis=1)
    b.sort(axis=0)
    return np.sum(b * np.arange(4)[:, None])


NUMPY_LOSSES = {
    "sliding windows": lambda a: np.sum(
        np.square(np.lib.stride_tricks.sliding_window_view(a, (2, 2))[..., 0, 1])
    ),
    "correlate": lambda a: np.sum(np.correlate(a[0], KERNEL, mode="same") ** 2),
    "running": lambda a: (
        np.sum(np.cumprod(a, axis=1))
        + np.sum(np.cumulative_prod(a, axis=0, include_initial=True))
        + np.sum(np.add.accumulate(a) ** 2)
    ),
    "margins": lambda a: np.sum(
        np.pad(a, 1, constant_values=2.0) * np.arange(48).reshape(6, 8) ** 2
    ),
    "joined": lambda a: (
        np.sum(np.block([[a, a], [a, 2 * a]]) ** 2)
        + np.sum(np.column_stack([a[0], a[1]]) * np.dstack([a[2], a[3]])[0])
        + np.sum(np.append(a[0], 1.0) ** 2)
    ),
    "grids": lambda a: (
        np.sum(np.linspace(a[0, 0], a[0, 1], 5) ** 2)
        + np.sum(np.prod(np.stack(np.meshgrid(a[0], a[1])), axis=0))
    ),
    "slopes": lambda a: (
        np.sum(np.gradient(a[0], 0.5) ** 2)
        + np.sum(np.trapezoid(a**2, np.arange(6.0) ** 2, axis=1))
    ),
    "interpolated": lambda a: (
        np.sum(np.interp(a, np.arange(-3.0, 4), np.arange(7.0) ** 2))
        + np.sum(np.interp([0.5, 1.25, 9.0], np.arange(6.0), a[2]) ** 2)
    ),
    "covariances": lambda a: np.sum(np.cov(a) ** 2) + np.corrcoef(a)[0, 1],
    "quantiles": lambda a: np.sum(np.quantile(a, [0.1, 0.9], axis=0) ** 2) + np.percentile(a, 30),
    "chosen": lambda a: np.sum(np.select([a > 1, a > 0], [a**2, 3 * a], 0.0)),
    "counted": lambda a: np.sum(np.bincount(OWNERS, weights=a[:, 0], minlength=4) ** 2),
    "no NaN": lambda a: np.nanmean(a**2) + np.nanstd(a) + np.nansum(a[0]),
    "unstacked": lambda a: sum(np.sum(x**2) for x in np.unstack(a)) + np.polyval(a[0], 1.5),
    "in place": in_place,
}


def differences(loss, x, step=1e-6):
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][i] += step
        moved[1][i] -= step
        found[i] = (loss(moved[0]) - loss(moved[1])) / (2 * step)
    return found


@pytest.mark.parametrize("name", NUMPY_LOSSES)
def test_numpy_losses_are_translated_and_their_slopes_are_differences(name):
    loss = NUMPY_LOSSES[name]
    translation = translated(lambda p: loss(p["a"]), {"a": A})
    value, slopes = value_and_gradient(translation.loss, {"a": A}, translation.data)
    np.testing.assert_allclose(value, loss(A), rtol=1e-13)
    wanted = differences(loss, A)
    size = np.max(np.abs(wanted)) + abs(loss(A))
    np.testing.assert_allclose(slopes["a"], wanted, rtol=0, atol=1e-8 * size)


def test_a_right_gradient_is_right_by_the_tape_and_a_planted_mistake_is_found():
    def loss(a):
        return np.sum(np.correlate(a, KERNEL, mode="valid") ** 2) / 2

    def gradient(a):
        return np.convolve(np.correlate(a, KERNEL, mode="valid"), KERNEL)

    found = check(loss, A[0], gradient=gradient)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle
    with pytest.raises(GradientError) as caught:
        check(loss, A[0], gradient=lambda a: gradient(a) + 1e-9 * a)
    assert "NumPy operations" in caught.value.finding.oracle


def test_torch_s_groups_are_translated():
    torch = pytest.importorskip("torch")
    from gradparity.harness.plain.from_torch.loss import translated as from_torch

    bag = torch.nn.functional.embedding_bag
    owners = torch.tensor(OWNERS)
    at = owners[:, None].expand(4, 6)
    weights = torch.arange(1.0, 7.0, dtype=torch.float64)

    def reduced(how, kept):
        zeros = torch.full((4, 6), 0.25, dtype=torch.float64)
        return lambda a: (zeros.scatter_reduce(0, at, a, how, include_self=kept) * weights).sum()

    losses = [reduced(h, k) for h in ("sum", "prod", "amax", "amin", "mean") for k in (True, False)]
    losses += [
        lambda a: (bag(owners.reshape(2, 2), a) ** 2).sum(),
        lambda a: (bag(owners, a, torch.tensor([0, 3]), mode="sum") ** 2).sum(),
        lambda a: (torch.logcumsumexp(a, 1) * weights).sum(),
        lambda a: a.cumprod(0).sum(),
    ]
    for i, loss in enumerate(losses):
        x = torch.tensor(A, requires_grad=True)
        (wanted,) = torch.autograd.grad(loss(x), x)
        translation = from_torch(lambda p, loss=loss: loss(p["a"]), {"a": A})
        _, slopes = value_and_gradient(translation.loss, {"a": A}, translation.data)
        np.testing.assert_allclose(slopes["a"], wanted, rtol=1e-12, atol=1e-12, err_msg=str(i))


def test_jax_s_groups_are_translated():
    jax = pytest.importorskip("jax")
    from gradparity.harness.plain.from_jax.loss import translated as from_jax

    jnp, lax, ops = jax.numpy, jax.lax, jax.ops
    half = np.full((4, 6), 0.25)
    owners, weights = np.array(OWNERS), np.arange(1.0, 7.0)
    losses = [
        lambda a: (
            (lax.cumlogsumexp(a, 1) * weights).sum() + lax.cumlogsumexp(a, 0, reverse=True).sum()
        ),
        lambda a: (lax.cummax(a, 0) * weights).sum() + lax.cummin(a, 1, reverse=True).sum(),
        lambda a: (lax.reduce_window(a, jnp.inf, lax.min, (2, 2), (1, 2), "SAME") ** 2).sum(),
        lambda a: (jnp.asarray(half).at[owners].max(a) * weights).sum(),
        lambda a: (jnp.asarray(half).at[owners].min(a) * weights).sum(),
        lambda a: (jnp.asarray(half).at[owners].subtract(a) ** 2).sum(),
        lambda a: (ops.segment_max(a, owners, 3) ** 2).sum(),
    ]
    with jax.enable_x64(True):
        for i, loss in enumerate(losses):
            wanted = jax.grad(loss)(jnp.asarray(A))
            translation = from_jax(lambda p, loss=loss: loss(p["a"]), {"a": A})
            _, slopes = value_and_gradient(translation.loss, {"a": A}, translation.data)
            np.testing.assert_allclose(slopes["a"], wanted, rtol=1e-12, atol=1e-12, err_msg=str(i))
