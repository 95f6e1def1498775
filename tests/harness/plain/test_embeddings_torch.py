"""Embeddings: the row of padding is held constant, as torch's users mean it; others are judged."""

import pytest

from gradparity import GradientError, check

torch = pytest.importorskip("torch")
F = torch.nn.functional

TOKENS = torch.tensor([[0, 1, 2], [3, 0, 0]])
LABELS = torch.tensor([1, 3])


class Bag(torch.nn.Module):
    """The mean of a sentence's rows, and a layer."""

    def __init__(self, **options):
        super().__init__()
        self.rows = torch.nn.Embedding(6, 3, **options)
        self.layer = torch.nn.Linear(3, 4)

    def forward(self, tokens):
        return self.layer(self.rows(tokens).mean(1))


def model(**options):
    torch.manual_seed(0)
    made = Bag(**options)
    torch.nn.init.normal_(made.rows.weight)
    return made


@pytest.mark.parametrize("options", [{}, {"padding_idx": 0}, {"padding_idx": 5}, {"sparse": True}])
def test_a_model_with_an_embedding_is_right(options):
    found = check(model(**options), TOKENS, loss=F.cross_entropy, args=(LABELS,))
    assert found.status == "ok"
    assert "operations" in found.oracle
    held = [one.operation for one in found.held]
    assert held == (["padding_idx"] if options.get("padding_idx") == 0 else [])


def test_beside_the_padding_a_wrong_gradient_is_wrong():
    weight = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))

    def loss(rows):
        return F.cross_entropy(F.embedding(TOKENS, rows, padding_idx=0).mean(1), LABELS % 3)

    def gradient(rows, row, factor):
        at = rows.detach().requires_grad_()
        (found,) = torch.autograd.grad(loss(at), at)
        found[row] = found[row] * factor
        return found

    assert check(loss, weight, gradient=lambda rows: gradient(rows, 1, 1.0)).status == "ok"
    with pytest.raises(GradientError):
        check(loss, weight, gradient=lambda rows: gradient(rows, 1, 1 + 1e-9))
