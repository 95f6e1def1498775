"""Every layer and loss: backprop by hand against differences, invariants, and what does not fit."""

import math

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.networks import by_hand
from gradparity.backends.numpy_backprop.networks.attention import score_slope
from gradparity.backends.numpy_backprop.networks.chain import BY_HAND, forward
from gradparity.backends.numpy_backprop.networks.losses import BY_HAND as LOSSES
from gradparity.problems import InputError
from gradparity.problems import networks as n
from gradparity.problems.namespace import NUMPY

LAYERS = [
    (n.Dense(3), (4,)),
    (n.Dense(3), (2, 4)),
    (n.Conv(2, 3), (5, 4, 2)),
    (n.AveragePool(2), (4, 2, 3)),
    (n.MaxPool(2), (4, 2, 3)),
    (n.Flatten(), (2, 3)),
    (n.Dropout("mask", 0.5), (3,)),
    (n.LayerNorm(), (5,)),
    (n.LayerNorm(), (2, 5)),
    (n.BatchNorm(), (3,)),
    (n.BatchNorm(), (2, 2, 3)),
    (n.Positions(), (3, 4)),
    (n.Attention(2), (4, 6)),
    (n.Attention(1, causal=True), (5, 3)),
    (n.RNN(3), (4, 2)),
    (n.GRU(3), (4, 2)),
    (n.LSTM(3), (4, 2)),
    (n.Last(), (4, 2)),
    (n.Residual((n.Dense(4), n.Activation("tanh"))), (4,)),
    *((n.Activation(kind), (7,)) for kind in ("sigmoid", "tanh", "relu", "leaky_relu", "gelu")),
    *((n.Activation(kind), (7,)) for kind in ("swish", "softplus", "elu")),
]
ENDS = [
    (n.Squared(), (4, 3), lambda rng: rng.normal(size=(4, 3))),
    (n.Huber(0.7), (4, 3), lambda rng: rng.normal(size=(4, 3))),
    (n.BinaryCrossEntropy(), (5, 1), lambda rng: np.array([0.0, 1.0, 1.0, 0.0, 0.3])),
    (n.SoftmaxCrossEntropy(), (4, 3), lambda rng: np.array([0, 2, 1, 1])),
    (n.SoftmaxCrossEntropy(), (2, 2, 3), lambda rng: np.array([[0, 2], [1, 1]])),
    (n.BPR(), (4, 2), lambda rng: np.zeros(0)),
    (n.InfoNCE(0.5), (6, 2), lambda rng: np.zeros(0)),
]


def slope_of(function, x, direction, h=1e-6):
    """The derivative along a direction, of fourth order."""
    ends = [function(x + k * h * direction) for k in (1, -1, 2, -2)]
    return (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * h)


def case(layer, given, cases=3):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(cases, *given))
    params = {k: v + 0.1 * rng.normal(size=v.shape) for k, v in layer.start(rng, given).items()}
    return rng, x, params, {"mask": np.arange(x.size).reshape(x.shape) % 2.0}


def test_every_kind_of_layer_and_loss_is_tried():
    tried = {type(layer) for layer, _ in LAYERS} | {
        n.Embedding,
        type(n.Network([n.Last()], n.Squared()).chain),
    }
    assert tried == set(BY_HAND)
    assert {type(end) for end, *_ in ENDS} == set(LOSSES)


@pytest.mark.parametrize(("layer", "given"), LAYERS, ids=str)
def test_the_way_back_is_the_transposed_derivative_of_the_way_forwards(layer, given):
    """⟨g, dy⟩ = ⟨back(g), (dx, dparams)⟩, dy from differences of the layer written once."""
    rng, x, params, data = case(layer, given)
    y, back = forward(layer, params, data, x)
    assert y.shape[1:] == layer.shape(given)
    np.testing.assert_allclose(y, layer.apply(NUMPY, params, data, x), rtol=1e-12, atol=1e-14)
    g = rng.normal(size=y.shape)
    by_x, slopes = back(g)
    assert {k: v.shape for k, v in slopes.items()} == {k: v.shape for k, v in params.items()}
    for name in ("", *params):
        at = params[name] if name else x
        direction = rng.normal(size=at.shape)

        def along(moved, name=name):
            changed = {**params, name: moved} if name else params
            return np.sum(g * layer.apply(NUMPY, changed, data, x if name else moved))

        slope = np.sum(direction * (slopes[name] if name else by_x))
        assert slope == pytest.approx(slope_of(along, at, direction), rel=1e-6, abs=1e-8), name


@pytest.mark.parametrize(
    ("end", "shape", "targets"), ENDS, ids=lambda x: getattr(x, "__name__", str(x))
)
def test_the_slope_of_a_loss_by_the_outputs(end, shape, targets):
    rng = np.random.default_rng(3)
    z, y, direction = rng.normal(size=shape), targets(rng), rng.normal(size=shape)
    end.check(shape[1:], shape[0], y)
    value, slope = LOSSES[type(end)](end, z, y)
    assert value == pytest.approx(float(end.value(NUMPY, z, y)), rel=1e-14)
    expected = slope_of(lambda z: float(end.value(NUMPY, z, y)), z, direction)
    assert np.sum(slope * direction) == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(
    ("end", "z", "y", "value"),
    [
        (n.BinaryCrossEntropy(), np.zeros((4, 1)), np.array([0.0, 1, 1, 0]), math.log(2)),
        (n.SoftmaxCrossEntropy(), np.ones((3, 7)), np.array([0, 6, 2]), math.log(7)),
        (n.BPR(), np.ones((3, 2)), np.zeros(0), math.log(2)),
        (n.InfoNCE(), np.eye(10)[:, :5] * 0.0, np.zeros(0), math.log(5)),
        (n.Huber(1.0), np.array([[3.0], [0.5]]), np.zeros((2, 1)), (2.5 + 0.125) / 2),
    ],
    ids=str,
)  # fmt: skip
def test_losses_of_nothing_learned_are_logarithms(end, z, y, value):
    assert float(end.value(NUMPY, z, y)) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("layer", "given", "axes"),
    [(n.LayerNorm(), (6,), 1), (n.BatchNorm(), (6,), 0), (n.BatchNorm(), (2, 3, 4), (0, 1, 2))],
)
def test_the_slopes_of_a_normalisation_add_up_to_nothing(layer, given, axes):
    rng, x, params, data = case(layer, given)
    y, back = forward(layer, params, data, x)
    by_x = back(rng.normal(size=y.shape))[0]
    assert np.abs(by_x.sum(axis=axes)).max() < 1e-14 * np.abs(by_x).max() * x.size
    assert np.abs(by_x).max() > 0.01


def test_the_slopes_of_a_row_of_scores_add_up_to_nothing():
    rng = np.random.default_rng(0)
    p = np.exp(rng.normal(size=(2, 4, 4)))
    p /= p.sum(-1, keepdims=True)
    slope = score_slope(p, rng.normal(size=p.shape))
    assert np.abs(slope.sum(-1)).max() < 1e-16 * 10


def test_a_causal_output_does_not_see_what_comes_later():
    layer = n.Attention(2, causal=True)
    rng, x, params, data = case(layer, (5, 4))
    y, back = forward(layer, params, data, x)
    g = np.zeros_like(y)
    g[:, 2] = rng.normal(size=(3, 4))
    by_x = back(g)[0]
    assert not by_x[:, 3:].any()
    assert by_x[:, :3].any()


def test_a_convolution_and_its_way_back_are_adjoint():
    """⟨C x, y⟩ = ⟨x, Cᵀ y⟩: linear, so to rounding."""
    layer = n.Conv(3, 2)
    rng, x, params, data = case(layer, (5, 4, 2))
    z, back = forward(layer, {**params, "b": np.zeros(3)}, data, x)
    y = rng.normal(size=z.shape)
    assert np.sum(z * y) == pytest.approx(np.sum(x * back(y)[0]), rel=1e-13)


def test_an_embedding_adds_up_what_is_read_twice_and_costs_what_is_read():
    x = np.array([[2, 0, 2], [2, 4, 0]])
    table = np.random.default_rng(0).normal(size=(6, 3))
    g = np.random.default_rng(1).normal(size=(2, 3, 3))
    y, back = forward(n.Embedding(6, 3), {"table": table}, {}, x)
    one_hot = np.eye(6)[x]
    np.testing.assert_allclose(y, one_hot @ table, rtol=1e-15)
    expected = np.einsum("ntv,ntd->vd", one_hot, g)
    np.testing.assert_allclose(back(g)[1]["table"], expected, rtol=1e-14)
    assert not back(g)[1]["table"][[1, 3, 5]].any()


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_a_linear_recurrence_grows_by_its_weight_to_the_power(steps):
    """tanh near 0 is the identity: ∂h_T/∂x_1 = w uᵀ⁻¹ for numbers, here at x = 0 exactly."""
    params = {"w": np.ones((1, 1)), "u": np.full((1, 1), 0.9), "b": np.zeros(1)}
    y, back = forward(n.RNN(1), params, {}, np.zeros((1, steps, 1)))
    g = np.zeros_like(y)
    g[0, -1] = 1.0
    assert back(g)[0][0, 0, 0] == pytest.approx(0.9 ** (steps - 1), rel=1e-13)


@pytest.mark.parametrize(("weight", "expected"), [(1.0, 7.8886e-31), (4.0, 1.0), (8.0, 1.1259e15)])
def test_fifty_sigmoids_vanish_stand_or_explode(weight, expected):
    """a ← σ(w a - w/2) from ½ stays there, where each has the slope w/4."""
    layers = [one for _ in range(50) for one in (n.Dense(1), n.Activation("sigmoid"))]
    network = n.Network(layers, n.Squared())
    instance = network.instance(np.random.default_rng(0), np.full((1, 1), 0.5), np.zeros((1, 1)))
    params = {
        k: np.full(v.shape, weight if k[-1] == "w" else -weight / 2)
        for k, v in instance.params.items()
    }
    y, back = forward(network.chain, params, {}, np.full((1, 1), 0.5))
    assert y[0, 0] == pytest.approx(0.5, rel=1e-13)
    assert back(np.ones((1, 1)))[0][0, 0] == pytest.approx(expected, rel=1e-4)


def test_a_user_composes_a_network_and_has_its_backprop():
    layers = [
        n.Embedding(9, 4),
        n.Positions(),
        n.Residual((n.LayerNorm(), n.Attention(2, causal=True))),
        n.LSTM(3),
        n.Last(),
        n.Dense(2),
    ]
    network = n.Network(layers, n.SoftmaxCrossEntropy())
    rng = np.random.default_rng(1)
    instance = network.instance(rng, rng.integers(9, size=(5, 6)), rng.integers(2, size=5))
    value, gradient = by_hand(network)(instance.params, instance.data)
    v = {k: rng.normal(size=x.shape) for k, x in instance.params.items()}
    h = 1e-5
    ends = [
        float(
            network.loss(
                NUMPY, {k: x + s * h * v[k] for k, x in instance.params.items()}, instance.data
            )
        )
        for s in (1, -1)
    ]
    assert float(network.loss(NUMPY, instance.params, instance.data)) == pytest.approx(
        value, rel=1e-14
    )
    slope = sum(np.sum(gradient[k] * v[k]) for k in v)
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6)


@pytest.mark.parametrize(
    ("layers", "x", "y", "message"),
    [
        ([n.Dense(3), n.Conv(2, 3)], (4, 5), (4,), r"layer 2, Conv\(.*\): the input is 3 per case; it needs an image of at least 3 x 3 x channels"),
        ([n.AveragePool(2)], (4, 5, 4, 1), (4,), "layer 1, AveragePool.*: the input is 5 x 4 x 1 per case; it needs an image whose sides are multiples of 2"),
        ([n.Residual((n.Dense(3),))], (4, 5), (4,), "layer 1, Residual: the input is 5 per case; it needs layers that keep the shape; theirs end at 3"),
        ([n.Residual((n.Dense(4), n.LSTM(3)))], (4, 5), (4,), "layer 1, layer 2, LSTM.*: the input is 4 per case; it needs a sequence"),
        ([n.Attention(4)], (2, 3, 6), (2,), "layer 1, Attention.* a sequence of vectors whose width is a multiple of 4"),
        ([n.RNN(4)], (2, 0, 6), (2,), "layer 1, RNN.*: the input is 0 x 6 per case; it needs a sequence of at least one vector"),
        ([n.Dense(3)], (0, 6), (0,), "there are no cases"),
        ([], (2, 6), (2,), "there is no layer"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_named(layers, x, y, message):
    with pytest.raises(InputError, match=message):
        n.Network(layers, n.SoftmaxCrossEntropy()).instance(
            np.random.default_rng(0), np.zeros(x), np.zeros(y, int)
        )


@pytest.mark.parametrize(
    ("end", "y", "message"),
    [
        (n.SoftmaxCrossEntropy(), np.array([0, 3]), "a label is 3, of 3 classes from 0"),
        (n.SoftmaxCrossEntropy(), np.array([0.0, 1.0]), "labels are float64, should be integers"),
        (n.SoftmaxCrossEntropy(), np.array([0]), "the output is 2 x 3, the labels 1"),
        (n.BinaryCrossEntropy(), np.zeros(2), "the output is 3 per case"),
        (n.Squared(), np.zeros((2, 2)), "the output is 2 x 3, the targets 2 x 2"),
        (n.BPR(), np.zeros(0), "it needs 2 scores"),
    ],
    ids=str,
)
def test_targets_that_do_not_fit_are_named(end, y, message):
    with pytest.raises(InputError, match=message):
        n.Network([n.Dense(3)], end).instance(np.random.default_rng(0), np.zeros((2, 5)), y)


def test_relu_has_the_slope_of_below_at_its_kink():
    for kind, slope in (("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0)):
        _, back = forward(n.Activation(kind), {}, {}, np.zeros((1, 1)))
        assert back(np.ones((1, 1)))[0][0, 0] == slope


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: n.Dense(0), "Dense: units is 0; it should be at least 1"),
        (lambda: n.Dense(1.5), "Dense: units is 1.5; it should be a whole number"),
        (lambda: n.Dense(1, "xaver"), "unknown weights of Dense 'xaver'; did you mean 'xavier'?"),
        (lambda: n.Conv(2, 0), "Conv: width is 0; it should be at least 1"),
        (lambda: n.MaxPool(0), "MaxPool: width is 0; it should be at least 1"),
        (lambda: n.LSTM(-1), "LSTM: units is -1; it should be at least 1"),
        (lambda: n.Attention(0), "Attention: heads is 0; it should be at least 1"),
        (lambda: n.Embedding(0, 3), "Embedding: vocabulary is 0; it should be at least 1"),
        (lambda: n.Activation("rellu"), "unknown activation 'rellu'; did you mean 'relu'?"),
        (lambda: n.Dropout("m", 0.0), "Dropout: kept is 0.0; it should be above 0 and at most 1"),
        (lambda: n.Huber(0), "Huber: threshold is 0; it should be above 0"),
        (lambda: n.InfoNCE(-1), "InfoNCE: temperature is -1; it should be above 0"),
        (lambda: n.Network([3], n.Squared()), "Network: layer 1 is 3, should be a layer"),
        (lambda: n.Network([n.Dense(1)], 3), "Network: the loss is 3, should be one such as"),
    ],
)
def test_a_layer_that_cannot_be(made, message):
    with pytest.raises(InputError) as told:
        made()
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("layers", "x", "data", "message"),
    [
        ([n.Embedding(5, 3)], [[0, 5]], {}, "layer 1, Embedding(vocabulary=5, width=3): x has 5, of 5 from 0"),
        ([n.Embedding(5, 3)], [[-1, 0]], {}, "x has -1, of 5 from 0"),
        ([n.Embedding(5, 3)], [[0.0, 1.5]], {}, "x is float64, should be integers"),
        ([n.Dense(2), n.Dropout("mask", 0.5)], [[1.0]], {}, "layer 2, Dropout(mask='mask', kept=0.5): the data have no mask"),
        ([n.Dense(2), n.Dropout("mask", 0.5)], [[1.0]], {"mask": np.ones((1, 3))}, "the mask is 1 x 3; it should be 1 x 2"),
        ([n.Residual((n.Dropout("mask", 0.5),))], [[1.0]], {}, "layer 1, layer 1, Dropout"),
        ([n.Dense(2)], [[np.nan]], {}, "Network: x has NaN or infinity in it"),
    ],
)  # fmt: skip
def test_data_that_no_layer_takes(layers, x, data, message):
    network = n.Network([*layers, n.Flatten(), n.Dense(1)], n.Squared())
    with pytest.raises(InputError) as told:
        network.instance(np.random.default_rng(0), np.asarray(x), np.ones((1, 1)), **data)
    assert message in str(told.value)
