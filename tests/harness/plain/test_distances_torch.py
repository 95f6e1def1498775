"""torch's cdist, pdist and bilinear in `check`: by the tape, beside gradients by hand."""

import pytest

from gradparity import GradientError, check

torch = pytest.importorskip("torch")
GENERATOR = torch.Generator().manual_seed(4)
X = torch.randn(5, 3, generator=GENERATOR)
Y = torch.randn(4, 3, generator=GENERATOR)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
def test_distances_to_other_rows(p):
    found = check(lambda x: torch.cdist(x, Y.to(x.dtype), p=p).sum(), X)
    assert found.status == "ok"
    assert "torch operations" in found.oracle


def test_a_gradient_by_hand():
    """Σ |x - y| has the gradient Σ (x - y) / |x - y| in each x."""

    def by_hand(x, sign=1):
        d = x[:, None] - Y.to(x.dtype)[None]
        return sign * (d / d.norm(dim=-1, keepdim=True)).sum(1)

    def loss(x):
        return torch.cdist(x, Y.to(x.dtype)).sum()

    assert check(loss, X, gradient=by_hand).status == "ok"
    with pytest.raises(GradientError, match="sign"):
        check(loss, X, gradient=lambda x: by_hand(x, -1))


@pytest.mark.parametrize(
    "loss", [lambda x: torch.pdist(x).sum(), lambda x: torch.cdist(x, x).sum()]
)
def test_distances_within(loss):
    """The latter are 0 of each to itself, where torch's slope is 0: a subgradient."""
    found = check(loss, X)
    assert found.right
    assert "torch operations" in found.oracle


def test_a_product_of_three():
    def loss(w):
        first, second = X[:4].to(w.dtype), Y.to(w.dtype)
        return torch.nn.functional.bilinear(first, second, w).pow(2).sum()

    found = check(loss, torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(5)))
    assert found.status == "ok"
    assert "torch operations" in found.oracle
