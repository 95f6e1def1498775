"""The pytest plugin: a fixture `gradparity` with `check`.

    def test_mine(gradparity):
        gradparity.check(loss, params, gradient=by_hand)

Nothing is imported before a test asks for it.
"""

from __future__ import annotations

from typing import Any

import pytest


class Gradparity:
    """What the fixture offers."""

    def check(self, loss: Any, params: Any, **options: Any) -> Any:
        """As `harness.check`: what judged the gradient, if it is right."""
        # Hides this frame in pytest's traceback.
        __tracebackhide__ = True
        from harness.plain.check import check

        return check(loss, params, **options)


@pytest.fixture
def gradparity() -> Gradparity:
    """`gradparity.check(loss, params, gradient=by_hand)` inside a test."""
    return Gradparity()
