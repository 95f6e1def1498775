"""`gradcheck` and `gradgradcheck` beside torch's own, on right and wrong functions."""

import warnings

import pytest

import gradparity as gp
from gradparity import GradientError, InputError

torch = pytest.importorskip("torch")
Function = torch.autograd.Function


def inputs(*shapes):
    generator = torch.Generator().manual_seed(4)
    return tuple(
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in shapes
    )


class Product(Function):
    """a b and the sum of both."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b, a.sum() + b.sum()

    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        return g * b + h, g * a + h


class OneBranchWrong(Product):
    """Right if both gradients are asked for."""

    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        both = all(ctx.needs_input_grad)
        return g * b + h, g * a + h if both else g * b + h


class FirstForgotten(Product):
    """Of the second result alone."""

    @staticmethod
    def backward(ctx, g, h):
        _, b = ctx.saved_tensors
        return g * b + h, h.expand_as(b)


class Slightly(Product):
    """Wrong by 1e-7 of one term: below torch's tolerance."""

    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        return g * b * (1 + 1e-7) + h, g * a + h


class NoneUnexpected(Product):
    """Takes a result that is not used for one that is."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(a, b)
        return a * b, a.sum() + b.sum()


class Cube(Function):
    """x³, right to the second order."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x * x * g


class CutCube(Cube):
    """Right to the first order alone."""

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x.detach() ** 2 * g


RIGHT = {
    "two results": (Product.apply, ((3, 2), (3, 2))),
    "softmax": (lambda x: torch.softmax(x, 1), ((3, 4),)),
    "singular values": (torch.linalg.svdvals, ((3, 2),)),
    "broadcast": (lambda a, b: torch.tanh(a @ b) + b[0], ((3, 4), (4, 2))),
    "a result without derivatives": (lambda x: (x.max(), x.argmax()), ((5,),)),
    "three inputs": (lambda a, b, c: (a * b).sin() * c, ((2,), (2,), (2,))),
    "cube": (Cube.apply, ((4,),)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_torch_finds_right_is_right(name):
    function, shapes = RIGHT[name]
    given = inputs(*shapes)
    assert torch.autograd.gradcheck(function, given)
    assert torch.autograd.gradgradcheck(function, given)
    assert gp.gradcheck(function, given) is True
    assert gp.gradgradcheck(function, given) is True
    assert all(x.grad is None for x in given)


# Torch compiles some of its own forward rules with what it deprecates itself.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_every_entry_and_forward_mode():
    given = inputs((3, 2), (3, 2))
    assert gp.gradcheck(Product.apply, given, every=True)
    assert gp.gradcheck(lambda a, b: torch.tanh(a) * b, given, check_forward_ad=True)
    # A single tensor, an argument that is none, and one that needs no gradient.
    assert gp.gradcheck(torch.sin, given[0])
    assert gp.gradcheck(torch.softmax, (given[0], 1))
    assert gp.gradcheck(torch.mul, (given[0], given[1].detach()))


@pytest.mark.parametrize("wrong", [FirstForgotten, Slightly, OneBranchWrong])
def test_a_wrong_function(wrong):
    given = inputs((3, 2), (3, 2))
    torch_finds_it = not torch.autograd.gradcheck(wrong.apply, given, raise_exception=False)
    assert torch_finds_it == (wrong is FirstForgotten)
    with pytest.raises(GradientError, match=r"gradient is wrong at inputs\[[01]\]\["):
        gp.gradcheck(wrong.apply, given)
    assert gp.gradcheck(wrong.apply, given, raise_exception=False) is False


def test_one_wrong_entry_of_many():
    def wrong(x):
        y = torch.tanh(x)
        return torch.cat([y[:-1], (y[-1:] - x[-1:]).detach() + x[-1:]])

    with pytest.raises(GradientError, match=r"inputs\[0\]\[5\]"):
        gp.gradcheck(wrong, inputs((6,)))


def test_what_is_cut_off_is_no_constant():
    given = inputs((4,))
    assert torch.autograd.gradcheck(CutCube.apply, given)
    assert gp.gradcheck(CutCube.apply, given)
    assert not torch.autograd.gradgradcheck(CutCube.apply, given, raise_exception=False)
    with pytest.raises(GradientError, match="detach"):
        gp.gradgradcheck(CutCube.apply, given)
    assert not torch.autograd.gradcheck(lambda x: x * x.detach(), given, raise_exception=False)
    with pytest.raises(GradientError, match="detach"):
        gp.gradcheck(lambda x: x * x.detach(), given)


def test_a_backward_that_does_not_take_none():
    given = inputs((3, 2), (3, 2))
    with pytest.raises(TypeError):
        torch.autograd.gradcheck(NoneUnexpected.apply, given)
    with pytest.raises(InputError, match="a backward does not take None"):
        gp.gradcheck(NoneUnexpected.apply, given)


def test_tolerances_are_not_used_and_that_is_said_once():
    from gradparity.harness.plain import cotangents

    cotangents._said.cache_clear()
    with pytest.warns(UserWarning, match="atol, eps: not used"):
        gp.gradcheck(torch.sin, inputs((2,)), eps=1e-6, atol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gp.gradcheck(torch.sin, inputs((2,)), eps=1e-6, atol=1e-4)


def test_bad_input_is_one_line():
    x = torch.ones(3, dtype=torch.float64)
    with pytest.raises(InputError, match="none of the inputs requires a gradient"):
        gp.gradcheck(torch.sin, x)
    with pytest.raises(InputError, match="no result depends on an input"):
        gp.gradcheck(lambda x: x.detach(), x.requires_grad_())
    with pytest.raises(InputError, match="the function raises ZeroDivisionError"):
        gp.gradcheck(lambda x: x / (1 // 0), x)
    with pytest.raises(InputError, match="the function raises RuntimeError: a leaf Variable"):
        gp.gradcheck(lambda x: x.mul_(2), x)
    with pytest.raises(InputError, match=r"inputs\[0\] is torch.sparse_coo; give its values as"):
        gp.gradcheck(lambda x: x.to_dense(), torch.eye(2).to_sparse().requires_grad_())


def test_the_derivative_of_a_linear_function_reads_no_parameter_and_is_right():
    assert gp.gradgradcheck(lambda x: 3 * x, inputs((2,)))
