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
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gradparity.backends.catalogue import BACKENDS
from gradparity.results.colours.backends import FURTHER, KNOWN, style
from gradparity.results.colours.dark import darkened
from gradparity.results.pictures.error_picture import error_figure
from gradparity.results.pictures.looks import KINDS, RC, STYLES, Output, drawing, dress
from gradparity.results.pictures.memory_picture import PAGE, memory_figure
from gradparity.results.pictures.plots import PICTURES, draw
from gradparity.results.pictures.ratio_pictures import dtype_figure, forward_figure
from gradparity.results.pictures.time_picture import main_setting, time_figure
from gradparity.results.records.record import Cell, Sample
from tests.results import synthetic

RUN = synthetic.run()
CELLS = synthetic.cells(rounds=7)


def _words(figure: Figure) -> list[str]:
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [text.get_text() for text in texts]


def test_pictures_are_valid_and_the_same_every_time(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    first = draw(RUN, CELLS, tmp_path / "a" / "b").paths
    second = draw(RUN, CELLS, tmp_path / "c").paths
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
    for path in draw(RUN, cells, tmp_path).paths:
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


@pytest.mark.parametrize("backends", [1, 5])
def test_no_words_leave_the_error_map(backends) -> None:
    who = list(dict.fromkeys(cell.backend for cell in CELLS))[:backends]
    figure = error_figure(RUN, [cell for cell in CELLS if cell.backend in who])
    renderer = FigureCanvasAgg(figure).get_renderer()
    page = figure.bbox
    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1, text.get_text()
        assert box.y1 <= page.y1


def test_the_error_map_has_the_worst_figure_or_the_word() -> None:
    # In multiples of what rounding does: 3 and 12.5 times 2^-52; of a bound of 128, half as much.
    figures = [
        replace(CELLS[0], size=s, max_error=u * 2.0**-52, bound=64 * 2.0**-52)
        for s, u in (("a", 3.0), ("b", 12.5))
    ]
    words = _words(error_figure(RUN, figures))
    assert "12" in words
    assert "3.0" not in words
    wide = [replace(cell, bound=128 * 2.0**-52) for cell in figures]
    assert "6.2" in _words(error_figure(RUN, wide))
    words = _words(error_figure(RUN, CELLS))
    for word in ("wrong:\nformula", "timeout", "crashed", "unsupported"):
        assert word in words
    assert any(one.startswith("92 answers judged, 1 wrong") for one in words)


def test_the_picture_shows_gradients_in_float64_if_there_are_any() -> None:
    cells = synthetic.cells(("float32", "float64"), ("value", "gradient"), rounds=2)
    assert main_setting(cells) == "gradient, float64, cpu, 1 thread"
    values = [cell for cell in cells if cell.operator == "value"]
    assert main_setting(values) == "value, float64, cpu, 1 thread"
    assert main_setting([]) is None


def test_backends_keep_the_colours_of_the_design() -> None:
    design = {"numpy": "#0072B2", "jax": "#D55E00", "torch": "#007A5A", "tape": "#A8487F"}
    assert {name: style(name).colour for name in design} == design
    # In grey, and to the colour-blind, lines are told apart by what is not colour.
    looks = {(one.marker, one.dash, one.filled) for one in (*KNOWN.values(), *FURTHER)}
    assert len(looks) == len(KNOWN) + len(FURTHER)
    assert set(KNOWN) == set(BACKENDS)


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


@pytest.mark.parametrize("style", STYLES)
def test_what_a_user_calls_things_is_text_in_a_picture(tmp_path: Path, style: str) -> None:
    names = ("$x^2$", r"$\\frac", "\x1b[31m", "a\u202eb", "<b>&--", "\ud800")
    hostile = [
        replace(cell, problem=name, backend="numpy")
        for name in names
        for cell in synthetic.cells(rounds=6)[:1]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the font has not every letter
        paths = draw(synthetic.run(), hostile, tmp_path, Output(KINDS, style), PICTURES).paths
    texts = {path.stem: path.read_text() for path in paths if path.suffix == ".svg"}
    for name, text in texts.items():
        ET.fromstring(text)
        assert "$x^2$" in text or "-" in name  # a slide's further pages have the other names


def _lines(figure: Figure) -> dict[str, tuple[list[float], list[float]]]:
    """The lines of the first panel, by colour."""
    return {
        str(line.get_color()): (
            np.asarray(line.get_xdata()).tolist(),
            np.asarray(line.get_ydata()).tolist(),
        )
        for line in figure.axes[0].lines
    }


def _timed(seconds: float, n: int, rng: np.random.Generator, **changes: object) -> Cell:
    samples = tuple(
        Sample(r, 0, 1, float(s), float(s))
        for r, s in enumerate(seconds * np.exp(rng.normal(0, 0.01, 9)))
    )
    return replace(CELLS[0], parameters=n, size=str(n), samples=samples, **changes)  # type: ignore[arg-type]


def test_ratios_are_those_of_medians() -> None:
    rng = np.random.default_rng(3)
    cells = [
        _timed(1e-6 * n * (3 if op == "gradient" else 1), n, rng, operator=op, dtype=dtype)
        for n in (10, 100)
        for op in ("gradient", "value")
        for dtype in ("float64", "float32")
    ]
    median = {
        (c.parameters, c.operator, c.dtype): float(np.median([s.seconds for s in c.samples]))
        for c in cells
    }
    x, y = _lines(forward_figure(RUN, cells))["#0072B2"]
    assert x == [10, 100]
    of = [median[n, "gradient", "float64"] / median[n, "value", "float64"] for n in (10, 100)]
    assert y == pytest.approx(of, rel=1e-12)
    x, y = _lines(dtype_figure(RUN, cells))["#0072B2"]
    of = [median[n, "gradient", "float64"] / median[n, "gradient", "float32"] for n in (10, 100)]
    assert y == pytest.approx(of, rel=1e-12)
    assert "3.0 with numpy" in _words(forward_figure(RUN, cells))[0]


def test_memory_is_what_the_record_says_a_page_at_least() -> None:
    cells = [
        replace(CELLS[0], parameters=n, size=str(n), peak_bytes=b) for n, b in ((5, 0), (50, 9000))
    ]
    figure = memory_figure(RUN, cells)
    assert _lines(figure)["#0072B2"] == ([5, 50], [PAGE, 9000])
    assert "8.79 KiB" in _words(figure)[0]


def test_a_crossover_is_marked_where_the_curves_meet() -> None:
    """1e-6 n and 1e-7 n^1.5 meet at n = 100; at 1e-4 s."""
    rng = np.random.default_rng(4)
    cells = [
        _timed(time, n, rng, backend=backend)
        for n in (10, 1000)
        for backend, time in (("numpy", 1e-6 * n), ("jax", 1e-7 * n**1.5))
    ]
    figure = time_figure(RUN, cells)
    (text,) = [text for text in figure.axes[0].texts if "numpy from" in text.get_text()]
    assert text.xy == pytest.approx((100, 1e-4), rel=0.02)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    untold = [replace(cell, peak_bytes=None) for cell in CELLS]
    drawn = draw(RUN, untold, tmp_path, Output(("svg",)), PICTURES)
    assert set(drawn.skipped) == {"forward", "dtypes", "memory"}
    assert [path.name for path in drawn.paths] == ["time.svg", "error.svg"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_style_and_kind_has_the_same_bytes_twice(
    style: str, kind: str, tmp_path: Path
) -> None:
    some = [cell for cell in CELLS if cell.problem in ("xor", "beale")]
    output = Output((kind,), style)
    one, other = (draw(RUN, some, tmp_path / name, output).paths for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    magic = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[kind]
    assert all(path.read_bytes().startswith(magic) for path in one)


def test_a_dark_page_is_dark_and_its_backends_have_their_dark_colours(tmp_path: Path) -> None:
    some = [cell for cell in CELLS if cell.problem == "rosenbrock"]
    (path,) = draw(RUN, some, tmp_path, Output(("svg",), "dark"), ["time"]).paths
    text = path.read_text().lower()
    for colour in ("#56b4e9", "#e69f00", "#009e73"):  # of the design: numpy, jax, torch
        assert colour in text
    for colour in ("#0072b2", "#d55e00", "#007a5a", "#ffffff"):
        assert colour not in text


def test_lightness_is_turned_and_hue_stays() -> None:
    greys = darkened([[1.0, 1, 1], [0.5, 0.5, 0.5], [0, 0, 0]])
    assert np.ptp(greys, axis=1).max() < 1e-3
    assert greys[0, 0] < 0.15 < greys[1, 0] < 0.95 < greys[2, 0] + 0.1
    light = darkened([0.9, 0.7, 0.6], seen=True)  # a light line stays one
    assert light @ [0.2126, 0.7152, 0.0722] > 0.35
    red, green, blue = darkened([0.5, 0.1, 0.1])
    assert red > green == pytest.approx(blue, abs=0.1)


def test_a_talk_has_thicker_lines_than_paper(tmp_path: Path) -> None:
    with drawing():
        figure = time_figure(RUN, [cell for cell in CELLS if cell.problem == "xor"])
        before = [line.get_linewidth() for line in figure.axes[0].lines]
        dress(figure, "talk")
    after = [line.get_linewidth() for line in figure.axes[0].lines]
    assert after == pytest.approx([1.6 * width for width in before])


def test_a_name_of_any_length_leaves_room_for_its_row(tmp_path: Path) -> None:
    one = next(cell for cell in CELLS if cell.samples)
    cells = [replace(one, problem=name * 300) for name in "ab"]
    assert draw(RUN, cells, tmp_path).skipped == {}
    (axes,) = time_figure(RUN, cells).axes
    assert axes.get_position().width > 0.3


@pytest.mark.parametrize("projection", [None, "3d"])
def test_a_dark_page_is_dark_under_contours_and_behind_surfaces(projection: str | None) -> None:
    """Lines of equal height have no inside to fill; the walls of a box are nobody's children."""
    x = np.linspace(-1.0, 1.0, 30)
    z = x**2 + x[:, None] ** 2
    with drawing():
        figure = Figure(figsize=(3, 3))
        axes = figure.add_subplot(projection=projection)
        axes.contour(x, x, z, levels=[0.3, 0.6, 0.9], colors="#555555")
        FigureCanvasAgg(figure)
        dress(figure, "dark")
        kept = io.BytesIO()
        figure.savefig(kept, format="rgba")
    pixels = np.frombuffer(kept.getvalue(), np.uint8).reshape(-1, 4)[:, :3]
    assert np.mean(pixels.mean(axis=1) < 64) > 0.85


def test_where_another_u_is_allowed_the_picture_of_errors_says_so() -> None:
    half = replace(CELLS[0], dtype="bfloat16", bound=8 * 2.0**-7, max_error=2.0**-7)
    same = replace(CELLS[1], bound=64 * 2.0**-52)
    words = " ".join(_words(error_figure(RUN, [half, same])))
    assert "scaled to 64 where the judge allows another u: 8.0 in bfloat16" in " ".join(
        words.split()
    )
    assert "scaled" not in " ".join(_words(error_figure(RUN, [same])))
