"""The course's report: a file from disk, in a real browser, with the numbers of the live views."""

import json
from itertools import cycle

import pytest

from gradparity.harness.claims import live
from gradparity.harness.play.views import VIEWS
from gradparity.harness.report import course
from gradparity.harness.report.material.keys import key
from gradparity.harness.report.page import report_page
from gradparity.results.pages.encoding import encoded
from tests.harness.play.opened import opened

pytestmark = pytest.mark.browser

FEW = {
    "slope": {"p": [60.0, 100.0], "h": [1e-8, 1.0]},
    "steepest": {"angle": [30.0, 90.0]},
    "flow": {"depth": [2, 5]},
    "descent": {"first": ["gd", "momentum"], "rate": [0.05, 0.19]},
    "xor": {"seed": [0, 1]},
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "PRECOMPUTED", FEW)
        patch.setattr(live, "STOPS", 2)
        path = tmp_path_factory.mktemp("report") / "course.html"
        path.write_text(report_page(solids=False), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("view", VIEWS)
def test_every_stop_and_preset_is_there(watched, file, view):
    page = opened(watched, file, f"#view={view}").page
    assert page.inner_text(".sentence").strip()
    for preset in VIEWS[view].presets:
        page.get_by_role("button", name=preset.title, exact=True).click()
        page.wait_for_function(
            "text => document.querySelector('.presets .caption').textContent === text",
            arg=preset.sentence,
        )
        assert "failed" not in page.get_attribute(".sentence", "class")


def test_a_slider_has_its_stops_and_says_so(watched, file):
    page = opened(watched, file, "#view=slope").page
    assert "2 stops" in page.inner_text(".controls")
    page.get_by_label("Price p (currency)", exact=True).press("End")
    page.wait_for_selector("text=At 100.00, 1 more loses about 320.00")


@pytest.mark.parametrize("view", VIEWS)
def test_a_stop_takes_50_ms_and_words_nobody_reads_are_not_made(watched, file, view):
    one = opened(watched, file, f"#view={view}")
    one.page.evaluate(
        """() => {
          const { toPrecision } = Number.prototype;
          window.rounded = 0; // what makes words of a number rounds it first
          Number.prototype.toPrecision = function (...given) { window.rounded += 1; return toPrecision.apply(this, given); };
        }"""
    )
    # Axes and tables need some hundred; with every number that can be pointed at it were thousands.
    for slider in one.page.locator(".controls input[type=range]:visible").all():
        ends = cycle(("Home", "End"))
        assert one.quiet_ms(lambda ends=ends, slider=slider: slider.press(next(ends))) <= 50.0
        one.page.evaluate("() => { window.rounded = 0; }")
        slider.press("Home")
        one.page.wait_for_selector(".view:not(.stale)")
        assert one.page.evaluate("() => window.rounded") < 500


def test_numbers_are_those_of_the_live_view(watched, file):
    page = opened(watched, file, "#view=descent&rate=0.05&first=momentum").page
    given = {**course.SMALLER["descent"], "rate": 0.05, "first": "momentum"}
    sent = json.loads(encoded(VIEWS["descent"].frame(given)))["tables"]
    numbers = [x for table in sent for column in table["columns"].values() for x in column]
    shown = page.eval_on_selector_all(
        ".numbers td.number", "cells => cells.map(c => Number(c.title))"
    )
    assert sorted(shown) == sorted(x for x in numbers if isinstance(x, int | float))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violations(watched, file, scheme):
    one = opened(watched, file, color_scheme=scheme)
    assert one.violations() == []


def test_every_stop_is_one_that_the_control_may_have():
    for name, stops in course.PRECOMPUTED.items():
        controls = {control.name: control for control in VIEWS[name].controls}
        for control, values in stops.items():
            for value in values:
                controls[control].read(value)


@pytest.mark.parametrize(
    ("value", "text"), [(60.0, "60"), (1e-8, "1e-8"), (0.19, "0.19"), (3, "3"), ("gd", "gd")]
)
def test_keys_are_written_as_the_script_writes_them(value, text):
    assert key([value]) == text
