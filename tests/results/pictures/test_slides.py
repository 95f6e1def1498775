"""Pictures for a talk: pages of 16 by 9 with few panels, whose texts stand where they stood."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gradparity.results.pictures.looks import Output, as_slide, drawing
from gradparity.results.pictures.plots import draw
from gradparity.results.pictures.sheet import Head, Margins, cross, sheet
from gradparity.results.training_pictures.pictures import draw_all
from tests.results import synthetic
from tests.results.geometric import descent


@pytest.mark.parametrize("rows", [[3], [2, 2, 2]])
def test_a_page_becomes_a_slide_and_its_head_keeps_its_height(rows) -> None:
    with drawing():
        head = Head("A finding", "What is shown.", [cross()])
        figure, axes = sheet(rows, [2.0] * len(rows), head, Margins())
        FigureCanvasAgg(figure)
        width, height = figure.get_size_inches()
        above = height * (1 - axes[0][0].get_position().y1)
        title = height * (1 - figure.texts[0].get_position()[1])
        as_slide(figure)
        wide, high = figure.get_size_inches()
        assert wide / high == pytest.approx(16 / 9)
        assert (wide >= width, high >= height) == (True, True)
        assert high * (1 - axes[0][0].get_position().y1) == pytest.approx(above)
        assert high * (1 - figure.texts[0].get_position()[1]) == pytest.approx(title)
        boxes = [panel.get_position() for row in axes for panel in row]
        assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes)
        figure.draw_without_rendering()
        legend = figure.legends[0].get_window_extent()
        assert legend.y0 > axes[0][0].get_window_extent().y1


def test_a_talk_has_few_problems_on_a_page_and_every_one(tmp_path) -> None:
    cells = synthetic.cells(("float64",), ("gradient",), 6)
    names = list(dict.fromkeys(cell.problem for cell in cells))
    assert len(names) > 3
    drawn = draw(synthetic.run(), cells, tmp_path, Output(("png",), "talk"), ["time"])
    assert len(drawn.paths) == int(np.ceil(len(names) / 3))
    assert [path.stem for path in drawn.paths][:2] == ["time", "time-2"]
    assert len(draw(synthetic.run(), cells, tmp_path / "p", Output(("png",)), ["time"]).paths) == 1


def test_a_talk_has_one_race_on_a_page(tmp_path) -> None:
    made = [descent(q, problem=name) for name in ("one", "two") for q in (0.5, 0.6)]
    slides = draw_all(made, tmp_path, output=Output(("png",), "talk"), names=["loss"])
    assert [path.stem for path in slides.paths] == ["loss", "loss-2"]
    page = draw_all(made, tmp_path / "paper", output=Output(("png",)), names=["loss"])
    assert [path.stem for path in page.paths] == ["loss"]
