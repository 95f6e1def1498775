"""`check(model, x, loss=...)`: all parameters of a torch module, or of a callable pytree of JAX."""

import numpy as np
import pytest

from gradparity import GradientError, InputError, check

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
RNG = np.random.default_rng(6)
X = torch.tensor(RNG.normal(size=(8, 5)).astype(np.float32))
Y = torch.tensor([0, 1, 2, 2, 1, 0, 0, 1])
W = RNG.normal(size=(4, 4))


def network(*layers):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), *layers, nn.Linear(4, 3))


class Scaled(nn.Module):
    """x w, by a Function whose gradient of w is `factor` times right."""

    def __init__(self, factor):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(W, dtype=torch.float32))

        class Product(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, w):
                ctx.save_for_backward(x, w)
                return x @ w

            @staticmethod
            def backward(ctx, g):
                x, w = ctx.saved_tensors
                return g @ w.T, factor * x.T @ g

        self.product = Product.apply

    def forward(self, x):
        return self.product(x, self.w)


def test_a_module_with_a_loss_of_its_output():
    module = network(nn.Tanh())
    assert check(module, X, loss=lambda out: F.cross_entropy(out, Y)).status == "ok"
    found = check(module, X, loss=F.cross_entropy, args=(Y,))
    assert found.dtypes == ("float64", "float32")
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    assert all(p.grad is None for p in module.parameters())


def test_a_wrong_layer_is_found():
    assert check(network(Scaled(1.0)), X, loss=F.cross_entropy, args=(Y,)).right
    with pytest.raises(GradientError, match=r"gradient is wrong at 1\.w"):
        check(network(Scaled(1 + 1e-9)), X, loss=F.cross_entropy, args=(Y,))


def test_a_module_that_returns_its_loss_and_takes_two_inputs():
    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network(nn.ReLU())

        def forward(self, x, y):
            return F.cross_entropy(self.inner(x), y)

    assert check(Loss(), (X, Y)).status == "ok"


def test_statistics_dropout_and_frozen_parameters():
    module = network(nn.BatchNorm1d(4), nn.Dropout(0.5))
    module[0].weight.requires_grad_(False)
    before = {name: x.clone() for name, x in module.state_dict().items()}
    drawn = torch.random.get_rng_state()
    assert check(module, X, loss=F.cross_entropy, args=(Y,)).right
    assert all(torch.equal(x, before[name]) for name, x in module.state_dict().items())
    assert torch.equal(drawn, torch.random.get_rng_state())
    for p in module.parameters():
        p.requires_grad_(False)
    with pytest.raises(InputError, match="no parameter of the module requires a gradient"):
        check(module, X, loss=F.cross_entropy, args=(Y,))


def test_the_fixture_takes_a_module(gradparity):
    assert gradparity.check(network(), X, loss=F.cross_entropy, args=(Y,)).status == "ok"


def test_a_callable_pytree():
    jax = pytest.importorskip("jax")

    @jax.tree_util.register_pytree_node_class
    class Linear:
        def __init__(self, w, b):
            self.w, self.b = w, b

        def tree_flatten(self):
            return (self.w, self.b), None

        @classmethod
        def tree_unflatten(cls, _, children):
            return cls(*children)

        def __call__(self, x):
            return jax.numpy.tanh(x @ self.w + self.b)

    rng = np.random.default_rng(7)
    x, w = (jax.numpy.asarray(rng.normal(size=shape), "float32") for shape in ((8, 5), (5, 3)))
    model = Linear(w, jax.numpy.zeros(3))
    found = check(model, x, loss=lambda out, y: ((out - y) ** 2).mean(), args=(x[:, :3],))
    assert found.dtypes == ("float64", "float32")


def test_the_state_of_an_optimiser_is_a_pytree():
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    params = {"w": jax.numpy.asarray(np.random.default_rng(8).normal(size=3), "float32")}
    state = optax.trace(0.9).init(params)

    def loss(params, state):
        return ((params["w"] + state.trace["w"]) ** 2).sum()

    assert check(loss, params, args=(state,)).status == "ok"
    assert check(lambda state, p: loss(p, state), state, args=(params,)).status == "ok"
