"""The report of a run, as a file from disk in a real browser."""

import gzip
import json
import math
import re
from base64 import b64decode
from dataclasses import replace

import pytest

from gradparity.harness.report.material.material import Material, TimedRun
from gradparity.harness.report.page import report_page
from gradparity.results.store.store import open_store
from gradparity.results.tables.columns import groups
from gradparity.results.tables.run_document import document
from tests.harness.play.opened import opened
from tests.harness.report.conftest import reported, stored
from tests.harness.terminal.hostile import HOSTILE
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic

pytestmark = pytest.mark.browser


def numbers(page, header):
    """The figures of a column of the view's first table, as they are kept."""
    return page.eval_on_selector_all(
        ".numbers table:first-of-type",
        """(tables, header) => {
            const heads = [...tables[0].tHead.rows[0].cells].map((cell) => cell.textContent);
            const at = heads.indexOf(header);
            return [...tables[0].tBodies[0].rows].map((row) => [row.cells[at].title, row.cells[at].textContent]);
        }""",
        header,
    )


def test_a_planted_mistake_reads_fail(watched, planted):
    page = opened(watched, planted.address).page
    assert page.inner_text(".sentence").startswith("FAIL: 2 of 4 judged answers are wrong")
    assert "FAIL: formula" in page.inner_text(".numbers")
    assert "FAIL: 2 wrong" in page.inner_text("section.run .verdict")


def test_a_cell_opens_its_diagnosis(watched, planted):
    page = opened(watched, planted.address, "#view=parity&row=planted-tiny&column=tape").page
    assert page.inner_text(".sentence").startswith("tape on planted tiny: ok")
    page.locator("canvas").first.focus()
    page.keyboard.press("Home")  # the lowest row's first cell: numpy on the last size
    page.keyboard.press("Enter")
    page.wait_for_selector("text=numpy on planted small: FAIL: formula")
    assert "w is ½ times what it should be, everywhere" in page.inner_text(".numbers")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violations_and_no_break(watched, drawn, scheme):
    size = {"width": 390, "height": 844}
    one = opened(watched, drawn.address, color_scheme=scheme, viewport=size)
    for tab in one.page.locator("nav button").all():
        tab.click()
        one.page.wait_for_selector(".view:not(.stale) .sentence:not(:empty)")
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert one.violations() == []


def test_any_backend_is_a_reference_and_then_exactly_one(watched, drawn):
    page = opened(watched, drawn.address, "#view=timing").page
    for backend in ("numpy", "jax", "torch"):
        page.get_by_label("Reference", exact=True).select_option(backend)
        page.wait_for_selector(f"text=Time over {backend}'s, geometric mean")
        who = [text.removesuffix(" ★") for _, text in numbers(page, "backend")]
        ratios = numbers(page, f"time / {backend}'s")
        own = [told for name, told in zip(who, ratios, strict=True) if name == backend]
        assert all(told in (["1", "1.00×"], ["", "–"]) for told in own)
        assert ["1", "1.00×"] in own


def test_a_header_sorts_by_keyboard(watched, drawn):
    page = opened(watched, drawn.address, "#view=timing").page
    header = page.locator(".numbers th", has_text="median").first
    header.locator("button").focus()
    for word, down in (("ascending", False), ("descending", True)):
        page.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") == word
        found = [float(kept) for kept, _ in numbers(page, "median") if kept]
        assert found == sorted(found, reverse=down)
        assert len(found) > 20


def test_the_numbers_are_those_of_show(watched, drawn):
    with open_store(drawn.folder / ".gradparity" / "results.db", read_only=True) as store:
        told = document(*store.load(drawn.run.id))
    page = opened(watched, drawn.address, "#view=timing").page
    want = [
        row for row in told["rows"] if (row["operator"], row["dtype"]) == ("gradient", "float64")
    ]
    for header, name in (("median", "median_s"), ("error", "max_error"), ("first call", "first_s")):
        kept = [float(kept) for kept, _ in numbers(page, header) if kept]
        assert kept == [row[name] for row in want if row[name] is not None]
    shown = gradparity("show", drawn.run.id, cwd=drawn.folder).out
    for _, text in numbers(page, "median"):
        assert text in shown


def test_raw_samples_are_downloaded(watched, drawn):
    page = opened(watched, drawn.address).page
    link = page.get_attribute("a[download]", "href")
    held = json.loads(gzip.decompress(b64decode(link.split("base64,")[1])))
    with open_store(drawn.folder / ".gradparity" / "results.db", read_only=True) as store:
        assert held == document(*store.load(drawn.run.id))


def test_tables_are_read_without_script(chromium, drawn):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(drawn.address)
    text = page.inner_text("main")
    assert "gradparity show 20261123-223145-3fa9" in text
    assert "FAIL" in text
    assert page.locator("table.sortable tbody tr").count() == len(drawn.cells)
    context.close()


def test_the_state_is_in_the_address(watched, drawn):
    page = opened(watched, drawn.address, "#view=size&what=memory").page
    page.get_by_label("What is drawn").select_option("cold")
    page.wait_for_selector("text=The first call, with prepare: at")
    again = opened(watched, drawn.address, page.url[page.url.index("#") :]).page
    assert again.inner_text(".sentence") == page.inner_text(".sentence")


def hostile_cells():
    """Names that are not to be trusted, and a figure that is none in every column."""
    found = []
    for number, text in enumerate(
        [*HOSTILE, "<script>alert(1)</script>", "\u202eevil", "x" * 10_000]
    ):
        one, two, three = (
            replace(cell, problem=text, size=text) for cell in synthetic.cells(rounds=6)[:3]
        )
        bad = (math.nan, math.inf, -math.inf)[number % 3]
        samples = tuple(replace(s, seconds=bad, cpu_seconds=bad) for s in two.samples)
        found += [
            replace(one, backend="numpy", max_error=bad, bound=bad, prepare_s=bad, first_s=bad),
            replace(two, backend=text, reason=f"{text}\n{text}", oracle=text, samples=samples),
            replace(three, status="formula", reason=text, samples=(), max_error=bad),
        ]
    return found


def test_hostile_names_and_figures_are_shown_safely(watched, tmp_path):
    """The store leaves out what is no number; here it is shown as if it did not."""
    text = "".join(HOSTILE)
    run, cells = synthetic.run(suite=text, command=text), hostile_cells()
    path = tmp_path / "report.html"
    material = Material([TimedRun(run, cells, groups(run, cells))])
    path.write_text(report_page(False, material, teach=False), encoding="utf-8")
    size = {"width": 390, "height": 844}
    one = opened(watched, path.as_uri(), viewport=size)
    for tab in one.page.locator("nav button").all():
        tab.click()
        one.page.wait_for_selector(".view:not(.stale) .sentence:not(:empty)")
        assert "failed" not in one.page.get_attribute(".sentence", "class")
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert not re.search("[\u202e\u202d\u0007]", one.page.inner_text("body"))
    assert one.violations() == []


def test_only_failures_are_shown(watched, tmp_path):
    cells = [
        replace(
            cell, status="crashed", reason="signal 11", samples=(), max_error=None, first_s=None
        )
        for cell in synthetic.cells(rounds=6)[:6]
    ]
    found = reported(stored(tmp_path, synthetic.run(), cells))
    page = opened(watched, found.address).page
    assert page.inner_text(".sentence") == "Nothing was judged. 6 did not finish."
    assert page.locator("nav button").all_inner_texts() == ["Verdict", "Parity", "Problems"]


@pytest.mark.parametrize("words", [("nothing",), ()])
def test_what_is_not_there_is_one_line(tmp_path, words):
    stored(tmp_path, synthetic.run(), synthetic.cells(rounds=6)[:3])
    if not words:
        (tmp_path / ".gradparity" / "results.db").unlink()
    ended = gradparity("report", *words, cwd=tmp_path)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert not (tmp_path / "report.html").exists()
