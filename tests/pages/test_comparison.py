"""What docs/comparison.md says of others that are installed here is what they do."""

import inspect
import re

import pytest

from tests import ROOT

PAGE = (ROOT / "docs" / "comparison.md").read_text()
ROWS = re.findall(r"^\| (.+?) \|", PAGE.split("## ")[0], re.MULTILINE)[2:]


def row(other):
    (found,) = (line for line in PAGE.splitlines() if line.startswith(f"| {other} |"))
    return found


@pytest.mark.parametrize("other", ROWS)
def test_every_row_names_its_source(other):
    assert len(ROWS) == 7
    assert "](https://" in row(other)


def test_gradcheck_lets_a_factor_pass_that_the_judge_does_not():
    import torch

    import gradparity as gp

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 1.0005 * grad * 3 * x**2

    defaults = inspect.signature(torch.autograd.gradcheck).parameters
    assert (defaults["atol"].default, defaults["rtol"].default) == (1e-5, 1e-3)
    assert "atol 1e-5 and rtol 1e-3" in row("`torch.autograd.gradcheck`")
    assert "factor of 1.0005" in row("`torch.autograd.gradcheck`")
    x = torch.linspace(0.5, 2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Cube.apply, (x,))
    with pytest.raises(gp.GradientError, match=r"1 \+ 0\.0005"):
        gp.check(lambda x: Cube.apply(x).sum(), x.detach())
    wanted = {"masked", "check_forward_ad", "check_batched_grad", "check_undefined_grad"}
    assert wanted <= set(defaults)


def test_check_grads_looks_in_one_direction_with_a_tolerance_by_dtype():
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax._src.public_test_util import default_gradient_tolerance
    from jax.test_util import check_grads

    assert "single randomly chosen direction" in " ".join(check_grads.__doc__.split())
    assert default_gradient_tolerance[np.dtype("float32")] == 2e-3
    assert default_gradient_tolerance[np.dtype("float64")] == 1e-5
    assert "2e-3 in float32, 1e-5 in float64" in row("`jax.test_util.check_grads`")

    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, grad: (grad * 3 * x**2 * (1 + 1e-4),))
    tree = {"a": jnp.ones(3, "float32"), "b": (jnp.ones(2, "float32"),)}
    check_grads(lambda t: cube(t["a"]).sum() + t["b"][0].sum(), (tree,), order=1, modes=("rev",))


def test_pytest_benchmark_fails_at_a_stated_loss():
    from pytest_benchmark.plugin import pytest_addoption

    assert '"--benchmark-compare-fail"' in inspect.getsource(pytest_addoption).replace("'", '"')
