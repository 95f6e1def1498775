"""The widget moved in a real JupyterLab: `python -m tests.studies.jupyterlab PATH/TO/bin/jupyter`.

Needs Chromium, playwright, and an environment of its own that has jupyterlab and anywidget; the kernel is this
Python. A slider is dragged, arrow keys are pressed, a number is typed and entered, and keys that are commands of
JupyterLab's (d d deletes a cell) are pressed in the view. Each is held against the slope of the profit in closed
form. Prints a line each, and ends with 1 where one is not so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

A, B, COST = 1000.0, 8.0, 35.0
"""Demand at price 0, what is lost per 1 more, unit cost: the defaults of the view."""

WAIT_MS = 120_000
CODE = "import gradparity as gp\ngp.play('slope', p=60.0)"
OUTPUT = ".jp-OutputArea"


def slope(p: float) -> float:
    """d/dp of (p - c)(a - b p)."""
    return A - 2.0 * B * p + B * COST


@contextmanager
def laboratory(jupyter: str):
    """The address of a JupyterLab with a notebook that plays, on a kernel of this Python."""
    with TemporaryDirectory() as there:
        folder = Path(there)
        kernel = folder / "kernels" / "this"
        kernel.mkdir(parents=True)
        started = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": started, "display_name": "this", "language": "python"}
        path = os.pathsep.join(filter(None, sys.path))
        (kernel / "kernel.json").write_text(json.dumps({**spec, "env": {"PYTHONPATH": path}}))
        cell: dict[str, Any] = {"cell_type": "code", "id": "one", "metadata": {}, "outputs": []}
        book = {
            "cells": [{**cell, "execution_count": None, "source": CODE}],
            "metadata": {"kernelspec": {"name": "this", "display_name": "this"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (folder / "live.ipynb").write_text(json.dumps(book))
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        command = [jupyter, "lab", "--no-browser", "--allow-root", f"--port={port}"]
        command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
        environment = {**os.environ, "JUPYTER_PATH": str(folder)}
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as server:
            for _ in range(240):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.5)
            try:
                yield f"http://127.0.0.1:{port}/lab/tree/live.ipynb"
            finally:
                server.terminate()


def moved(page: Any) -> dict[str, bool]:
    """What was done -> whether the picture and its sentence followed."""
    sentence = page.locator(f"{OUTPUT} .sentence")
    slider = page.locator(f"{OUTPUT} #control-p")
    exact = page.get_by_label("Price p, exactly")
    picture = page.locator(f"{OUTPUT} canvas").first

    def told(p: float) -> bool:
        """Whether the sentence comes to tell the slope at p, and the field beside the slider p."""
        text = (
            f"At {p:.2f}, 1 more {'earns' if slope(p) > 0 else 'loses'} about {abs(slope(p)):,.2f}"
        )
        sentence.filter(has_text=text).wait_for(timeout=WAIT_MS)
        return float(exact.input_value()) == p

    def drawn() -> str:
        return picture.evaluate("canvas => canvas.toDataURL()")

    found = {"the first answer": told(60.0)}
    first = drawn()
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=8)
    page.wait_for_timeout(500)
    found["dragged, before it is let go"] = told(float(exact.input_value())) and drawn() != first
    page.mouse.up()
    at = float(exact.input_value())
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_timeout(500)
    found["arrow key"] = float(exact.input_value()) > at and told(float(exact.input_value()))
    exact.fill("")
    exact.press_sequentially("123")
    exact.press("Enter")
    found["typed and entered"] = told(123.0)
    cells = page.locator(".jp-Cell").count()
    slider.focus()
    for key in ("d", "d", "x", "1"):
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    whole = (
        page.locator(".jp-Cell").count() == cells and not page.locator(".jp-MarkdownCell").count()
    )
    found["its keys are no commands"] = whole
    return found


def main() -> int:
    """Print what followed; 1 where something did not."""
    from playwright.sync_api import sync_playwright

    with laboratory(sys.argv[1]) as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address, timeout=WAIT_MS)
        page.get_by_text("this | Idle").wait_for(timeout=WAIT_MS)
        page.locator(".jp-CodeCell .cm-content").first.click(timeout=WAIT_MS)
        page.keyboard.press("Shift+Enter")
        page.locator(f"{OUTPUT} .sentence").wait_for(timeout=WAIT_MS)
        found = moved(page)
        version = page.evaluate("() => document.getElementById('jupyter-config-data').textContent")
        browser.close()
    told = re.search(r'"appVersion": ?"([^"]+)"', version)
    print(f"JupyterLab {told[1] if told else 'of an unknown version'}")
    for what, followed in found.items():
        print(f"{'yes' if followed else 'NO ':<4}{what}")
    for one in complaints:
        print(f"NO  complaint: {one}")
    return 0 if all(found.values()) and not complaints else 1


if __name__ == "__main__":
    sys.exit(main())
