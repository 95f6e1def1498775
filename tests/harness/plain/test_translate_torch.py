"""Plain functions of torch tensors in our own terms: values, and the tape's gradients of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_torch.loss import translated
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from tests.conftest import everyday

Tree = dict[str, Any]
Plain = Callable[[Tree], Any]

RNG = np.random.default_rng(11)
POINT = {
    "w": RNG.normal(size=(3, 4)),
    "v": RNG.normal(size=(4, 3)),
    "x": RNG.uniform(0.1, 0.9, size=6),
    "s": np.array(0.7),
}
ROWS = torch.tensor(RNG.normal(size=(5, 3)))
SIGNAL = torch.tensor(RNG.normal(size=(2, 3, 7)))
IMAGE = torch.tensor(RNG.normal(size=(2, 2, 6, 5)))
LABELS = torch.tensor([0, 3, 1, 1, 2])
TARGETS = torch.tensor(RNG.uniform(size=(3, 4)))


def logits(p: Tree) -> Any:
    return torch.tanh(ROWS @ p["w"]) * 3


def written(p: Tree) -> Any:
    out = torch.zeros(4, 4, dtype=torch.float64)
    out[1:3, 0] = p["x"][:2]
    row = out[1]
    out[0] += p["w"][0]
    row *= p["s"]
    out.t()[3].copy_(p["v"][:, 0])
    out[2].fill_(2.0)
    out[3, 1:].zero_()
    return torch.sum(torch.sin(out) * torch.arange(16.0).reshape(4, 4)) + row.sum()


def in_place(p: Tree) -> Any:
    y = p["w"].t().clone()
    y.add_(1.0).mul_(p["v"]).clamp_(min=-1.0)
    y[y < 0.2] = 0.5
    y.masked_fill_(y > 1, 0.25)
    z = torch.empty(12, dtype=torch.float64)
    z[:6], z[6:] = p["x"], p["x"].flip(0)
    return (y**2).sum() + (z * torch.arange(12)).sum()


def turned_in_place(p: Tree) -> Any:
    y = p["w"] * 1
    y.transpose_(0, 1).unsqueeze_(0)
    z = torch.zeros(2, 4, 3, dtype=torch.float64)
    z[1:] = y
    return (z.sum(0) ** 2).sum()


def recurrent(p: Tree) -> Any:
    h = torch.zeros(4, dtype=torch.float64)
    for row in ROWS:
        h = torch.tanh(row @ p["w"] + h)
    return h.sum() * p["s"]


def attention(p: Tree) -> Any:
    q, k, v = (torch.stack([p["w"], p["v"].T])[None] * c for c in (1.0, 0.5, 2.0))
    return (F.scaled_dot_product_attention(q, k, v) ** 2).sum()


def convolutions(p: Tree) -> Any:
    one = F.conv1d(SIGNAL, p["w"].reshape(2, 3, 2), p["x"][:2], stride=2, padding=1, dilation=2)
    two = F.conv2d(IMAGE, p["v"].reshape(2, 1, 2, 3), stride=(1, 2), padding=1, groups=2)
    back = F.conv_transpose2d(
        IMAGE, p["v"].reshape(2, 1, 2, 3), stride=2, padding=1, output_padding=1
    )
    return (one**2).sum() + torch.sin(two).sum() + (back**2).sum()


def pools(p: Tree) -> Any:
    image = IMAGE * p["s"] + p["w"][0, 0]
    return (
        (F.max_pool2d(image, 2, stride=1, padding=1) ** 2).sum()
        + (F.avg_pool2d(image, (3, 2), padding=1, count_include_pad=False) ** 2).sum()
        + (F.adaptive_avg_pool2d(image, 2) ** 3).sum()
        + (F.max_pool1d(SIGNAL * p["s"], 2) ** 2).sum()
    )


def normalised(p: Tree) -> Any:
    batch = F.batch_norm(ROWS @ p["w"], None, None, p["x"][:4], p["x"][2:], training=True)
    group = F.group_norm(SIGNAL.repeat(1, 2, 1) * p["x"][:, None], 3)
    layer = F.layer_norm(p["w"], (4,), p["x"][:4], p["x"][1:5])
    return (
        (batch**3).sum()
        + (group**3).sum()
        + (layer**3).sum()
        + (F.normalize(p["w"]) * TARGETS).sum()
    )


def dropped(p: Tree) -> Any:
    torch.manual_seed(3)
    return (F.dropout(p["w"], 0.4) ** 2).sum()


def cut_off(p: Tree) -> Any:
    with torch.no_grad():
        scale = p["s"] * 2 + p["x"].sum()
    return (p["w"] * p["w"].detach()).sum() * scale + p["s"].item() * p["x"].data.sum() * p["s"]


LOSSES: dict[str, Plain] = {
    "square": lambda p: (p["x"] ** 2).sum(),
    "exponentials": lambda p: (p["x"].exp() + p["x"].expm1() + torch.exp2(p["x"])).sum(),
    "logarithms": lambda p: (p["x"].log() * p["x"].log1p() + p["x"].log2() + p["x"].log10()).sum(),
    "circular": lambda p: (p["x"].sin() + p["x"].cos() * p["x"].tan()).sum(),
    "inverse circular": lambda p: (p["x"].asin() + p["x"].acos() ** 2 + p["x"].atan()).sum(),
    "hyperbolic": lambda p: (p["w"].sinh() + p["w"].cosh() * p["w"].tanh()).sum(),
    "inverse hyperbolic": lambda p: p["w"].asinh().sum() + (p["x"].atanh() + (1 + p["x"]).acosh()).sum(),
    "roots": lambda p: (p["x"].sqrt() + p["x"].rsqrt() + p["x"].reciprocal()).sum(),
    "powers": lambda p: (p["x"] ** 3.5 + p["x"] ** -2 + p["x"] ** p["s"] + 2.0 ** p["x"] + torch.float_power(p["x"], 1.5)).sum(),
    "angle": lambda p: (torch.atan2(p["w"], p["v"].T) + torch.hypot(p["w"], p["v"].T)).sum(),
    "activations": lambda p: sum(f(p["w"]).sum() for f in (
        F.relu, F.silu, F.softplus, F.elu, F.leaky_relu, torch.sigmoid, F.logsigmoid, F.hardtanh, F.relu6, F.selu,
        F.mish, F.hardswish, F.celu, F.softsign, F.tanhshrink, F.softshrink)),
    "gelu, prelu, glu": lambda p: F.gelu(p["w"], approximate="tanh").sum() + F.prelu(p["w"], p["s"][None]).sum() + F.glu(p["w"]).sum(),
    "clipped": lambda p: (p["w"].clamp(-0.5, 0.5) * torch.maximum(p["w"], p["s"]) + p["w"].clamp_max(0)).sum(),
    "chosen": lambda p: torch.where((p["w"] > 0) & ~(p["w"] > 1), p["w"] ** 2, -p["w"]).sum(),
    "masks as numbers": lambda p: ((p["w"] > 0.1) * p["w"] + (p["w"] < 0).double() * p["v"].T + p["w"].sign() * p["w"] + p["w"].abs()).sum(),
    "rounded": lambda p: ((p["w"] - p["w"].floor()) ** 2 + torch.remainder(p["w"], 0.3) + torch.fmod(p["w"], 0.3) * p["w"]).sum(),
    "logarithms of sums": lambda p: torch.logaddexp(p["w"], p["v"].T).sum() + (torch.logsumexp(p["w"], 0) ** 2).sum(),
    "softmax": lambda p: (F.softmax(p["w"], 1) * p["v"].T).sum() + (F.log_softmax(p["w"], 0) ** 2).sum(),
    "cross entropy": lambda p: F.cross_entropy(logits(p), LABELS) + F.cross_entropy(logits(p), LABELS, label_smoothing=0.1, reduction="sum"),
    "likelihoods": lambda p: F.nll_loss(F.log_softmax(logits(p), 1), LABELS, weight=torch.arange(1.0, 5.0).double()),
    "binary cross entropies": lambda p: F.binary_cross_entropy(torch.sigmoid(p["w"]), TARGETS) + F.binary_cross_entropy_with_logits(p["w"], TARGETS, pos_weight=TARGETS[0]),
    "distances": lambda p: F.mse_loss(p["w"], TARGETS) + F.l1_loss(p["w"], TARGETS) + F.huber_loss(p["w"], TARGETS) + F.smooth_l1_loss(p["w"], TARGETS, beta=0.3),
    "divergence": lambda p: F.kl_div(F.log_softmax(p["w"], 1), TARGETS, reduction="batchmean") + F.cosine_similarity(p["w"], p["v"].T).sum(),
    "margins": lambda p: F.soft_margin_loss(p["w"], TARGETS.sign()) + F.triplet_margin_loss(p["w"], p["v"].T, TARGETS) + F.gaussian_nll_loss(p["w"], TARGETS, TARGETS + p["s"]),
    "extremes": lambda p: (p["w"].amax(1) * p["w"].min(1).values).sum() + p["w"].max() + p["w"][p["w"][:, 0].argmax(), 1],
    "products of entries": lambda p: p["x"].prod() + p["w"].prod(1).sum() + p["w"].cumprod(1).sum(),
    "moments": lambda p: p["w"].mean() + p["w"].var(0).sum() + p["x"].std() + p["w"].std(1, unbiased=False).sum(),
    "norms": lambda p: p["x"].norm() + torch.linalg.vector_norm(p["w"], 1) + torch.linalg.norm(p["w"]) + p["w"].norm(p=3, dim=1).sum(),
    "running sums": lambda p: (p["w"].cumsum(1) ** 2).sum() + (p["x"].diff() ** 2).sum(),
    "products": lambda p: ((p["w"] @ p["v"]) ** 2).sum() + p["x"].dot(p["x"]) + (p["w"] @ p["x"][:4]).sum() + torch.outer(p["x"], p["x"]).trace(),
    "linear": lambda p: (F.linear(ROWS, p["v"], p["x"][:4]) ** 2).sum() + torch.addmm(p["w"] @ p["v"], p["w"], p["v"], beta=0.5, alpha=2).sum(),
    "einsum": lambda p: torch.einsum("ij,ji,k->", p["w"], p["v"], p["x"]) + torch.einsum("bij,ik->bkj", SIGNAL, p["w"]).pow(2).sum(),
    "batches": lambda p: torch.baddbmm(p["w"][:, :3], SIGNAL[:, :, :4], p["v"].expand(2, 4, 3), alpha=0.5).pow(2).sum(),
    "attention": attention,
    "shapes": lambda p: (torch.cat([p["w"].reshape(-1), p["x"]]).flip(0) * torch.arange(18.0)).sum() + p["w"].T[1, -1] + p["s"].expand(3).sum(),
    "repeated": lambda p: (p["x"].repeat(3) * p["x"].repeat_interleave(3)).sum() + (p["w"].roll(1, 1) * p["w"]).sum() + torch.stack([p["s"], p["s"] ** 2]).prod(),
    "padded": lambda p: (F.pad(p["w"], (0, 1, 1, 2), value=2.0) ** 2).sum() + (p["w"].triu() ** 2).sum() + (F.pad(p["w"], (1, 2), mode="reflect") ** 2).sum(),
    "split": lambda p: sum(part.sum() ** 2 for part in p["x"].split([1, 2, 3])) + sum(c.prod() for c in p["w"].chunk(2, 1)) + sum(r.prod() for r in p["w"].unbind(1)),
    "gathered": lambda p: (p["w"][[0, 2, 2], [1, 1, 3]] ** 2).sum() + (F.embedding(LABELS, p["v"]) ** 3).sum() + p["w"].gather(1, LABELS[None]).sum() + (p["x"][p["x"] > 0.4] ** 2).sum(),
    "diagonal": lambda p: (torch.diag(p["x"]) @ p["x"].sin()).sum() + (p["w"].diagonal() ** 2).sum() + (p["x"].unfold(0, 3, 2) ** 2).prod(1).sum(),
    "scattered": lambda p: (torch.zeros(4).double().scatter_add(0, LABELS, p["x"][:5]) ** 2).sum() + (torch.ones(4, 4).double().index_add(0, LABELS[:3], p["w"], alpha=2) ** 2).sum(),
    "put": lambda p: (p["v"].index_put((LABELS,), p["x"][:3], accumulate=True) ** 2).sum() + (p["w"].scatter(1, LABELS[None, :1], 3.0) ** 2).sum(),
    "written": written,
    "in place": in_place,
    "turned in place": turned_in_place,
    "sorted": lambda p: (p["x"].sort(descending=True).values * torch.arange(6)).sum() + p["w"].median() + p["x"].topk(2).values.sum() + p["w"].median(1).values.sum(),
    "recurrent": recurrent,
    "branch": lambda p: p["x"].sum() if p["s"] > 0 else p["w"].sum(),
    "normalised": normalised,
    "convolutions": convolutions,
    "pools": pools,
    "dropped": dropped,
    "cut off": cut_off,
    "gradient penalty": lambda p: (torch.autograd.grad(p["w"].tanh().pow(2).sum(), p["w"], create_graph=True)[0] ** 2).sum(),
    "embedded network": lambda p: torch.func.functional_call(torch.nn.Linear(4, 3).double(), {"weight": p["w"], "bias": p["x"][:3]}, (ROWS @ p["w"],)).sigmoid().sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_the_library_s(name: str) -> None:
    loss = LOSSES[name]
    translation = translated(loss, POINT)
    value, gradient = of_torch(loss, POINT)
    np.testing.assert_allclose(translation.loss(NUMPY, POINT, translation.data), value, rtol=1e-13)
    agree(translation, POINT, gradient)
    extended, work = measured(translation.loss, POINT, translation.data)
    np.testing.assert_allclose(float(extended), value, rtol=1e-13)
    assert work.total > 0


def of_torch(loss: Plain, point: Tree) -> tuple[float, Tree]:
    leaves = {k: torch.tensor(x, requires_grad=True) for k, x in point.items()}
    value = loss(dict(leaves))
    slopes = torch.autograd.grad(
        value, list(leaves.values()), allow_unused=True, materialize_grads=True
    )
    return value.item(), {k: g.numpy() for k, g in zip(leaves, slopes, strict=True)}


def agree(translation: Any, point: Tree, gradient: Tree) -> None:
    """The tape's gradient of a translated loss is `gradient`, to 1e-12 of its largest number."""
    _, slopes = value_and_gradient(translation.loss, point, translation.data)
    assert set(slopes) == set(gradient)
    atol = 1e-12 * max(np.max(np.abs(theirs)) for theirs in gradient.values())
    for leaf, theirs in gradient.items():
        np.testing.assert_allclose(slopes[leaf], theirs, rtol=0, atol=atol, err_msg=leaf)


class WrongSquare(torch.autograd.Function):
    """The square, with a derivative that forgets the factor 2."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return torch.mul(x, x.detach(), out=torch.empty_like(x))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * x


def test_a_wrong_backward_is_not_believed() -> None:
    def loss(p: Tree) -> Any:
        return torch.sum(WrongSquare.apply(p["w"]) * p["s"])

    translation = translated(loss, POINT)
    w, s = POINT["w"], POINT["s"]
    truth = {"w": 2 * w * s, "s": np.sum(w**2), "v": 0 * POINT["v"], "x": 0 * POINT["x"]}
    agree(translation, POINT, truth)
    _, wrong = of_torch(loss, POINT)
    np.testing.assert_allclose(2 * wrong["w"], truth["w"])


def test_the_rounded_sixth_in_torch_s_hardsigmoid_is_not_believed() -> None:
    # Torch's backward multiplies by 1/6 in float32; the derivative is 1/6 for |x| < 3.
    translation = translated(lambda p: F.hardsigmoid(p["w"]).sum(), POINT)
    agree(translation, POINT, {k: np.full(x.shape, (k == "w") / 6) for k, x in POINT.items()})


def test_what_autograd_does_not_follow_is_a_constant() -> None:
    translation = translated(lambda p: (p["x"] * p["x"].detach()).sum(), POINT)
    _, slopes = value_and_gradient(translation.loss, POINT, translation.data)
    np.testing.assert_array_equal(slopes["x"], POINT["x"])


def test_a_mask_is_compared_anew_at_every_point() -> None:
    translation = translated(lambda p: ((p["w"] > 0).double() * p["w"]).sum(), POINT)
    elsewhere = {**POINT, "w": -POINT["w"]}
    ours = translation.loss(NUMPY, elsewhere, translation.data)
    np.testing.assert_allclose(ours, np.sum(np.maximum(elsewhere["w"], 0)), rtol=1e-14)


def test_how_counts_the_operations() -> None:
    translation = translated(lambda p: (p["x"] * 2).sum(), POINT)
    assert translation.how == "2 torch operations"
    assert translation.data == {}


REFUSED: dict[str, tuple[Plain, str]] = {
    "erfcx": (lambda p: torch.special.erfcx(p["w"]).sum(), "aten.special_erfcx'"),
    "complex": (lambda p: torch.atan(torch.fft.fft(p["x"])).abs().sum(), "aten.atan'"),
    "a vector": (lambda p: p["x"] * 2, r"shape \(6,\)"),
    "detached": (lambda p: p["x"].detach().sum(), "does not depend"),
    "no tensor": (lambda p: 1.0, "float"),
    "a long loop": (lambda p: sum((p["s"] * i for i in range(9000)), p["s"]), "more than 10,000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_its_reason(name: str) -> None:
    loss, reason = REFUSED[name]
    with pytest.raises(Untranslatable, match=reason):
        translated(loss, POINT)


IDIOMATIC = sorted(name for name, problem in PROBLEMS.items() if "torch" in problem.idiomatic)


@pytest.mark.parametrize("name", everyday(IDIOMATIC))
def test_the_idiomatic_losses_of_the_catalogue(name: str) -> None:
    problem = PROBLEMS[name]
    instance = problem.instance(next(iter(problem.sizes)), 0)
    native = {k: torch.tensor(x) for k, x in instance.data.items()}

    def loss(p: Tree) -> Any:
        return problem.idiomatic["torch"](None, p, native)  # type: ignore[arg-type]

    translation = translated(loss, instance.params)
    # The portable loss, written independently, by the same tape.
    value, slopes = value_and_gradient(problem.loss, instance.params, instance.data)
    agree(translation, instance.params, slopes)
    ours = translation.loss(NUMPY, instance.params, translation.data)
    np.testing.assert_allclose(ours, value, rtol=1e-13)
