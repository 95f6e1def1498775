"""Pictures of the live page for the tutorial: `python -m tests.studies.screenshots`, into docs/.

NAMES of some behind it: those alone.

Needs Chromium and playwright. Only what is below a view's controls is kept: sentence and charts.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

SHOWN = {
    "slope": "view=slope&rate=0.124&step=6",
    "price-and-ads": "view=descent&surface=price-ad&rate=0.11&step=100",
    "flow": "view=flow&activation=tanh&mistake=no+slope&depth=4&theme=dark",
    "descent": "view=descent&surface=bounded-saddle&rate=0.1&x0=1&y0=0.01&first=momentum&beside=map",
    "xor": "view=xor&hidden=3&steps=2000&seeds=true&theme=dark",
}
"""Picture -> the state of the page, as it stands in its address."""

HIDDEN = "header, h2, .lead, .presets, .controls, .prediction, .keep, details, .numbers, .time"


@contextmanager
def live_page():
    """shown(address, width) -> the live page in that state, without what stands around the view."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "gradparity", "play", "--port", "0", "--no-open"]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server,
        sync_playwright() as p,
    ):
        found = re.search(r"http://[\d.:]+/", server.stderr.readline())
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def shown(address, width=1280):
            page = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=1)
            page.goto(f"{found[0]}#{address}")
            page.wait_for_selector(".sentence:not(:empty)", timeout=120_000)
            hide = f"{HIDDEN}, .view > div:has(.prediction) {{ display: none !important }}"
            page.evaluate(
                "css => document.body.insertAdjacentHTML('beforeend', `<style>${css}</style>`)",
                hide,
            )
            page.wait_for_timeout(400)
            return page

        yield shown
        browser.close()
        server.terminate()


def main() -> None:
    """Write one PNG for each of `SHOWN`."""
    with live_page() as shown:
        for name in sys.argv[1:] or SHOWN:
            page = shown(SHOWN[name])
            page.locator("section.view").screenshot(path=DOCS / f"play-{name}.png")
            page.close()


if __name__ == "__main__":
    main()
