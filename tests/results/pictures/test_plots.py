from __future__ import annotations

import io
import struct
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from gradparity.results.colours.backends import FURTHER, KNOWN, style
from gradparity.results.pictures.error_picture import error_figure
from gradparity.results.pictures.plots import RC, draw
from gradparity.results.pictures.time_picture import main_setting, time_figure
from gradparity.results.records.record import Cell
from tests.results import synthetic

RUN = synthetic.run()
CELLS = synthetic.cells(rounds=7)


def _words(figure: Figure) -> list[str]:
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [text.get_text() for text in texts]


def test_pictures_are_valid_and_the_same_every_time(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    first = draw(RUN, CELLS, tmp_path / "a" / "b")
    second = draw(RUN, CELLS, tmp_path / "c")
    assert dict(mpl.rcParams) == before
    assert [path.name for path in first] == ["time.svg", "time.png", "error.svg", "error.png"]
    for one, other in zip(first, second, strict=True):
        content = one.read_bytes()
        assert content == other.read_bytes()
        if one.suffix == ".png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
            width, height = struct.unpack(">II", content[16:24])
            assert width > 600
            assert height > 300
        else:
            assert ET.parse(io.BytesIO(content)).getroot().tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [replace(CELLS[0], samples=(), status="crashed", max_error=None)],
        CELLS[:3],
        [replace(CELLS[0], problem="k", size=size) for size in ("tiny", "small")],
        [replace(CELLS[0], parameters=n, size=str(n)) for n in (0, 5)],
        [replace(CELLS[0], max_error=float("nan")), replace(CELLS[1], max_error=float("inf"))],
    ],
    ids=["none", "untimed", "one size", "grows in data", "no parameters", "not finite"],
)
def test_small_and_odd_runs_can_be_drawn(cells: list[Cell], tmp_path: Path) -> None:
    for path in draw(RUN, cells, tmp_path):
        assert path.stat().st_size > 1000


def test_lines_pass_through_the_medians() -> None:
    cells = [cell for cell in CELLS if cell.problem == "rosenbrock" and cell.backend == "numpy"]
    axes = time_figure(RUN, cells[::-1]).axes[0]
    (line,) = axes.lines
    assert np.asarray(line.get_xdata()).tolist() == [2, 1_000, 100_000, 1_000_000]
    medians = [sorted(sample.seconds for sample in cell.samples)[3] for cell in cells]
    assert np.asarray(line.get_ydata()).tolist() == medians
    assert line.get_color() == "#0072B2"


def test_what_was_not_timed_is_named_in_the_picture() -> None:
    words = _words(time_figure(RUN, CELLS))
    assert "jax: wrong: formula at 17" in words
    assert "torch: timeout at 1M" in words


def test_the_error_map_has_the_worst_figure_or_the_word() -> None:
    figures = [replace(CELLS[0], size=s, max_error=e) for s, e in (("a", 2e-16), ("b", 3.4e-13))]
    words = _words(error_figure(RUN, figures))
    assert "3.4e-13" in words
    assert "2.0e-16" not in words
    words = _words(error_figure(RUN, CELLS))
    for word in ("wrong:\nformula", "timeout", "crashed", "unsupported"):
        assert word in words
    assert "92 answers judged, 1 wrong" in words


def test_the_picture_shows_gradients_in_float64_if_there_are_any() -> None:
    cells = synthetic.cells(("float32", "float64"), ("value", "gradient"), rounds=2)
    assert main_setting(cells) == "gradient, float64, cpu, 1 thread"
    values = [cell for cell in cells if cell.operator == "value"]
    assert main_setting(values) == "value, float64, cpu, 1 thread"
    assert main_setting([]) is None


def test_backends_keep_the_colours_of_the_design() -> None:
    design = {"numpy": "#0072B2", "jax": "#D55E00", "torch": "#007A5A", "tape": "#A8487F"}
    assert {name: style(name).colour for name in design} == design
    assert len({known.marker for known in (*KNOWN.values(), *FURTHER)}) == len(KNOWN) + len(FURTHER)


def test_a_variant_is_lighter_and_an_unknown_backend_is_stable() -> None:
    # 35 % of the way to white: 0 -> 89, 122 -> 169, 90 -> 148.
    assert style("torch", "idiomatic").colour == "#59A994"
    assert style("torch", "idiomatic").marker == style("torch").marker
    assert style("mine") == style("mine")
    assert style("mine") in FURTHER


def test_every_colour_can_be_seen_on_white() -> None:
    for known in (*KNOWN.values(), *FURTHER):
        channels = [int(known.colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 3.0  # WCAG 2.2, graphical objects


def test_the_settings_of_the_pictures_are_known_to_matplotlib() -> None:
    assert set(RC) <= set(mpl.rcParams)


def test_what_a_user_calls_things_is_text_in_a_picture(tmp_path: Path) -> None:
    names = ("$x^2$", r"$\\frac", "\x1b[31m", "a\u202eb", "<b>&--", "\ud800")
    hostile = [
        replace(cell, problem=name, backend="numpy")
        for name in names
        for cell in synthetic.cells(rounds=6)[:1]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the font has not every letter
        for path in draw(synthetic.run(), hostile, tmp_path):
            if path.suffix == ".svg":
                text = path.read_text()
                ET.fromstring(text)
                assert "$x^2$" in text
