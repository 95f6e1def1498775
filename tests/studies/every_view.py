"""Pictures of every view, in both themes and two widths: `python -m tests.studies.every_view OUT [REPORT]`.

Of the live page; of a report, where its file is named: OUT/width-theme-view.png, and OUT/width-theme.png of the
whole page with the last of them. What is wider than its page, and what the console says, is printed.

Needs Chromium and playwright.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

WIDTHS = {1280: 900, 390: 844}
"""Of a page -> its height, in pixels."""
THEMES = ("light", "dark")
PATIENCE_MS = 300_000.0


@contextmanager
def served() -> Iterator[str]:
    """The address of a live page."""
    command = [sys.executable, "-m", "gradparity", "play", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        found = re.search(r"http://[\d.:]+/", server.stderr.readline())
        assert found is not None
        yield found[0]
        server.terminate()


def pictures(browser: Any, address: str, out: Path, only: tuple[str, ...] = ()) -> None:
    """Write one PNG for each view, theme and width of the page at this address."""
    out.mkdir(parents=True, exist_ok=True)
    for width, theme in product(WIDTHS, THEMES):
        size = {"width": width, "height": WIDTHS[width]}
        page = browser.new_page(viewport=size, color_scheme=theme)
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: print(said.type, said.text))
        page.on("pageerror", lambda error: print("error", error))
        page.goto(address)
        page.wait_for_selector("nav button")
        buttons = "buttons => buttons.map(one => one.value)"
        for name in page.eval_on_selector_all("nav button", buttons):
            if only and name not in only:
                continue
            page.locator(f"nav button[value={name}]").click()
            page.wait_for_selector(".view:not(.stale) .sentence:not(:empty)")
            page.wait_for_timeout(2500 if page.locator(".solid").count() else 400)
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                print(f"{name} is {wide} wide at {width}")
            page.locator("#views").screenshot(path=out / f"{width}-{theme}-{name}.png")
        page.screenshot(path=out / f"{width}-{theme}.png", full_page=True)
        page.close()


def main() -> None:
    """Write all of them."""
    from playwright.sync_api import sync_playwright

    out, *reports = sys.argv[1:]
    software = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=software)
        for number, report in enumerate(reports):
            pictures(browser, Path(report).resolve().as_uri(), Path(out) / f"report-{number}")
        if not reports:
            with served() as address:
                pictures(browser, address, Path(out) / "live")
        browser.close()


if __name__ == "__main__":
    main()
