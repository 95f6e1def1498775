"""Handwritten digits, real images: softmax regression and ReLU networks.

The data are scikit-learn's digits: 1797 images of 8 × 8 pixels, ten classes. What they exercise: a
thin matrix product with a softmax behind it (softmax-digits), and products that grow until they are
all that matters (mlp-digits).

    a_0 = x,  a_l = relu(a_{l-1} w_l + b_l),  logits = a_{L-1} w_L + b_L,
    loss = mean over images of -ln softmax(logits)[label];

softmax-digits is the case without a hidden layer.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998 (the test
part, as scikit-learn ships it); He et al. 2015, https://arxiv.org/abs/1502.01852, for the start.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError, in_range
from gradparity.problems.functions import cross_entropy, relu
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem
from gradparity.problems.real_data import digits

PIXELS, CLASSES = 64, 10

SOFTMAX_SIZES = {
    "tiny": {"images": 64},
    "small": {"images": 256},
    "medium": {"images": 1024},
    "large": {"images": 1797},
}
MLP_SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"images": 128, "hidden": (16,)},
    "small": {"images": 256, "hidden": (64,)},
    "medium": {"images": 512, "hidden": (256, 128)},
    "large": {"images": 512, "hidden": (784, 784)},
}


def _subset(rng: np.random.Generator, images: int) -> Arrays:
    pixels, labels = digits()
    in_range("images", images, 1, len(pixels), whole=True)
    rows = rng.choice(len(pixels), size=images, replace=False)
    return {"x": pixels[rows] / 16.0, "y": labels[rows]}


def held_out(rng: np.random.Generator, images: int, hidden: Any = None) -> Arrays:
    """The images that `_subset` leaves out, from the same generator state, in their own order."""
    pixels, labels = digits()
    drawn = rng.choice(len(pixels), size=images, replace=False)
    rest = np.setdiff1d(np.arange(len(pixels)), drawn)
    return {"x": pixels[rest] / 16.0, "y": labels[rest]}


def draw_softmax(rng: np.random.Generator, images: int) -> Instance:
    """Params w (64, 10) and b (10,), normal with deviation 1/8; data as in `draw_mlp`."""
    data = _subset(rng, images)
    w = rng.normal(scale=PIXELS**-0.5, size=(PIXELS, CLASSES))
    return Instance({"w": w, "b": rng.normal(scale=PIXELS**-0.5, size=CLASSES)}, data)


def draw_mlp(rng: np.random.Generator, images: int, hidden: tuple[int, ...]) -> Instance:
    """Params w1, b1, w2, b2, ...: He's start, w normal with variance 2 / fan-in, b zero.

    Data: x (images, 64), pixels in 0 ... 1, and int64 labels y (images,); rows drawn without
    replacement, so at most 1797 of them.
    """
    data = _subset(rng, images)
    if not isinstance(hidden, tuple):
        raise InputError(f"hidden is {hidden!r}; it should be the widths, such as (16,)")
    for width in hidden:
        in_range("hidden", width, 1, 1e6, whole=True)
    widths = (PIXELS, *hidden, CLASSES)
    params: Arrays = {}
    for layer, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
        params[f"w{layer}"] = rng.normal(scale=(2.0 / fan_in) ** 0.5, size=(fan_in, fan_out))
        params[f"b{layer}"] = np.zeros(fan_out)
    return Instance(params, data)


def softmax_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Mean cross-entropy of the logits x w + b."""
    return cross_entropy(xp, data["x"] @ params["w"] + params["b"], data["y"])


def mlp_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Mean cross-entropy of a ReLU network with as many layers as there are weights."""
    depth = len(params) // 2
    a = data["x"]
    for layer in range(1, depth):
        a = relu(xp, a @ params[f"w{layer}"] + params[f"b{layer}"])
    return cross_entropy(xp, a @ params[f"w{depth}"] + params[f"b{depth}"], data["y"])


def softmax_accuracy(params: Arrays, data: Arrays) -> float:
    """The share of images whose largest logit is that of their label."""
    return _accuracy(data["x"] @ params["w"] + params["b"], data)


def mlp_accuracy(params: Arrays, data: Arrays) -> float:
    """The same, of the network."""
    depth = len(params) // 2
    a = data["x"]
    for layer in range(1, depth):
        a = np.maximum(a @ params[f"w{layer}"] + params[f"b{layer}"], 0.0)
    return _accuracy(a @ params[f"w{depth}"] + params[f"b{depth}"], data)


def _accuracy(logits: Any, data: Arrays) -> float:
    return float(np.mean(np.argmax(logits, axis=-1) == data["y"]))


def _softmax_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    logits = torch.addmm(params["b"], data["x"], params["w"])
    return torch.nn.functional.cross_entropy(logits, data["y"])


def _mlp_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    depth = len(params) // 2
    a = data["x"]
    for layer in range(1, depth):
        a = torch.relu(torch.addmm(params[f"b{layer}"], a, params[f"w{layer}"]))
    logits = torch.addmm(params[f"b{depth}"], a, params[f"w{depth}"])
    return torch.nn.functional.cross_entropy(logits, data["y"])


def _cross_entropy_jax(logits: Any, labels: Any) -> Any:
    import jax
    import jax.numpy as jnp

    # Measured: picking from the logits, not from log_softmax, is up to 1.4 times faster under jit.
    picked = jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=-1) - picked).mean()


def _softmax_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    return _cross_entropy_jax(data["x"] @ params["w"] + params["b"], data["y"])


def _mlp_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax

    depth = len(params) // 2
    a = data["x"]
    for layer in range(1, depth):
        a = jax.nn.relu(a @ params[f"w{layer}"] + params[f"b{layer}"])
    return _cross_entropy_jax(a @ params[f"w{depth}"] + params[f"b{depth}"], data["y"])


def _softmax_minimum(data: Arrays) -> Minimum:
    return Minimum(
        0.0,
        note="infimum, not attained: the perceptron, run in whole numbers, has separated all 1797 "
        "images after 136 epochs, and scaling up such weights takes the loss to 0.",
    )


def _mlp_minimum(data: Arrays) -> Minimum:
    return Minimum(
        0.0,
        note="infimum, not attained: the images are linearly separable (see softmax-digits), and "
        "ten hidden units with a large bias hand a linear classifier on, for ReLU is the identity "
        "there. The loss is not convex: whether a descent gets there is another matter.",
    )


SOURCE = "scikit-learn's digits (Alpaydin and Kaynak 1998)"

PROBLEMS: dict[str, Problem] = {
    "softmax-digits": Problem(
        name="softmax-digits",
        loss=softmax_loss,
        draw=draw_softmax,
        sizes=SOFTMAX_SIZES,
        source=f"multinomial logistic regression, Bishop 2006, section 4.3.4, on {SOURCE}",
        minimum=_softmax_minimum,
        idiomatic={"torch": _softmax_torch, "jax": _softmax_jax},
        cases=("x", "y"),
        accuracy=softmax_accuracy,
        held_out=held_out,
    ),
    "mlp-digits": Problem(
        name="mlp-digits",
        loss=mlp_loss,
        draw=draw_mlp,
        sizes=MLP_SIZES,
        source=f"multilayer perceptron, He et al. 2015, on {SOURCE}",
        minimum=_mlp_minimum,
        idiomatic={"torch": _mlp_torch, "jax": _mlp_jax},
        cases=("x", "y"),
        accuracy=mlp_accuracy,
        held_out=held_out,
    ),
}
