"""The report of a race, a gate and an atlas, as a file from disk in a real browser."""

import json

import numpy as np
import pytest

from gradparity.harness.landscapes.directions import filter_normalised
from gradparity.harness.report import landscape_view
from gradparity.harness.report.material.gate_file import read_gate
from gradparity.problems import InputError
from gradparity.problems.layout import Layout
from gradparity.results.pages.charts import Frame, Polyline
from gradparity.results.pages.sharing import shared
from gradparity.results.store.store import open_store
from tests.harness.play.opened import opened
from tests.harness.report.conftest import reported, stored
from tests.results import descents, synthetic

RATES = (0.01, 0.05, 0.1, 0.15, 0.25, 0.4)
"""Of descent on a bowl of curvature 10: from 2 / 10 on it diverges."""
CHANGE = {"ratio": 1.2, "low": 1.1, "high": 1.3, "pairs": 5}
ROW = {
    **{"problem": "booth", "size": "tiny", "operator": "gradient", "dtype": "float64"},
    **{"backend": "numpy", "variant": "portable", "status": "regressed", "reason": "slower"},
    **{"margin": 0.05, "change": CHANGE},
}
GATE = {"against": "HEAD~1", "rows": [{**ROW, "status": "formula", "change": None}, ROW]}


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    folder = tmp_path_factory.mktemp("race")
    made = [descents.descent(rate, seed) for rate in RATES for seed in (0, 1)]
    run = synthetic.run(id="20261125-000000-aaaa", kind="train", command="gradparity train bowl")
    (folder / "gate.json").write_text(json.dumps(GATE))
    found = reported(stored(folder, run, descents=made), "--gate", "gate.json")
    found.run = run
    return found


@pytest.mark.browser
def test_a_click_on_a_rate_loads_its_descent(watched, race):
    page = opened(watched, race.address, "#view=rates").page
    assert "gd is best at 0.15" in page.inner_text(".sentence")
    canvas = page.locator("canvas").first
    canvas.focus()
    page.keyboard.press("End")  # the last point of the last mark: the rate .4
    page.keyboard.press("Enter")
    page.wait_for_selector("text=gd, 0.4: ")
    assert "diverged" in page.inner_text(".numbers")
    assert "view=paths" in page.url
    assert "who=gd-0.4" in page.url


@pytest.mark.browser
def test_losses_step_by_step_are_those_of_the_store(watched, race):
    page = opened(watched, race.address, "#view=paths&who=gd-0.05").page
    with open_store(race.folder / ".gradparity" / "results.db", read_only=True) as store:
        made = [d for d in store.descents(race.run.id) if d.rate == 0.05 and d.seed == 0]
    for name, k in (("First", 0), ("Last", -1)):
        page.get_by_role("button", name=name, exact=True).click()
        assert f"{made[0].history.losses[k]:.3g}"[:4] in page.inner_text(".player + .caption")
    kept = page.eval_on_selector_all(".numbers td.number", "cells => cells.map(c => c.title)")
    assert str(made[0].final_loss) in kept


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violations_and_no_break(watched, race, scheme):
    size = {"width": 390, "height": 844}
    one = opened(watched, race.address, color_scheme=scheme, viewport=size)
    tabs = one.page.locator("nav button")
    assert tabs.all_inner_texts() == ["Race", "Rates", "Landscape", "Problems", "Gate"]
    for tab in tabs.all():
        tab.click()
        one.page.wait_for_selector(".view:not(.stale) .sentence:not(:empty)")
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert one.violations() == []
    assert one.page.inner_text(".sentence").startswith("FAIL: 2 rows against HEAD~1")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"against": "x", "rows": [{}]}', '{"against": "x", "rows": 3}']
)
def test_what_is_no_gate_is_one_line(tmp_path, text):
    path = tmp_path / "gate.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"is no gate's outcome|is empty|JSON"):
        read_gate(path)


def test_directions_have_the_length_of_the_trained_weights():
    trained = {"W": np.array([[3.0, 0.0], [4.0, 2.0]]), "b": np.array([6.0, 8.0])}
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(size=held.shape) for name, held in trained.items()}
    found = filter_normalised(drawn, trained)
    np.testing.assert_allclose(np.linalg.norm(found["W"], axis=0), [5.0, 2.0], rtol=1e-14)
    assert np.linalg.norm(found["b"]) == pytest.approx(10.0)


def test_a_way_in_a_plane_is_held_whole():
    """Points of a plane in five dimensions: their projections are they themselves."""
    rng = np.random.default_rng(1)
    way = rng.normal(size=(7, 2)) @ rng.normal(size=(2, 5)) + rng.normal(size=5)
    layout = Layout.of({"w": np.zeros(5)})
    axes = landscape_view.plane(way, layout, "path", 0)
    centred = way - way[-1]
    np.testing.assert_allclose(centred @ axes.T @ axes, centred, atol=1e-12)


def test_what_frames_share_is_written_once():
    line = Polyline(list(range(100)), list(range(100)), "long")
    from gradparity.results.pages.charts import Axis, Chart

    frames = {
        str(k): Frame(f"{k}", [Chart("c", f"{k}", Axis("x"), Axis("y"), [line])]) for k in range(3)
    }
    held = json.loads(shared({"view": frames}))
    assert len(held["shared"]) == 1
    for k, frame in held["frames"]["view"].items():
        assert frame["sentence"] == k
        assert [held["shared"][at]["label"] for at in frame["charts"][0]["marks"]] == ["long"]
