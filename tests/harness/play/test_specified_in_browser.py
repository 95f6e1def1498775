"""What each view was specified to show, read off the page: figures are closed forms or an independent run's.

docs/views.md says which test holds which sentence of the specification.
"""

import math

import numpy as np
import pytest

import gradparity as gp
from tests.harness.play.opened import opened

pytestmark = pytest.mark.browser

ALONE = "second=none&beside=nothing"
SAID = [
    (
        "view=slope&p=60&a=1000&b=8&cost=35",
        "At 60.00, 1 more earns about 320.00 (really 312.00: the bend takes 8.00). Raise it; best is 80.00.",
    ),
    ("view=slope&p=60&rate=0.0625&step=1", "step 1: p = 80, slope 0;"),
    ("view=slope&p=60&rate=0.124", "by −0.984: it converges"),
    ("view=slope&p=60&rate=0.126", "by −1.02: it diverges"),
    (
        f"view=descent&rate=0.19&{ALONE}",
        "Rate .19, λmax 10: below .2 it converges; steep direction ×−.90 a step, flat ×.81.",
    ),
    (f"view=descent&surface=saddle&rate=0.1&x0=1&y0=0.01&{ALONE}", "Steps until |y| > 1: gd 26."),
    (
        f"view=descent&surface=saddle&rate=0.1&x0=1&y0=0.000001&{ALONE}",
        "Steps until |y| > 1: gd 76.",
    ),
    (
        f"view=descent&surface=saddle&rate=0.1&x0=1&y0=0.01&first=adam&{ALONE}",
        "Steps until |y| > 1: adam 11.",
    ),
    (
        f"view=descent&surface=bounded-saddle&rate=0.1&x0=1&y0=0&{ALONE}",
        "never: the gradient along y is exactly 0",
    ),
    ("view=flow&start=chain&depth=50", "Each layer keeps 25 %: 8e-31 of it reaches the input."),
    ("view=flow&start=chain&depth=50&scale=4", "Each layer keeps 100 %"),
    ("view=xor&start=zero&batch=1", "Stuck at 0.693 = ln 2"),
    ("view=xor&start=zero&batch=1", "The gradient of w1, b1, w2 is exactly 0"),
]


@pytest.mark.parametrize(("address", "text"), SAID)
def test_it_is_said(watched, origin, address, text):
    page = opened(watched, origin, f"#{address}").page
    assert text in page.inner_text(".answer")


def columns(page, selector=".numbers"):
    """The tables of the page as [{header: cells}], numbers to the last bit."""
    return page.eval_on_selector_all(
        f"{selector} table",
        """tables => tables.map(one => Object.fromEntries([...one.tHead.rows[0].cells].map((head, k) =>
             [head.textContent, [...one.tBodies[0].rows].map(row => row.cells[k].title || row.cells[k].textContent)])))""",
    )


def of_chart(page, number):
    """The table under a chart, opened."""
    page.locator("figure details summary").nth(number).click()
    page.wait_for_selector(f"figure:nth-of-type({number + 1}) details table")
    return columns(page, f"figure:nth-of-type({number + 1}) details")[0]


def test_the_v_has_slope_one_right_of_its_minimum_and_minus_one_left_of_it(watched, origin):
    """|secant - slope| = b h where the bend errs; of the order of eps |profit| / h where rounding does."""
    page = opened(watched, origin, "#view=slope&p=60").page
    held = of_chart(page, 2)
    h, error = (np.array(held[name], float) for name in ("h", "|secant - slope|"))
    right, left = h > 1e-4, (h < 1e-8) & (error > 0)
    assert np.polyfit(np.log10(h[right]), np.log10(error[right]), 1)[0] == pytest.approx(
        1, abs=1e-3
    )
    assert np.polyfit(np.log10(h[left]), np.log10(error[left]), 1)[0] == pytest.approx(-1, abs=0.25)


def test_no_random_direction_is_steeper_than_the_gradient(watched, origin):
    page = opened(watched, origin, "#view=steepest&dimensions=1000").page
    held = columns(page)[0]
    shown = dict(zip(held["what"], map(float, held["value"]), strict=True))
    assert shown["largest of 10,000 random u·g/‖g‖"] < 1 / 6  # 1/√1000 = .032: five deviations
    assert abs(shown["u·g"]) <= shown["its norm"]
    assert shown["u·g"] == pytest.approx(shown["difference along u"], rel=1e-6)


@pytest.mark.parametrize(("share", "shrinks"), [(1.99, True), (2.01, False)])
def test_twice_the_inverse_of_the_curvature_divides(watched, origin, share, shrinks):
    address = f"#view=descent&kappa=10&rate={share / 10}&steps=400&y0=1&{ALONE}"
    held = columns(opened(watched, origin, address).page)[-1]
    assert (abs(float(held["second variable"][0])) < 1.0) == shrinks


@pytest.mark.parametrize("rate", [0.05, 0.19])
def test_the_stated_factor_is_the_measured_one(watched, origin, rate):
    """x ← (1 - ηλ) x along each eigenvector: 1 and 10 of this bowl."""
    ends = {}
    for steps in (20, 21):
        held = columns(
            opened(watched, origin, f"#view=descent&rate={rate}&steps={steps}&{ALONE}").page
        )[-1]
        ends[steps] = [float(held[name][0]) for name in ("first variable", "second variable")]
    measured = [after / before for before, after in zip(ends[20], ends[21], strict=True)]
    assert measured == pytest.approx([1 - rate, 1 - 10 * rate], rel=1e-6)


def test_the_weights_gradient_is_that_of_gradients(watched, origin):
    """Shown by hand, as a difference and by the backend: one number, that of the scalar chain."""
    page = opened(watched, origin, "#view=flow&start=chain&depth=10&edge=1,1,1").page
    weight, layers = columns(page)
    shown = dict(zip(weight["case"], weight["product"], strict=True))
    # δ1 = .25¹⁰ reaches layer 1, its input is ½.
    assert float(shown["sum"]) == float(shown["backend"]) == 0.25**10 / 2
    assert float(shown["difference of the loss"]) == pytest.approx(0.25**10 / 2, rel=1e-3)
    assert float(layers["‖δ‖"][0]) == pytest.approx(9.5367e-7, rel=1e-5)


def test_a_planted_mistake_fails_with_the_words_of_check(watched, origin):
    page = opened(watched, origin, "#view=flow&activation=tanh&mistake=no+slope").page
    told = page.inner_text(".challenge")
    assert told.startswith("FAIL: The gradient is wrong at W1[")
    assert "at every tanh, its derivative is left out" in told  # as `check` words it


def test_a_walk_by_keyboard_reaches_every_number(watched, origin):
    """Every unit and every weight of the layers, every bar and point of the other charts."""
    page = opened(watched, origin, "#view=flow&depth=2&width=2").page
    charts = page.get_by_role("application").all()
    seen = []
    for chart in charts:
        chart.focus()
        chart.press("Home")
        first = words = page.inner_text(".tip:not([hidden])")
        while words not in seen:
            seen.append(words)
            chart.press("ArrowRight")
            words = page.inner_text(".tip:not([hidden])")
        assert words == first or words in seen
        chart.press("Escape")
    assert sum(words.startswith("W") for words in seen) >= 2 * 2 + 2 * 2
    assert sum(words.startswith(("input", "layer")) for words in seen) >= 2 + 2 * 2


def test_the_share_that_solves_it_is_that_of_the_race(watched, origin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = gp.train(
        "xor-tanh", optimizers=["gd"], backends=["tape"], rates=[0.5], steps=300, seeds=range(50)
    )
    solved = sum(one.accuracy == 1.0 for one in race.descents)
    page = opened(watched, origin, "#view=xor&seeds=true&steps=300&rate=0.5").page
    page.wait_for_selector(f"text={solved} of 50 starts solve it")


def test_the_boundary_at_the_four_points_is_the_accuracy(watched, origin):
    """The table under the map has the logit of every cell; those at the corners are the cases'."""
    page = opened(watched, origin, "#view=xor&seed=3&hidden=4&steps=2000").page
    right = int(page.inner_text(".answer > .caption").split(" of 4 right")[0].split()[-1])
    held = of_chart(page, 0)
    down, *across = held
    x, y = (
        np.array([one.replace("−", "-") for one in each], float) for each in (across, held[down])
    )
    near = {at: (int(np.argmin(abs(x - at))), int(np.argmin(abs(y - at)))) for at in (0.0, 1.0)}
    answers = [(0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
    got = sum(
        (float(held[across[near[a][0]]][near[b][1]]) > 0) == bool(one) for a, b, one in answers
    )
    assert got == right == 4


def test_a_new_rate_of_xor_takes_over_where_it_is(watched, origin):
    page = opened(watched, origin, "#view=xor&steps=100&rate=0.3").page
    before = columns(page)[-1]
    page.get_by_label("A new rate takes over at this step").check()
    rate = page.locator("#control-rate")
    rate.focus()
    rate.press("ArrowRight")
    page.wait_for_function("() => location.hash.includes('rates=')")
    page.wait_for_selector(".view:not(.stale)")
    after = columns(page)[-1]
    assert after["loss"][0] == before["loss"][0]
    assert int(after["step"][-1].replace(",", "")) > int(before["step"][-1].replace(",", ""))


@pytest.mark.parametrize("view", ["slope", "steepest", "descent", "flow", "xor"])
def test_a_move_takes_50_ms_to_draw(watched, origin, view):
    """Of the page's own thread; what the backend takes is `tests/benchmarks/round_trip.py`."""
    one = opened(watched, origin, f"#view={view}")
    slider = one.page.locator(".controls input[type=range]:visible").first

    def move():
        slider.evaluate("it => { it.stepUp(); it.dispatchEvent(new Event('change')); }")
        one.page.wait_for_selector(".view:not(.stale)")

    assert one.quiet_ms(move) <= 50.0


def test_presenting_hides_what_only_a_reader_needs(watched, origin):
    page = opened(watched, origin, "#view=descent").page
    assert page.is_visible(".presets")
    page.get_by_role("button", name="Presenter").click()
    assert not page.is_visible(".presets")
    assert not page.is_visible(".keep")
    assert "present=1" in page.url


def test_what_is_seen_is_kept_as_png(watched, origin):
    page = opened(watched, origin, "#view=slope").page
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this picture as PNG").first.click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(("rate", "steps"), [(0.1, 78), (0.17, 44), (0.18, 42)])
def test_the_challenge_keeps_its_score(watched, origin, rate, steps):
    """½ 25 (1 - η)²ᵏ <= 1e-6 at the first k >= ln(1e-6 / 12.5) / (2 ln(1 - η)); under 50 is asked."""
    assert steps == math.ceil(math.log(1e-6 / 12.5) / (2 * math.log(1 - rate)))
    page = opened(watched, origin, f"#view=descent&rate={rate}&steps=100&{ALONE}").page
    assert f"gd is there at step {steps}." in page.inner_text(".challenge")
    assert ("met" in page.get_attribute(".challenge", "class")) == (steps < 50)
