"""What the script draws, as the SVG that it writes: read by node, without a browser."""

import re
import subprocess
from shutil import which

import pytest

from gradparity.results.pages.bundle import script
from gradparity.results.pages.charts import (
    Axis,
    Chart,
    Contours,
    Heat,
    Label,
    Points,
    Polyline,
    Rule,
)
from gradparity.results.pages.encoding import encoded

pytestmark = pytest.mark.skipif(which("node") is None, reason="there is no node to run it")

DRAW = """
globalThis.document = { getElementById: () => null };
%s
const colours = { paper: "white", ink: "black", words: "grey", grid: "silver", a: "blue", b: "brown" };
console.log(asSvg(decoded(%r), (role) => colours[role] ?? role, undefined, 600, 400));
"""


def svg(tmp_path, *marks):
    """The SVG of a chart of these marks."""
    chart = Chart(
        "c", "A chart", Axis("x", low=0.0, high=10.0), Axis("y", low=0.0, high=1.0), marks
    )
    (tmp_path / "draw.mjs").write_text(DRAW % (script(), encoded(chart)))
    ended = subprocess.run(["node", tmp_path / "draw.mjs"], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("marker", ["cross", "plus"])
def test_markers_of_strokes_have_their_colour(tmp_path, marker, filled):
    """They have no inside: an edge of paper, as filled markers have it, would hide them."""
    drawn = svg(tmp_path, Points([2.0, 4.0], [0.5, 0.6], "", "b", marker, filled=filled))
    assert drawn.count('stroke="brown"') == 4
    assert 'stroke="white"' not in drawn


def test_labels_of_rules_near_each_other_stand_below_each_other(tmp_path):
    rules = [
        Rule(at, name) for at, name in ((4.0, "2/λmax"), (4.3, "2 (1 + μ)/λmax"), (9.0, "far"))
    ]
    found = re.findall(r"translate\(([\d.]+) ([\d.]+)\)[^>]*>([^<]*)</text>", svg(tmp_path, *rules))
    height = {name: float(y) for _, y, name in found if name in ("2/λmax", "2 (1 + μ)/λmax", "far")}
    assert height["2 (1 + μ)/λmax"] - height["2/λmax"] >= 12.0
    assert height["far"] == height["2/λmax"]


def test_words_on_lines_have_paper_around_them(tmp_path):
    drawn = svg(
        tmp_path, Label(5.0, 0.5, "here"), Rule(4.0, "across"), Rule(0.2, "along", axis="y")
    )
    for words in ("here", "across", "along"):
        (text,) = re.findall(rf"<text [^>]*>{words}</text>", drawn)
        assert (
            'stroke="white" stroke-width="3" stroke-linejoin="round" paint-order="stroke"' in text
        )


def test_contours_are_a_path_for_each_level_where_the_level_is(tmp_path):
    """Of z = x the level 5 is the line x = 5."""
    side = [0.0, 2.5, 7.5, 10.0]
    contours = Contours(side, [0.0, 0.5, 1.0], [side] * 3, [5.0, 8.0])
    one = Polyline([5.0, 5.0], [0.0, 1.0], "", "a")
    drawn = svg(tmp_path, contours, one)
    levels = re.findall(
        r'<path d="([^"]*)" fill="none" stroke="grey" stroke-width="1"[^>]*opacity', drawn
    )
    level = next(path for path in levels if path.count("M") == 2)
    (line,) = re.findall(r'<path d="M([\d.]+) [^"]*" fill="none" stroke="blue"', drawn)
    assert set(re.findall(r"[ML]([\d.]+) ", level)) == {line}


def test_a_map_has_every_cell_and_nothing_where_there_is_no_number(tmp_path):
    drawn = svg(tmp_path, Heat([0, 1, 2], [0, 1], [[0.0, 0.5, 1.0], [1.0, float("nan"), 0.0]]))
    colours = re.findall(r'<rect x="[^"]*" y="[^"]*" [^>]*fill="(rgb[^"]*)"', drawn)
    assert len(colours) == 5
    assert len(set(colours)) == 3
