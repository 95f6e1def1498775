"""docs/catalogue.md is what the code says."""

from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS
from gradparity.problems.catalogue import PROBLEMS
from tests import catalogue_page


def test_the_page_is_of_today():
    """`python -m tests.catalogue_page` writes it."""
    assert catalogue_page.PAGE.read_text() == catalogue_page.page()


def test_every_problem_is_on_it_with_its_page_and_its_gradient_by_hand():
    text = catalogue_page.PAGE.read_text()
    assert all(f"| `{name}` |" in text for name in PROBLEMS)
    for module, _ in catalogue_page.modules().values():
        assert "Source:" in module.__doc__ or module.__name__.endswith(
            ("landscapes", "business", "advertising")
        )
    assert set(DERIVATIONS) == set(PROBLEMS)
