"""The site: built without a warning, its links, its search, its looks for everybody."""

import re
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote, urldefrag

import pytest

import gradparity
from tests import PATIENCE_S, ROOT
from tests.pages.site import build

SEARCHED = {
    "install": "start",
    "nn.Module": "start",
    "custom_vjp": "start",
    "tolerance": "explanation/judge",
    "gradcheck migrate": "howto/migrate",
    "bfloat16 kernel": "howto/bfloat16-kernel",
    "github comment": "howto/ci",
    "latex table": "howto/paper",
    "does not learn": "tutorial/it-does-not-learn",
    "which backend": "tutorial/which-backend",
    "csv price": "howto/price",
    "exit code": "reference/exit-codes",
    "numba": "howto/compiled-gradient",
    "learning rate": "tutorial/it-does-not-learn",
    "when not to use": "comparison",
}
"""What newcomers ask -> the page that answers, among the first five that the search finds."""

LOOKED_AT = ("index", "start", "reference/causes", "operations", "comparison")
"""Of each kind of page one: prose, code, long messages, tables, links. All are asked about one by one
where pages are marked slow, as in `make release-check`: two minutes of processor time."""

EVERY = sorted(
    page.relative_to(ROOT / "docs").with_suffix("").as_posix()
    for page in (ROOT / "docs").rglob("*.md")
)


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The folder of the built site; the run's workers share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "documentation"
    told = build(folder)
    assert told == "exit 0\n", told
    return folder / "site"


@pytest.fixture(scope="session")
def served(site):
    """The site's address on this machine."""
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Links(HTMLParser):
    """What a page links to, and the names that can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.names.add(known.get("id"))
        self.links += [known[key] for key in ("href", "src") if known.get(key)]


def test_every_page_is_built_and_every_link_leads_somewhere(site):
    pages = {path: Links(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) > len(EVERY)
    dead = []
    for page, found in pages.items():
        for link in found.links:
            target, name = urldefrag(link)
            if re.match(r"[a-z]+:", link):
                continue
            path = (page.parent / unquote(target.partition("?")[0])).resolve() if target else page
            if not path.exists() or (
                name and path in pages and unquote(name) not in pages[path].names
            ):
                dead.append((page.name, link))
    assert dead == []


def test_no_page_asks_another_place_for_anything(site):
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]+)', page.read_text()
        )
        assert loaded == [], page


@pytest.mark.browser
def test_newcomers_find_their_answers(served, watched):
    page = watched(served).page
    missed = {}
    for words, wanted in SEARCHED.items():
        page.goto(f"{served}search.html?q={quote(words)}")
        page.wait_for_selector("#search-results li a", timeout=1e3 * PATIENCE_S)
        page.wait_for_function(
            "document.querySelector('#search-results p.search-summary')?.innerText.length > 20"
        )
        links = page.eval_on_selector_all("#search-results li > a", "all => all.map(a => a.href)")
        first = list(dict.fromkeys(urldefrag(x)[0].partition("?")[0] for x in links))[:5]
        if f"{served}{wanted}.html" not in first:
            missed[words] = first
    assert missed == {}


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", [pytest.param(p, marks=() if p in LOOKED_AT else pytest.mark.slow) for p in EVERY]
)
def test_a_page_is_for_everybody(served, watched, name):
    """In the dark only colours differ."""
    seen = watched(served, color_scheme="light")
    seen.page.goto(f"{served}{name}.html")
    assert seen.violations() == []
    seen.page.emulate_media(color_scheme="dark")
    assert seen.violations(["color-contrast"]) == []


@pytest.mark.browser
def test_a_page_that_is_not_for_everybody_is_found(watched):
    seen = watched("data:", color_scheme="dark")
    seen.page.set_content(
        '<html lang="en"><title>t</title><main><h1>h</h1><img src="data:,">'
        "<style>@media (prefers-color-scheme: dark) { p { color: #111; background: #000 } }</style>"
        "<p>dark</p></main></html>"
    )
    assert [rule for rule, _ in seen.violations(["image-alt"])] == ["image-alt"]
    assert [rule for rule, _ in seen.violations(["color-contrast"])] == ["color-contrast"]


def test_every_page_says_its_version(site):
    for name in EVERY:
        assert f">gradparity {gradparity.__version__}<" in (site / f"{name}.html").read_text(), name
