from __future__ import annotations

import numpy as np
import pytest

from gradparity.results.pictures.difference_picture import Differences, difference_figure, least
from gradparity.results.pictures.looks import drawing
from gradparity.results.records.errors import NothingToDraw

STEPS = (1e-8, 1e-5, 1e-2)
FOUND = Differences("p", "tiny", "numpy", STEPS, (1e-8, 1e-5, 1e-2), (1e-8, 3e-11, 1e-4), 2e-16)


def test_the_lines_are_the_errors() -> None:
    with drawing():
        figure = difference_figure("run", [FOUND])
    lines = {str(line.get_color()): line for line in figure.axes[0].lines[:3:2]}
    assert [np.asarray(line.get_ydata()).tolist() for line in lines.values()] == [
        list(FOUND.forward),
        list(FOUND.central),
    ]
    assert "wrong by 3e-11, the gradient by 2e-16" in figure.texts[0].get_text()


def test_what_is_not_finite_is_not_the_least() -> None:
    assert least((float("nan"), 2.0, 1.0)) == (1.0, 2)
    assert least((float("nan"),)) == (float("inf"), 0)


def test_nothing_to_draw() -> None:
    with pytest.raises(NothingToDraw):
        difference_figure("run", [])
