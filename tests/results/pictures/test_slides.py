"""Pictures for a talk: pages of 16 by 9 with few panels, whose texts stand where they stood."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gradparity.results.pictures.looks import Output, as_slide, drawing
from gradparity.results.pictures.plots import draw
from gradparity.results.pictures.sheet import Head, Margins, cross, sheet
from gradparity.results.races.profiles import Profile
from gradparity.results.training_pictures.pictures import draw_all
from gradparity.results.training_pictures.profile_picture import ProfileGrid, apart, profile_figure
from gradparity.results.training_pictures.rate_picture import panels as rate_panels
from gradparity.results.training_pictures.rate_picture import rate_figure
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


def race(who, problem="one", fast=0.5):
    return [descent(q, problem=problem, optimizer=who, rate=q) for q in (fast, fast + 0.1)]


def test_a_slide_has_the_profile_that_tells_most_at_the_titles_accuracy_and_names_the_rest() -> (
    None
):
    fast = {"gd": 0.5, "adam": 0.8}
    made = [one for who in fast for name in ("one", "two") for one in race(who, name, fast[who])]
    with drawing():
        whole, one = profile_figure(made), profile_figure(made, one=True)
    titles = [panel.get_title("left") for panel in whole.axes]
    (shown,) = [panel.get_title("left") for panel in one.axes]
    assert (len(titles), len(set(titles))) == (9, 9)
    assert shown in titles
    assert shown.startswith("τ = 0.001: ")
    told = " ".join(text.get_text().replace("\n", " ") for text in one.texts)
    left = told.partition("Left out: ")[2].partition(" (--all-panels)")[0].split(", ")
    columns = {title.partition(": ")[2] for title in titles}
    assert set(left) == {"τ = 0.1", "τ = 1e-5"} | columns - {shown.partition(": ")[2]}


def test_the_panel_that_is_kept_is_the_one_with_the_largest_area_between_its_profiles() -> None:
    near = {"a": Profile((1.0,), (1.0,)), "b": Profile((10.0,), (1.0,))}
    far = {"a": Profile((1.0,), (1.0,)), "b": Profile((10.0,), (0.5,))}
    grid = ProfileGrid([1e-1, 1e-5], ["steps", "evaluations"], [[near, near], [near, far]])
    kept = grid.most_telling()
    assert (kept.taus, kept.counted, kept.panels) == ([1e-5], ["evaluations"], [[far]])
    # on a log axis from 1 to 13: half of the time b is 0 up to 10, and then half a share below a
    assert apart(far, 1.0, 13.0) == pytest.approx(1 - 0.5 * np.log(1.3) / np.log(13))


def test_slides_of_rates_have_three_optimisers_each_and_the_title_of_all(tmp_path) -> None:
    who = ("gd", "momentum", "nesterov", "adam")
    made = [one for k, name in enumerate(who) for one in race(name, fast=0.3 + 0.1 * k)]
    talk = Output(("svg",), "talk")
    drawn = draw_all(made, tmp_path, output=talk, names=["rates"])
    assert [path.stem for path in drawn.paths] == ["rates", "rates-2"]
    everything = Output(("svg",), "talk", all_panels=True)
    assert len(draw_all(made, tmp_path / "all", output=everything, names=["rates"]).paths) == 1
    with drawing():
        whole = rate_figure(made)
        part = rate_figure(made, rate_panels(made).popitem()[1][3:])
    assert part.texts[0].get_text() == whole.texts[0].get_text()
    assert "Here 1 of 4 optimisers" in " ".join(text.get_text() for text in part.texts)
    assert len(part.axes) == len(whole.axes) / 4
