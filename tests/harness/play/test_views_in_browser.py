"""Every view in a real browser, in both themes, wide and narrow; and what each lets a reader do."""

import json
import re

import pytest

from gradparity.harness.play.views import VIEWS
from gradparity.results.pages.encoding import encoded
from tests.harness.play.opened import complaints, opened

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("view", VIEWS)
def test_no_violations_and_no_break(watched, origin, view):
    assert complaints(opened(watched, origin, f"#view={view}")) == []


@pytest.mark.parametrize("view", VIEWS)
def test_tables_show_the_numbers_that_were_sent(watched, origin, view):
    """Each cell's title has the number to the last bit."""
    page = opened(watched, origin, f"#view={view}").page
    sent = json.loads(encoded(VIEWS[view].frame({})))["tables"]
    numbers = [x for table in sent for column in table["columns"].values() for x in column]
    shown = page.eval_on_selector_all(
        ".numbers td.number", "cells => cells.map(c => Number(c.title))"
    )
    assert sorted(shown) == sorted(x for x in numbers if isinstance(x, int | float))


@pytest.mark.parametrize("view", VIEWS)
def test_a_preset_is_loaded_with_its_sentence(watched, origin, view):
    page = opened(watched, origin, f"#view={view}").page
    preset = next(one for one in VIEWS[view].presets if not one.values.get("seeds"))
    page.get_by_role("button", name=preset.title, exact=True).click()
    assert page.inner_text(".presets .caption") == preset.sentence
    expected = VIEWS[view].frame(preset.values).sentence
    page.wait_for_function(
        "text => document.querySelector('.sentence').textContent === text", arg=expected
    )
    for name, value in preset.values.items():
        default = next(one.default for one in VIEWS[view].controls if one.name == name)
        assert value == default or f"{name}=" in page.url


def test_a_planted_mistake_reads_fail(watched, origin):
    page = opened(watched, origin, "#view=flow&activation=tanh&mistake=sum").page
    assert page.inner_text(".challenge").startswith("FAIL: The gradient is wrong at ")


def test_a_weight_opens_by_a_click_and_by_keyboard(watched, origin):
    page = opened(watched, origin, "#view=flow&depth=2").page
    chart = page.get_by_role("application").first
    chart.focus()
    seen = set()
    for _ in range(60):
        chart.press("ArrowRight")
        words = page.inner_text(".tip:not([hidden])")
        if words in seen:
            break
        seen.add(words)
    assert sum(words.startswith("W") for words in seen) == 2 * 3 + 3 * 3
    while not page.inner_text(".tip:not([hidden])").startswith("W2[3,1]"):
        chart.press("ArrowRight")
    chart.press("Enter")
    page.wait_for_selector("text=W2[3,1]: upstream × slope × input")
    assert "edge=2%2C3%2C1" in page.url


def test_a_drag_moves_the_start(watched, origin):
    page = opened(watched, origin, "#view=descent&second=none").page
    before = page.url
    chart = page.get_by_role("application").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=4)
    page.mouse.up()
    page.wait_for_function("before => location.href !== before", arg=before)
    assert re.search(r"x0=-?[\d.]+", page.url)


def test_a_rate_takes_over_without_a_reset(watched, origin):
    page = opened(watched, origin, "#view=descent&second=none&rate=0.05&steps=20&step=10").page
    page.get_by_label("A new rate takes over at this step").check()
    page.get_by_label("Rate η, exactly").fill("0.15")
    page.get_by_label("Rate η, exactly").press("Enter")
    page.wait_for_selector("text=step 30:")
    assert "rates=%5B%5B10%2C0.05%5D%5D" in page.url


def test_a_surface_turns_in_three_dimensions(watched, origin):
    one = opened(watched, origin, "#view=descent&solid=true")
    one.page.wait_for_selector(".solid canvas")
    one.errors[:] = [
        text for text in one.errors if "GPU stall" not in text and "readback" not in text
    ]


def test_what_a_reader_types_is_text(watched, origin):
    one = opened(watched, origin, "#view=slope&function=own&formula=%3Cimg+src%3Dx%3E")
    assert "is no formula" in one.page.inner_text(".sentence")
    assert one.page.query_selector(".sentence img") is None
    assert all("422" in error for error in one.errors)  # the browser's own word of the refusal
    one.errors.clear()
