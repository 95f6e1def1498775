"""What the script draws, as the SVG that it writes: read by node, without a browser."""

import re
import subprocess
from itertools import pairwise
from shutil import which

import numpy as np
import pytest

from gradparity.results.pages.bundle import script
from gradparity.results.pages.charts import (
    Axis,
    Bars,
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


X, Y = Axis("x", low=0.0, high=10.0), Axis("y", low=0.0, high=1.0)


def svg(tmp_path, *marks, x=X, y=Y):
    """The SVG of a chart of these marks."""
    chart = Chart("c", "A chart", x, y, marks)
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


def test_labels_of_rules_near_each_other_are_clear_of_words_and_rules(tmp_path):
    rules = [
        Rule(at, name) for at, name in ((4.0, "2/λmax"), (4.3, "2 (1 + μ)/λmax"), (9.0, "far"))
    ]
    drawn = svg(tmp_path, *rules)
    found = placed(drawn)
    lines = sorted(
        {float(x) for x in re.findall(r'd="M([\d.]+) [\d.]+L\1 [\d.]+"[^>]*dasharray="5', drawn)}
    )
    assert len(lines) == 3
    left, right, far = found["2/λmax"], found["2 (1 + μ)/λmax"], found["far"]
    assert left[0] < lines[0]  # to its right there is no room before the next rule
    assert lines[1] < right[0] < lines[2]
    assert far[0] < lines[2]  # as it is near the end


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


def placed(drawn):
    """Words -> (x, y) of the SVG's text, of words that stand there once."""
    found = re.findall(r"translate\(([\d.]+) ([\d.]+)\)[^>]*>([^<]*)</text>", drawn)
    return {words: (float(x), float(y)) for x, y, words in found}


def test_a_label_of_a_rule_stands_below_the_crosses_that_stand_at_the_top(tmp_path):
    rule = Rule(4.0, "2/λmax")
    alone = placed(svg(tmp_path, rule))["2/λmax"]
    crossed = svg(tmp_path, rule, Points([4.2], [0.98], "", "b", "cross"))
    ends = [
        float(y)
        for y in re.findall(
            r"[ML][\d.]+ ([\d.]+)",
            " ".join(re.findall(r'd="([^"]*)" [^>]*stroke="brown"', crossed)),
        )
    ]
    assert alone[1] - 6 < max(ends)  # it would meet the cross
    assert placed(crossed)["2/λmax"][1] - 5.5 >= max(ends) - 1


def test_numbers_that_would_stand_on_each_other_are_left_to_the_pointer(tmp_path):
    near = [Label(2.0 + 0.2 * k, 0.5, f"0.1234{k}", anchor="middle") for k in range(6)]
    far = [Label(6.0, 0.5, "0.99999", anchor="middle"), Label(2.2, 0.7, "0.88888", anchor="middle")]
    found = placed(svg(tmp_path, *near, *far))
    assert {"0.12340", "0.99999", "0.88888"} <= found.keys()
    row = sorted(x for words, (x, _) in found.items() if words.startswith("0.1234"))
    assert 1 <= len(row) < 6
    assert all(b - a >= 0.5 * 12 * 7 for a, b in pairwise(row))


def test_a_number_at_the_edge_is_moved_inside(tmp_path):
    found = placed(svg(tmp_path, Label(10.0, 0.5, "0.12345", anchor="middle")))
    inside = placed(svg(tmp_path, Label(5.0, 0.5, "0.12345", anchor="middle")))
    right = 600 - 14  # of the axes
    half = 0.5 * 0.58 * 12 * 7
    assert found["0.12345"][0] == pytest.approx(right - half, abs=0.02)
    assert inside["0.12345"][0] < right - half


def test_every_name_under_bars_is_there_and_counts_say_themselves(tmp_path):
    names = [f"torch (idiomatic {k})" for k in range(8)]
    axis = Axis("backend", ticks=[(float(k), name) for k, name in enumerate(names)])
    bars = Bars(names, [0, 11, 22, 33, 44, 55, 66, 77])
    found = placed(svg(tmp_path, bars, x=axis, y=Axis("rows", low=0.0, high=99.0, whole=True)))
    assert set(names) <= found.keys()
    assert {"11", "33", "77"} <= found.keys()
    drawn = svg(tmp_path, bars, x=axis, y=Axis("rows", low=0.0, whole=True))
    assert "77" in placed(drawn)  # the highest one's, too
    assert drawn.count("rotate(-90)") == 1 + len(names)  # upright, and the name of the axis
    places = sorted(found[name][0] for name in names)
    assert min(np.diff(places)) >= 13.0
    assert found["backend"][1] > max(found[name][1] for name in names)
