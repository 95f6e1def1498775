"""A stride forgotten on the way back through a convolution is named, however the convolution is written."""

import numpy as np
import pytest

from gradparity import GradientError, check

RNG = np.random.default_rng(5)
IMAGE, FILTERS = RNG.normal(size=(7, 7)), RNG.normal(size=(2, 3, 3))
WORDS = "the windows of data have the stride 1 instead of 2"


def windows(stride):
    return np.array(
        [
            [IMAGE[stride * i : stride * i + 3, stride * j : stride * j + 3] for j in range(3)]
            for i in range(3)
        ]
    )


def by_filter(k):
    total = 0.0
    for f in range(2):
        for i in range(3):
            for j in range(3):
                total = total + np.tanh(np.sum(IMAGE[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * k[f]))
    return total


def by_window(k):
    total = 0.0
    for row in windows(2):
        for window in row:
            for f in range(2):
                total = total + np.tanh(np.sum(k[f] * window))
    return total


def by_view(k):
    view = np.lib.stride_tricks.sliding_window_view(IMAGE, (3, 3))[::2, ::2]
    return np.sum(np.tanh(np.einsum("ijab,fab->fij", view, k)))


def by_columns(k):
    return np.sum(np.tanh(k.reshape(2, 9) @ windows(2).reshape(9, 9).T))


def gradient(stride):
    def found(k):
        slopes = 1 - np.tanh(np.einsum("ijab,fab->fij", windows(2), k)) ** 2
        return np.einsum("fij,ijab->fab", slopes, windows(stride))

    return found


@pytest.mark.parametrize("loss", [by_filter, by_window, by_view, by_columns])
def test_in_numpy(loss):
    check(loss, FILTERS, gradient=gradient(2))
    with pytest.raises(GradientError, match=WORDS):
        check(loss, FILTERS, gradient=gradient(1), seconds=30)


def test_in_the_second_layer_of_torch_by_its_name():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    images = torch.tensor(rng.normal(size=(2, 1, 13, 13)))
    filters = {
        "a": torch.tensor(rng.normal(size=(2, 1, 3, 3))),
        "b": torch.tensor(rng.normal(size=(3, 2, 3, 3))),
    }

    class Convolution(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return torch.nn.functional.conv2d(x, w, stride=2)

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            size = g.shape[-1] + 2
            cropped = x[:, :, :size, :size]
            return (
                torch.nn.grad.conv2d_input(x.shape, w, g, stride=2),
                torch.nn.grad.conv2d_weight(cropped, w.shape, g, stride=1),
            )

    def loss(p):
        first = torch.tanh(torch.nn.functional.conv2d(images, p["a"], stride=2))
        return (Convolution.apply(first, p["b"]) ** 2).sum()

    with pytest.raises(GradientError, match=f"b is what comes out if.*{WORDS}"):
        check(loss, filters, seconds=30)


def test_in_jax():
    jax = pytest.importorskip("jax")
    rng = np.random.default_rng(7)
    images = jax.numpy.asarray(rng.normal(size=(2, 2, 9, 9)), "float32")

    @jax.custom_vjp
    def convolved(w):
        return jax.lax.conv_general_dilated(images, w, (2, 2), "VALID")

    def back(w, g):
        other = images[:, :, :6, :6]
        return jax.vjp(lambda w: jax.lax.conv_general_dilated(other, w, (1, 1), "VALID"), w)[1](g)

    convolved.defvjp(lambda w: (convolved(w), w), back)
    filters = jax.numpy.asarray(rng.normal(size=(3, 2, 3, 3)), "float32")
    with pytest.raises(GradientError, match=WORDS):
        check(lambda w: (convolved(w) ** 2).sum(), filters, seconds=30)


def test_patches_side_by_side_have_a_stride_too():
    """A patch embedding: kernel and stride are 3."""
    rng = np.random.default_rng(8)
    line = rng.normal(size=12)
    cut = {s: np.array([line[s * i : s * i + 3] for i in range(4)]) for s in (1, 3)}

    def loss(k):
        return np.sum(np.tanh(cut[3] @ k.T))

    def wrong(k):
        return (1 - np.tanh(cut[3] @ k.T) ** 2).T @ cut[1]

    with pytest.raises(GradientError, match="the stride 1 instead of 3"):
        check(loss, rng.normal(size=(2, 3)), gradient=wrong, seconds=30)
