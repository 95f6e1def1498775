"""Losses with CTC, segments, least squares and NumPy's choices: by the tape, and right."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gradparity import check
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_numpy.loss import translated
from gradparity.harness.plain.from_torch.loss import translated as from_torch

RNG = np.random.default_rng(8)
A = RNG.normal(size=(6, 3))
B = RNG.normal(size=(6, 2))


def ctc(targets, lengths, times):
    targets, lengths, times = map(torch.tensor, (targets, lengths, times))
    return lambda p: F.ctc_loss(
        F.log_softmax(p["x"].reshape(6, 1, 3).repeat(1, 2, 1) * torch.tensor([[[1.0], [0.5]]]), -1),
        *(targets, times, lengths),
        reduction="sum",
    )


def segments(how, **options):
    return lambda p: (
        torch.segment_reduce(p["x"], how, lengths=torch.tensor([2, 1, 3]), **options) ** 2
    ).sum()


TORCH = {
    "ctc": ctc([[1, 2, 2], [2, 1, 0]], [3, 2], [6, 5]),
    "ctc in a row": ctc([1, 1, 2], [1, 2], [6, 6]),
    "ctc without labels": ctc([1, 2], [2, 0], [6, 4]),
    **{f"segment {how}": segments(how) for how in ("sum", "mean", "prod", "max", "min")},
    "segment max from 1": segments("max", initial=1.0),
    "segments by offsets": lambda p: (
        torch.segment_reduce(p["x"], "sum", offsets=torch.tensor([0, 4, 4, 6])) ** 2
    ).sum(),
    "least squares": lambda p: torch.linalg.lstsq(p["x"], torch.tensor(B)).solution.pow(2).sum(),
    "least norm": lambda p: (
        torch.linalg.lstsq(p["x"].mT, torch.tensor(B[:3])).solution.pow(2).sum()
    ),
    "largest of bags": lambda p: (
        F.embedding_bag(
            torch.tensor([0, 3, 5, 5, 1]), p["x"], torch.tensor([0, 2, 2]), mode="max"
        ).pow(2)
    ).sum(),
}


@pytest.mark.parametrize("name", TORCH)
def test_a_torch_loss_has_the_value_and_gradient_that_torch_gives(name):
    x = torch.tensor(A, requires_grad=True)
    value = TORCH[name]({"x": x})
    value.backward()
    translation = from_torch(TORCH[name], {"x": A})
    ours, gradient = value_and_gradient(translation.loss, {"x": A}, translation.data)
    np.testing.assert_allclose(ours, value.item(), rtol=1e-12)
    np.testing.assert_allclose(gradient["x"], x.grad.numpy(), rtol=1e-9, atol=1e-12)


def bent(p):
    """With an argument of its own, and a part that belongs to nobody."""
    y = np.piecewise(p["x"], [p["x"] > 0.2], [lambda a, k: np.exp(k * a)], 1.5)
    return np.sum(y**2)


def chosen(p):
    at = np.arange(18).reshape(6, 3) % 4
    return np.sum(np.choose(at, [p["x"], p["x"] ** 2, 3.0, np.sin(p["x"])])) + np.sum(
        np.choose(at, [p["x"], p["x"] ** 3], mode="wrap")
    )


def fitted(p):
    x, off, rank, _ = np.linalg.lstsq(p["x"], B, rcond=None)
    wide = np.linalg.lstsq(p["x"].T, B[:3, 0], rcond=None)[0]
    return np.sum(x**2) + rank * np.sum(off) + np.sum(wide**3)


NUMPY = {"piecewise": bent, "choose": chosen, "lstsq": fitted}


@pytest.mark.parametrize("name", NUMPY)
def test_a_numpy_loss_has_the_value_of_numpy_and_the_slopes_of_its_differences(name):
    """Central differences of order 4 agree to some 1e-9 of the largest slope."""
    loss = NUMPY[name]
    translation = translated(loss, {"x": A})
    ours, gradient = value_and_gradient(translation.loss, {"x": A}, translation.data)
    np.testing.assert_allclose(ours, loss({"x": A}), rtol=1e-12)
    h = 1e-3
    for at in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[at] = h
        f1, f2 = (loss({"x": A + k * step}) - loss({"x": A - k * step}) for k in (1, 2))
        slope = (8 * f1 - f2) / (12 * h)
        assert abs(gradient["x"][at] - slope) < 1e-7 * (1 + np.max(np.abs(gradient["x"])))


def test_check_judges_them_by_the_tape():
    x = torch.tensor(A, dtype=torch.float32)
    found = check(lambda x: TORCH["ctc"]({"x": x}), x)
    assert found.status == "ok"
    assert found.oracle.startswith("the tape")
