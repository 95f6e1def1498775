"""`check` on plain torch losses; a wrong `torch.autograd.Function` inside the loss is found."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.problems import InputError

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(2)
A = torch.tensor(RNG.normal(size=(3, 4)).astype(np.float32))
X = torch.tensor(RNG.normal(size=(5, 3)).astype(np.float32))
LABELS = torch.tensor([0, 3, 1, 1, 2])


def loss(p, x, labels):
    hidden = torch.tanh(x @ p["w"] + p["b"])
    return torch.nn.functional.cross_entropy(hidden * p["scale"], labels)


POINT = {"w": A, "b": torch.zeros(4), "scale": 1.5}


def test_autograd_is_right_in_both_dtypes():
    found = check(loss, POINT, args=(X, LABELS))
    assert found.dtypes == ("float64", "float32")
    assert "torch operations" in found.oracle


def test_a_gradient_by_hand():
    def cubes(p):
        return (p[0] ** 3).sum() + p[1]

    def by_hand(p):
        return [3 * p[0] ** 2, torch.ones_like(p[1])]

    assert check(cubes, [A, 0.5], gradient=by_hand).status == "ok"
    with pytest.raises(GradientError, match=r"gradient is wrong at params\[1\]: 2, should be 1 "):
        check(cubes, [A, 0.5], gradient=lambda p: [3 * p[0] ** 2, 2 * torch.ones_like(p[1])])


def squared(factor):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return factor * x * g

    return Square.apply


@pytest.mark.parametrize("factor", [1.0, 2.0 + 1e-6])
def test_a_wrong_autograd_function_is_found(factor):
    square = squared(factor)
    with pytest.raises(GradientError, match="gradient is wrong at params"):
        check(lambda a: square(a).sum(), A)


def test_a_right_rule_is_right():
    square = squared(2.0)
    assert check(lambda a: square(a).sum(), A).status == "ok"


def test_the_parameters_of_a_module():
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))

    def of_module(p, x):
        return (torch.func.functional_call(module, p, (x,)) ** 2).mean()

    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    found = check(of_module, dict(module.named_parameters()), args=(X,))
    assert found.status == "ok"
    assert all(torch.equal(p, before[name]) for name, p in module.named_parameters())
    assert all(p.grad is None for p in module.parameters())

    def without_bias(p, x):
        value = of_module(p | {"2.bias": p["2.bias"].detach()}, x)
        return dict(
            zip(p, torch.autograd.grad(value, list(p.values()), allow_unused=True), strict=True)
        )

    with pytest.raises(InputError, match="the gradient raises"):
        check(of_module, dict(module.named_parameters()), args=(X,), gradient=without_bias)


def test_an_unused_parameter_has_zeros():
    assert check(lambda p: p["a"].sum(), {"a": A, "b": A}).status == "ok"


def test_what_has_no_translation_is_judged_by_differences_in_float64():
    matrix = torch.tensor(np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32))

    def reflected(a):
        return torch.linalg.householder_product(a, a[0]).sum()

    found = check(reflected, matrix)
    assert "differences of the loss alone, in float64" in found.oracle
    with pytest.raises(GradientError, match="differences of the loss alone"):
        check(reflected, matrix, gradient=lambda a: a)


def test_a_loss_that_leaves_torch_is_named():
    with pytest.raises(
        InputError, match=r"the loss is a float, no tensor to differentiate; drop .item\(\)"
    ):
        check(lambda a: a.sum().item(), A)


def test_a_loss_that_changes_its_argument():
    def changing(a):
        with torch.no_grad():
            a *= 2
        return a.sum()

    with pytest.raises(InputError, match="the loss changes its argument params"):
        check(changing, A)


def test_both_libraries_at_once():
    jax = pytest.importorskip("jax")
    with pytest.raises(InputError, match="params holds JAX and torch arrays"):
        check(lambda p: 1.0, [A, jax.numpy.ones(3)])
