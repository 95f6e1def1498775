"""A loss of one's own on the live page: its surface, its slices, and what goes wrong in it."""

import re

import numpy as np
import pytest

from gradparity.harness.landscapes.targets import view_of
from tests.harness.play.conftest import served
from tests.harness.play.opened import complaints, opened

pytestmark = pytest.mark.browser

MINE = """
import math
import numpy as np

def valley(x, y):
    return math.sin(x) / 2 + (y - np.square(x)) ** 2
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(MINE)
    return str(path)


@pytest.fixture(scope="module")
def own(file):
    with served(f"{file}::valley") as address:
        yield address


@pytest.fixture(scope="module")
def larger():
    with served("xor-tanh") as address:
        yield address


def test_the_page_shows_what_was_computed(watched, own, file):
    page = opened(watched, own, "#view=landscape&rate=0.01").page
    expected = view_of(f"{file}::valley").frame({"rate": 0.01})
    assert page.inner_text(".sentence") == expected.sentence
    assert page.inner_text("nav button[aria-current=page]") == "valley"
    shown = page.eval_on_selector_all(".numbers td.number", "all => all.map(c => Number(c.title))")
    assert float(expected.numbers["losses"]["gd"][-1]) in shown


def test_a_click_is_where_the_descent_begins(watched, own):
    page = opened(watched, own, "#view=landscape&second=none").page
    chart = page.get_by_role("application").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_function("() => /x0=/.test(location.href) && /y0=/.test(location.href)")
    x, y = (float(re.search(rf"{name}=(-?[\d.]+)", page.url).group(1)) for name in ("x0", "y0"))
    page.wait_for_function("() => !document.querySelector('.stale')")
    page.get_by_role("button", name="First", exact=True).click()
    page.wait_for_function(
        "told => document.querySelector('.answer > .caption').textContent.startsWith(told)",
        arg="step 0: at (",
    )
    told = page.inner_text(".answer > .caption").replace("\u2212", "-")
    at = [float(one) for one in re.search(r"at \(([^,]+), ([^)]+)\)", told).groups()]
    assert np.allclose(at, [x, y], rtol=5e-3)


@pytest.mark.parametrize("directions", ["random", "gradient", "pair"])
def test_slices_of_a_larger_loss(watched, larger, directions):
    page = opened(watched, larger, f"#view=landscape&directions={directions}&whole=true").page
    assert page.inner_text(".sentence").startswith("2 of 9 directions, through where 100 steps")
    assert page.get_by_label("First parameter, its place", exact=True).is_visible() == (
        directions == "pair"
    )
    assert "in all 9, projected" in page.inner_text(".numbers")


def test_no_violations_and_no_break(watched, larger):
    assert complaints(opened(watched, larger, "#view=landscape")) == []


def test_a_loss_that_hangs_says_so_and_the_page_goes_on(watched, tmp_path):
    file = tmp_path / "hangs.py"
    file.write_text("import time\n\ndef hangs(x, y):\n    time.sleep(1000)\n")
    with served(str(file), "--seconds", "5") as address:
        one = opened(watched, address, "#view=landscape")
        assert "no answer within 5 s" in one.page.inner_text(".sentence")
        one.page.get_by_role("button", name="Slope").click()
        one.page.wait_for_selector("text=1 more earns about")
        assert all("503" in error for error in one.errors)  # the browser's own word
        one.errors.clear()


def test_what_a_loss_raises_is_text(watched, tmp_path):
    file = tmp_path / "odd.py"
    file.write_text("def odd(x, y):\n    raise ValueError('<img src=x onerror=alert(1)>')\n")
    with served(str(file)) as address:
        one = opened(watched, address, "#view=landscape")
        assert "ValueError: <img src=x onerror=alert(1)>" in one.page.inner_text(".sentence")
        assert one.page.query_selector(".sentence img") is None
        one.errors.clear()


def test_while_a_slider_moves_the_costly_chart_stays_and_then_follows(watched, own):
    page = opened(watched, own, "#view=landscape").page
    asked = []
    page.on("request", lambda request: asked.append(request.post_data_json or {}))
    slider = page.get_by_label("Rate \u03b7", exact=True)
    slider.evaluate("(one) => { one.value = 90; one.dispatchEvent(new Event('input')); }")
    page.wait_for_function("() => !document.querySelector('.stale')")
    assert asked[-1]["moving"] is True
    assert page.locator("figure h3", has_text="Best rate").count() == 1
    slider.evaluate("(one) => one.dispatchEvent(new Event('change'))")
    page.wait_for_function("() => location.href.includes('rate=')")
    page.wait_for_function("() => !document.querySelector('.stale')")
    assert asked[-1]["moving"] is False
    assert "moving" not in page.url
