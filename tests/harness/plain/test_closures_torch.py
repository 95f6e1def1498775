"""What torch losses close over: float32 data, modules and buffers, read in the dtype of the run."""

import numpy as np
import pytest

from gradparity import GradientError, check

torch = pytest.importorskip("torch")
F, nn = torch.nn.functional, torch.nn
functional_call = torch.func.functional_call


def drawn(*shape, seed=3):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


X, T, IMAGE, SEQUENCE, W = drawn(8, 5), drawn(8, 3), drawn(2, 3, 8, 8), drawn(2, 5, 6), drawn(5, 3)
Y = torch.tensor([0, 1, 2, 2, 1, 0, 0, 1])
BITS = (T > 0).float()


def logits(p):
    return X @ p["w"] + p["b"]


LOSSES = {
    "cross entropy": lambda p: F.cross_entropy(logits(p), Y),
    "weighted cross entropy": lambda p: F.cross_entropy(
        logits(p), Y, weight=torch.tensor([1.0, 2.0, 3.0]), label_smoothing=0.1
    ),
    "squares": lambda p: F.mse_loss(logits(p), T),
    "absolute": lambda p: F.l1_loss(logits(p), T),
    "smooth absolute": lambda p: F.smooth_l1_loss(logits(p), T),
    "Huber": lambda p: F.huber_loss(logits(p), T, delta=0.7),
    "binary": lambda p: F.binary_cross_entropy(torch.sigmoid(logits(p)), BITS),
    "binary from logits": lambda p: F.binary_cross_entropy_with_logits(logits(p), BITS),
    "likelihood": lambda p: F.nll_loss(F.log_softmax(logits(p), -1), Y),
    "divergence": lambda p: F.kl_div(
        F.log_softmax(logits(p), -1), F.softmax(T, -1), reduction="batchmean"
    ),
    "Poisson": lambda p: F.poisson_nll_loss(logits(p), BITS),
    "Gaussian": lambda p: F.gaussian_nll_loss(logits(p), T, torch.ones(8, 3)),
    "margin": lambda p: F.multi_margin_loss(logits(p), Y),
    "cosine": lambda p: 1 - F.cosine_similarity(logits(p), T).mean(),
    "triplet": lambda p: F.triplet_margin_loss(logits(p), T, BITS),
    "soft margin": lambda p: F.soft_margin_loss(logits(p), torch.sign(T)),
    "several labels": lambda p: F.multilabel_soft_margin_loss(logits(p), BITS),
    "normal distribution": lambda p: (
        -torch.distributions.Normal(p["b"], p["b"].exp()).log_prob(T).mean()
    ),
    "categorical distribution": lambda p: (
        -torch.distributions.Categorical(logits=logits(p)).log_prob(Y).mean()
    ),
    "made inside": lambda p: (torch.arange(8.0)[:, None] * logits(p) @ torch.ones(3)).mean(),
    "read inside": lambda p: F.mse_loss(torch.from_numpy(X.numpy()) @ p["w"] + p["b"], T),
    "einsum": lambda p: torch.einsum("nd,de->ne", X, p["w"]).pow(2).mean() + p["b"].sum(),
    "scattered": lambda p: torch.zeros(3, 3).index_add(0, Y, logits(p)).pow(2).sum(),
    "vmap": lambda p: torch.func.vmap(lambda x: (x @ p["w"] + p["b"]).sum().tanh())(X).sum(),
    "penalty": lambda p: (
        torch.autograd.grad(torch.tanh(logits(p)).sum(), p["w"], create_graph=True)[0] ** 2
    ).sum(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_data_from_a_closure(name):
    found = check(LOSSES[name], {"w": W, "b": drawn(3, seed=4) / 4})
    assert found.status == "ok"
    assert found.dtypes == ("float64", "float32")
    assert X.dtype == torch.float32


def dense(*layers, out=4):
    return lambda: nn.Sequential(nn.Linear(5, 4), *(make() for make in layers), nn.Linear(out, 3))


def image(*layers):
    return lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), *(make() for make in layers))


class Attention(nn.Module):
    """Self-attention, of which the first result counts."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x)[0]


MODULES = {
    **{
        act.__name__: (dense(act), X)
        for act in (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.Softplus, nn.ELU, nn.LeakyReLU)
    },
    "layer norm": (dense(lambda: nn.LayerNorm(4)), X),
    "RMS norm": (dense(lambda: nn.RMSNorm(4)), X),
    "batch norm": (dense(lambda: nn.BatchNorm1d(4)), X),
    "convolution": (image(), IMAGE),
    "pooling": (image(nn.ReLU, lambda: nn.MaxPool2d(2), lambda: nn.AdaptiveAvgPool2d(2)), IMAGE),
    "batch norm of images": (image(lambda: nn.BatchNorm2d(4), lambda: nn.AvgPool2d(2)), IMAGE),
    "groups": (lambda: nn.Conv2d(3, 6, 3, groups=3), IMAGE),
    "transposed": (lambda: nn.ConvTranspose2d(3, 2, 3, stride=2), IMAGE),
    "RNN": (lambda: nn.RNN(6, 4, batch_first=True), SEQUENCE),
    "LSTM": (lambda: nn.LSTM(6, 3, num_layers=2, bidirectional=True, batch_first=True), SEQUENCE),
    "GRU": (lambda: nn.GRU(6, 4, batch_first=True), SEQUENCE),
    "attention": (Attention, SEQUENCE),
    "transformer": (lambda: nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True), SEQUENCE),
}


def module_of(name):
    torch.manual_seed(0)
    return MODULES[name][0](), MODULES[name][1]


def squared(result):
    return (result[0] if isinstance(result, tuple) else result).pow(2).mean()


@pytest.mark.parametrize("name", MODULES)
def test_parameters_of_a_module(name):
    module, x = module_of(name)
    before = {key: array.clone() for key, array in module.state_dict().items()}
    found = check(
        lambda p: squared(functional_call(module, p, (x,))), dict(module.named_parameters())
    )
    assert found.status == "ok"
    assert found.dtypes == ("float64", "float32")
    # The statistics of batch normalisation are as they were, and so are dtypes.
    after = module.state_dict()
    assert all(torch.equal(after[key], array) for key, array in before.items())
    assert all(after[key].dtype == array.dtype for key, array in before.items())


@pytest.mark.parametrize("name", MODULES)
def test_the_input_of_a_module(name):
    module, x = module_of(name)
    found = check(lambda x: squared(module(x)), x)
    assert found.status == "ok"
    assert found.dtypes == ("float64", "float32")


def test_buffers_as_arguments():
    module, x = module_of("batch norm")
    buffers = dict(module.named_buffers())
    found = check(
        lambda p, buffers: squared(functional_call(module, (p, buffers), (x,))),
        dict(module.named_parameters()),
        args=(buffers,),
    )
    assert found.dtypes == ("float64", "float32")
    assert int(buffers["1.num_batches_tracked"]) == 0


def sine(slope):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            return slope(ctx.saved_tensors[0], g)

    return Sine.apply


def in_float32(function):
    """A loss with a constant of its own in float32, that does not run in float64."""
    return lambda p: (function(torch.ones(8, 5, dtype=torch.float32) @ p) * BITS).sum()


def test_a_loss_of_float32_alone_is_judged_in_it():
    found = check(in_float32(sine(lambda x, g: g * x.cos())), W)
    assert found.status == "ok"
    assert found.dtypes == ("float32",)
    assert "in float32 alone, because the loss raises, in float64, RuntimeError" in found.oracle


@pytest.mark.parametrize("factor", [1 + 1e-4, 1 - 3e-4, 1 + 1e-3, 0.5, -1.0])
def test_a_wrong_formula_in_float32_alone(factor):
    with pytest.raises(GradientError) as caught:
        check(in_float32(sine(lambda x, g: factor * g * x.cos())), W)
    assert caught.value.finding.status == "formula"
    assert caught.value.finding.dtype == "float32"


def test_a_wrong_rule_behind_a_closure_is_found():
    wrong = sine(lambda x, g: g * x.cos() * (1 + 1e-12))
    with pytest.raises(GradientError) as caught:
        check(lambda p: F.mse_loss(wrong(X @ p), T), W)
    assert caught.value.finding.status == "formula"


def test_a_cast_to_float32_inside_is_still_found():
    with pytest.raises(GradientError) as caught:
        check(
            lambda p: F.mse_loss(X @ p, T),
            W,
            gradient=lambda p: X.T @ (X @ p - T).float().to(p.dtype) * (2 / 24),
        )
    assert caught.value.finding.status in ("formula", "dtype-leak")


def test_what_float32_alone_cannot_see_is_said():
    """An error of 1e-6 of the slope passes, one of 1e-3 does not."""

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(ctx, p, factor):
            ctx.save_for_backward(p)
            ctx.factor = factor
            if p.dtype != torch.float32:
                raise RuntimeError("float32 alone")
            return (p**2).sum()

        @staticmethod
        def backward(ctx, g):
            (p,) = ctx.saved_tensors
            return 2 * ctx.factor * g * p, None

    start = drawn(5)
    found = check(lambda p: Off.apply(p, 1 + 1e-6), start)
    assert found.dtypes == ("float32",)
    # 64 roundings of 2**-23 relative to M + |true|.
    assert (
        "in float32 alone: errors of 64 roundings pass, 8e-06 of a number, and more where it is a sum of larger ones"
        in str(found)
    )
    with pytest.raises(GradientError):
        check(lambda p: Off.apply(p, 1 + 1e-3), start)


@pytest.mark.parametrize("where", ["args", "closure"])
def test_a_sparse_matrix_beside_the_parameters_is_judged_by_differences(where):
    matrix = torch.eye(3) + torch.ones(3, 3).triu(2)
    sparse, weights = matrix.to_sparse(), drawn(3, 2)
    args = (sparse,) if where == "args" else ()

    def loss(p, *given):
        return (torch.sparse.mm(*(given or (sparse,)), p) ** 2).sum()

    def by_hand(p, *_):
        return 2 * matrix.to(p.dtype).T @ (matrix.to(p.dtype) @ p)

    assert "sparse tensor" in check(loss, weights, gradient=by_hand, args=args).oracle
    with pytest.raises(GradientError, match="is wrong at params"):
        check(loss, weights, gradient=lambda p, *_: 2 * matrix.to(p.dtype) @ p, args=args)
