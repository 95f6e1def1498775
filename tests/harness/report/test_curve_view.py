"""The report's view of descents in one variable, and the steps to the target beside the rates."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.harness.report.material.material import Material, RacedRun
from gradparity.harness.report.page import report_page
from gradparity.harness.report.races.curve_chart import CurveGround, curve_chart
from gradparity.harness.report.races.paths_view import paths_view
from gradparity.harness.report.races.race_entries import reported_races
from gradparity.harness.report.races.rates_view import rates_view
from gradparity.harness.report.races.walkers import walkers_of
from gradparity.results.pages.charts import Points, Quantity, Segments
from gradparity.results.records.descent import History
from tests.harness.play.opened import opened
from tests.harness.terminal.hostile import HOSTILE
from tests.results import synthetic
from tests.results.geometric import descent, diverged

RATES = {0.1: 0.8, 0.2: 0.6, 0.4: 0.2}
"""Of descent on x², x ← (1 - 2η) x."""


def on_parabola(rate, seed=0, **given):
    k = np.arange(31.0)
    x = 3.0 * (1.0 - 2.0 * rate) ** k
    made = descent(RATES[rate] ** 2, steps=30, rate=rate, seed=seed, **given)
    return replace(made, history=History(k, x**2, 2 * k, k / 2, {}, x[:, None]), first_loss=9.0)


def material(made):
    run = synthetic.run(id="20261125-000000-aaaa", kind="train", command="gradparity train bowl")
    return Material(raced=[RacedRun(run, made)])


def walkers(made):
    (race,) = reported_races(material(made))
    return walkers_of(race, {"gd": next(iter(race.best().items()))})


def ground(scale=1.0):
    x = np.linspace(-4.0, 4.0, 801)
    return CurveGround(x, scale * x**2, ("x", "loss"), [0.0])


def test_the_tangent_of_each_step_has_the_slope_of_the_parabola() -> None:
    made = [on_parabola(0.1)]
    chart = curve_chart(ground(), walkers(made), "parabola")
    assert chart is not None
    tangents = next(mark for mark in chart.marks if isinstance(mark, Segments))
    points = next(mark for mark in chart.marks if isinstance(mark, Points) and mark.by_step)
    rise = np.subtract(tangents.y1, tangents.y0) / np.subtract(tangents.x1, tangents.x0)
    np.testing.assert_allclose(rise[:8], 2 * np.asarray(points.x)[:8], rtol=1e-3)
    assert tangents.last
    assert list(points.y[:3]) == pytest.approx([9.0, 5.76, 3.6864])


def test_a_way_on_another_curve_is_not_drawn_on_this_one() -> None:
    assert curve_chart(ground(2.0), walkers([on_parabola(0.1)]), "parabola") is None


def test_the_view_of_a_problem_in_one_variable_has_its_curve(tmp_path) -> None:
    """price-linear, raced here: the curve's points are the profit's, a - b p times p - c."""
    from gradparity import train

    race = train("price-linear", optimizers=["gd"], rates=[0.01], steps=20, store=tmp_path / "r.db")
    view = paths_view(Material(raced=[RacedRun(race.run, race.descents)]))
    assert view is not None
    charts = view.frames["price-linear|best"].charts
    assert charts[0].name == "curve"


def test_steps_to_the_target_stand_beside_the_rates() -> None:
    made = [descent(RATES[rate], rate=rate, seed=s) for rate in RATES for s in (0, 1)]
    made += [diverged(4, rate=1.0, seed=s) for s in (0, 1)]
    view = rates_view(material(made))
    assert view is not None
    (frame,) = view.frames.values()
    told = frame.tables[0].columns["steps to target"]
    wanted = [float(np.ceil(np.log(1e-3) / np.log(q))) for q in RATES.values()]
    assert [one.value for one in told if isinstance(one, Quantity)] == [*wanted, np.inf]
    assert told[-1].text == "never"
    assert frame.charts[1].title.endswith("3 of 4 rates come to f* + 1e-3 (f0 - f*)")


@pytest.mark.browser
def test_hostile_names_and_figures_of_a_race_are_shown_safely(watched, tmp_path) -> None:
    """Script, quotes, newlines, marks and 10,000 letters; NaN and infinity in every column."""
    made = []
    names = [*HOSTILE[::6], "<script>alert(1)</script>", "\u202eevil", "x" * 10_000, "a\nb\"'"]
    for number, text in enumerate(names):
        bad = (np.nan, np.inf, -np.inf)[number % 3]
        given = {"problem": text, "size": text, "backend": text, "optimizer": text}
        one = descent(0.5, steps=12, **given, reason=f"{text}\n{text}")
        lost = replace(
            descent(0.7, steps=12, rate=0.2, seed=1, **given),
            **dict.fromkeys(("final_loss", "best_loss", "first_loss", "convergence"), bad),
            **dict.fromkeys(("lowest", "highest", "accuracy", "minimum"), bad),
            options={text: bad},
        )
        made += [one, lost]
    run = synthetic.run(id="20261125-000000-aaaa", kind="train", command="".join(HOSTILE))
    path = tmp_path / "report.html"
    page = report_page(False, Material(raced=[RacedRun(run, made)]), teach=False)
    path.write_text(page, encoding="utf-8")
    one = opened(watched, path.as_uri(), viewport={"width": 390, "height": 844})
    for tab in one.page.locator("nav button").all():
        tab.click()
        one.page.wait_for_selector(".view:not(.stale) .sentence:not(:empty)")
        assert "failed" not in one.page.get_attribute(".sentence", "class")
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert "\u202e" not in one.page.inner_text("body")
    assert one.violations() == []
