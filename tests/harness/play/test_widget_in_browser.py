"""A view as a notebook shows it: the widget's script in Chromium, with a stand-in for its model."""

import pytest

import gradparity as gp
from gradparity.harness.play.widget import ViewWidget

pytestmark = pytest.mark.browser
ORIGIN = "http://notebook.test/"

PAGE = """<!doctype html><html lang="en"><head><title>a notebook</title>
<link rel="icon" href="data:,"><style>body { background: %s; margin: 1em } h1 { background: #fff; color: #000 } button, canvas { display: none }</style></head>
<body><main><h1>a notebook</h1><div id="cell"></div></main><script type="module">
import widget from "/widget.js";
const heard = [];
const model = {
  get: () => globalThis.held, on: (name, told) => heard.push(told),
  send: async (question) => heard.forEach((told) => tell(told, question)),
};
const tell = async (told, question) => told(await globalThis.asked(question));
globalThis.held = await globalThis.holds();
widget.render({ model, el: document.getElementById("cell") });
</script></body></html>"""


@pytest.fixture
def shown(watched, monkeypatch):
    """shown(widget, background): the page of a notebook with the widget in it, once it has answered."""

    def show(widget, background="#ffffff", **options):
        sent = []
        monkeypatch.setattr(ViewWidget, "send", lambda self, told: sent.append(told))
        one = watched(ORIGIN, **options)

        def asked(question):
            widget._asked(widget, question, [])
            return sent.pop()

        one.page.expose_function("asked", asked)
        one.page.expose_function("holds", lambda: widget.held)
        one.page.route(
            ORIGIN, lambda route: route.fulfill(body=PAGE % background, content_type="text/html")
        )
        one.page.route(
            ORIGIN + "widget.js",
            lambda route: route.fulfill(body=widget._esm, content_type="text/javascript"),
        )
        one.page.goto(ORIGIN)
        one.page.wait_for_selector(".sentence:not(:empty)")
        return one

    return show


def test_the_sentence_is_that_of_the_settings(shown):
    one = shown(gp.play("descent", rate=0.19))
    assert one.page.locator(".sentence").inner_text().startswith("Rate .19")
    assert one.page.locator("nav").count() == 1
    assert not one.page.locator("nav").is_visible()
    assert one.page.locator(
        "canvas"
    ).first.is_visible()  # the notebook's own style does not reach it


def test_a_move_asks_the_kernel_anew(shown):
    one = shown(gp.play("slope", p=60.0))
    before = one.page.locator(".sentence").inner_text()
    field = (
        one.page.get_by_label("price", exact=False)
        .and_(one.page.locator("input[type=number]"))
        .first
    )
    field.fill("75")
    field.press("Enter")
    one.page.wait_for_function(
        "(before) => { const root = document.querySelector('#cell > div').shadowRoot; return root.querySelector('.sentence').textContent !== before; }",
        arg=before,
    )
    assert "At 75" in one.page.locator(".sentence").inner_text()


def test_a_refusal_is_shown_and_it_goes_on(shown):
    widget = gp.play("slope")
    one = shown(widget)
    reply = widget._reply({"view": "slope", "values": {"p": "much"}})
    assert reply.status == 422
    assert "p is 'much', not a number" in reply.text
    assert widget._reply({"view": "nosuch"}).status == 422
    assert one.page.locator(".sentence").inner_text()


@pytest.mark.parametrize(("background", "theme"), [("#ffffff", "light"), ("#111111", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_follows_the_notebooks_theme_and_is_accessible(shown, background, theme, width):
    one = shown(gp.play(), background, viewport={"width": width, "height": 800})
    stage = one.page.locator("#cell > div")
    stage.and_(one.page.locator(f"[data-around={theme}]")).wait_for()
    assert one.violations() == []
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert one.page.evaluate("() => document.documentElement.dataset.theme") is None


def test_keys_that_are_pressed_in_it_are_its_own(shown):
    """JupyterLab takes no key for a command of its own where an element says so; d d deletes a cell there."""
    one = shown(gp.play("slope"))
    assert one.page.locator("#cell > div").get_attribute("data-lm-suppress-shortcuts") == "true"
