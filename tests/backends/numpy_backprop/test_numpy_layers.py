from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.layers import Linear, ReLU, Sigmoid, Tanh
from gradparity.backends.numpy_backprop.losses import (
    BufferedBinaryCrossEntropy,
    BufferedSoftmaxCrossEntropy,
)

LONG = np.longdouble
ACTIVATIONS = [Sigmoid, Tanh, ReLU]


def draw(seed: int, *shape: int, dtype: Any = LONG) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def directional(forward: Callable[[Any], Any], at: Any, along: Any) -> Any:
    """d forward / d at, along a direction, by central differences in extended precision."""
    h = LONG(1e-6)
    return (np.copy(forward(at + h * along)) - np.copy(forward(at - h * along))) / (2 * h)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_backward_is_the_adjoint_of_its_jacobian(activation: Any) -> None:
    layer = activation(5, 7, LONG)
    z, u, v = draw(0, 5, 7), draw(1, 5, 7), draw(2, 5, 7)
    ju = directional(lambda at: layer.forward({}, at.copy()), z, u)
    layer.forward({}, z.copy())
    jtv = layer.backward(v.copy())
    assert np.abs(z).min() > 1e-5
    assert float(np.sum(ju * v)) == pytest.approx(float(np.sum(u * jtv)), rel=1e-10)
    # Elementwise, the Jacobian is diagonal.
    np.testing.assert_allclose((ju * v).astype(float), (u * jtv).astype(float), atol=1e-10)


@pytest.mark.parametrize(("activation", "value", "slope"), [(Sigmoid, 0.5, 0.25), (Tanh, 0, 1)])
def test_smooth_activations_at_zero(activation: Any, value: float, slope: float) -> None:
    layer = activation(1, 1, np.float64)
    assert layer.forward({}, np.zeros((1, 1)))[0, 0] == value
    assert layer.backward(np.ones((1, 1)))[0, 0] == slope


def test_sigmoid_far_out_is_exact_and_quiet() -> None:
    layer = Sigmoid(1, 4, np.float64)
    a = layer.forward({}, np.array([[-800.0, -40.0, 40.0, 800.0]])).copy()
    np.testing.assert_allclose(a[0], [0.0, math.exp(-40), 1.0, 1.0], rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.ones((1, 4)))[0, :2], [0, math.exp(-40)])


def test_relu_and_its_kink() -> None:
    layer = ReLU(1, 4, np.float64)
    a = layer.forward({}, np.array([[-2.0, 0.0, -0.0, 3.0]]))
    assert a.tolist() == [[0.0, 0.0, 0.0, 3.0]]
    assert layer.backward(np.full((1, 4), 5.0)).tolist() == [[0.0, 0.0, 0.0, 5.0]]


def linear(cases: int = 7, first: bool = False) -> tuple[Linear, dict[str, Any]]:
    params = {"w": draw(3, 4, 3), "b": draw(4, 3)}
    return Linear("w", "b", params, cases, first), params


def test_linear_forward_by_einsum() -> None:
    layer, params = linear()
    a = draw(5, 4, 7)
    expected = np.einsum("io,ic->oc", params["w"], a) + params["b"].reshape(3, 1)
    np.testing.assert_allclose(layer.forward(params, a), expected, rtol=1e-15)


@pytest.mark.parametrize("name", ["w", "b", "a"])
def test_linear_backward_by_central_differences(name: str) -> None:
    layer, params = linear()
    inputs = params | {"a": draw(5, 4, 7)}
    v, u = draw(6, 3, 7), draw(7, *inputs[name].shape)

    def forward(at: Any) -> Any:
        moved = inputs | {name: at}
        return layer.forward(moved, moved["a"])

    ju = directional(forward, inputs[name], u)
    layer.forward(params, inputs["a"])
    da = layer.backward(v)
    jtv = {"w": layer.dw, "b": layer.db, "a": da}[name]
    assert jtv.shape == inputs[name].shape
    assert float(np.sum(ju * v)) == pytest.approx(float(np.sum(u * jtv)), rel=1e-11)


def test_linear_backward_by_einsum() -> None:
    layer, params = linear()
    a, v = draw(5, 4, 7), draw(6, 3, 7)
    layer.forward(params, a)
    da = layer.backward(v)
    np.testing.assert_allclose(layer.dw, np.einsum("ic,oc->io", a, v), rtol=1e-15, atol=1e-17)
    np.testing.assert_allclose(layer.db, np.einsum("oc->o", v), rtol=1e-15, atol=1e-17)
    np.testing.assert_allclose(da, np.einsum("io,oc->ic", params["w"], v), rtol=1e-15, atol=1e-17)


def test_first_layer_does_not_differentiate_the_data() -> None:
    layer, params = linear(first=True)
    layer.forward(params, draw(5, 4, 7))
    assert layer.backward(draw(6, 3, 7)) is None
    assert layer.dw.any()


def test_bias_gradient_keeps_float32_over_many_cases() -> None:
    cases = 300_000
    params = {"w": np.ones((1, 2), np.float32), "b": np.zeros(2, np.float32)}
    layer = Linear("w", "b", params, cases, first=True)
    layer.forward(params, np.ones((1, cases), np.float32))
    delta = np.random.default_rng(8).random((2, cases), dtype=np.float32)
    layer.backward(delta)
    exact = np.array([math.fsum(row) for row in delta.astype(float)])
    eps = float(np.finfo(np.float32).eps)
    # Added one after the other, the same numbers are off by some tens of eps.
    assert np.abs(layer.db / exact - 1).max() < 8 * eps


def test_softmax_loss_is_ln_c_at_zero() -> None:
    for classes in (2, 10, 37):
        loss = BufferedSoftmaxCrossEntropy(classes, 5, np.float64)
        value = loss.forward(np.zeros((classes, 5)), np.array([0, 1, 1, 0, 1]))
        assert value == pytest.approx(math.log(classes), rel=1e-15)


def test_softmax_columns_of_p_minus_y_sum_to_zero() -> None:
    loss = BufferedSoftmaxCrossEntropy(10, 50, np.float64)
    loss.forward(5 * draw(0, 10, 50, dtype=np.float64), np.arange(50) % 10)
    delta = loss.backward()
    assert np.abs(delta.sum(axis=0)).max() < 1e-17
    labelled = delta[np.arange(50) % 10, np.arange(50)]
    assert (labelled < 0).all()
    assert (delta > 0).sum() == 450


def test_softmax_backward_by_central_differences() -> None:
    loss = BufferedSoftmaxCrossEntropy(4, 6, LONG)
    z, u = 3 * draw(0, 4, 6), draw(1, 4, 6)
    labels = np.array([3, 0, 1, 1, 2, 0])
    slope = directional(lambda at: loss.forward(at, labels), z, u)
    loss.forward(z, labels)
    assert float(np.sum(loss.backward() * u)) == pytest.approx(float(slope), rel=1e-10)


def test_softmax_of_huge_logits_is_finite_and_right() -> None:
    loss = BufferedSoftmaxCrossEntropy(2, 2, np.float64)
    logits = np.array([[1e4, 1e4], [0.0, 0.0]])
    assert loss.forward(logits, np.array([0, 1])) == 5e3
    assert loss.backward().tolist() == [[0.0, 0.5], [0.0, -0.5]]


def test_softmax_reads_its_labels_in_every_call() -> None:
    loss = BufferedSoftmaxCrossEntropy(3, 1, np.float64)
    logits = np.array([[0.0], [1.0], [2.0]])
    total = math.log(1 + math.e + math.e**2)
    for label in (0, 2, 1):
        value = loss.forward(logits, np.array([label]))
        assert value == pytest.approx(total - label, rel=1e-15)
        assert loss.backward()[label, 0] == pytest.approx(math.exp(label - total) - 1, rel=1e-14)


def test_softmax_refuses_a_label_that_is_no_class() -> None:
    loss = BufferedSoftmaxCrossEntropy(3, 2, np.float64)
    with pytest.raises(IndexError):
        loss.forward(np.zeros((3, 2)), np.array([0, 3]))


def test_binary_loss_by_closed_forms() -> None:
    loss = BufferedBinaryCrossEntropy(4, np.float64)
    labels = np.array([0.0, 1.0, 1.0, 0.0])
    assert loss.forward(np.zeros((1, 4)), labels) == pytest.approx(math.log(2), rel=1e-15)
    assert loss.backward().tolist() == [[0.125, -0.125, -0.125, 0.125]]
    # Wrong by 1000: the loss is 1000 each, the slope ±1 each, and nothing overflows.
    assert loss.forward(np.array([[1e3, -1e3, -1e3, 1e3]]), labels) == 1e3
    assert loss.backward().tolist() == [[0.25, -0.25, -0.25, 0.25]]


def test_binary_backward_by_central_differences() -> None:
    loss = BufferedBinaryCrossEntropy(6, LONG)
    z, u = 3 * draw(0, 1, 6), draw(1, 1, 6)
    labels = np.array([0, 1, 0.25, 1, 0, 1], LONG)
    slope = directional(lambda at: loss.forward(at, labels), z, u)
    loss.forward(z, labels)
    assert float(np.sum(loss.backward() * u)) == pytest.approx(float(slope), rel=1e-10)


def test_binary_is_softmax_of_two_classes() -> None:
    z = draw(0, 1, 9, dtype=np.float64)
    labels = np.arange(9) % 2
    binary, softmax = (
        BufferedBinaryCrossEntropy(9, z.dtype),
        BufferedSoftmaxCrossEntropy(2, 9, z.dtype),
    )
    value = softmax.forward(np.concatenate([np.zeros_like(z), z]), labels)
    assert binary.forward(z, labels.astype(float)) == pytest.approx(float(value), rel=1e-14)
    np.testing.assert_allclose(binary.backward()[0], softmax.backward()[1], rtol=1e-13)
