"""The slope view in a real browser: what is shown is what was computed, by keyboard too."""

import pytest

from tests.harness.play.opened import opened

pytestmark = pytest.mark.browser


def test_the_sentence_follows_the_slider(watched, origin):
    page = opened(watched, origin).page
    assert page.inner_text(".sentence").startswith("At 60.00, 1 more earns about 320.00")
    slider = page.get_by_label("Price p (currency)", exact=True)
    slider.focus()
    slider.press("End")
    page.wait_for_selector("text=At 250.00, 1 more loses about")
    assert "p=250" in page.url
    assert page.get_by_label("Price p, exactly").input_value() == "250"  # beside it, while it moves


def test_the_state_is_in_the_address(watched, origin):
    page = opened(watched, origin, "#view=slope&p=100&rate=0.126&step=3").page
    assert page.inner_text(".sentence").startswith("At 100.00, 1 more loses about 320.00")
    assert page.inner_text(".answer > .caption").startswith("step 3:")


def test_arrow_keys_read_the_numbers_of_a_chart(watched, origin):
    page = opened(watched, origin).page
    chart = page.get_by_role("application").first
    chart.focus()
    chart.press("End")
    assert page.inner_text(".tip:not([hidden])") == "here: 60, 13,000"


def test_steps_play_to_the_end(watched, origin):
    page = opened(watched, origin, "#view=slope&step=0").page
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('.player input').value === '40'")


def test_predict_first_covers_the_answer(watched, origin):
    page = opened(watched, origin).page
    page.get_by_role("button", name="Predict first").click()
    assert not page.is_visible(".sentence")
    page.get_by_label("What is the slope here?").fill("300")
    page.get_by_role("button", name="Reveal").click()
    assert page.is_visible(".sentence")
    assert "You said 300; the slope is 320." in page.inner_text(".prediction")


def test_a_picture_is_kept_as_svg(watched, origin):
    page = opened(watched, origin).page
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this picture as SVG").first.click()
    text = download.value.path().read_text()
    assert text.startswith("<svg")
    assert "Slope 320 at p = 60" in text
