"""Of a run with more rows than anybody reads, those that matter are shown, and it is said which."""

import io
import re
from dataclasses import replace

from gradparity.results.records.record import Cell, Sample
from gradparity.results.tables import run_table
from gradparity.results.tables.chosen import MANY, chosen
from tests.results import synthetic

GROUPS = 300


def cell(number, backend, seconds, **more):
    samples = tuple(Sample(r, 0, 1, seconds * (1 + r / 100), 0.0, 0) for r in range(6))
    known = {"operator": "gradient", "dtype": "float64", "device": "cpu", "threads": 1}
    given = {"status": "ok", "samples": samples, **known, **more}
    return Cell(f"p{number}", "tiny", 1, backend, "portable", **given)


def cells():
    """Ratios from 1.5 on, but for p7 (0.2), p8 (1.01) and p9 (90); p11 is wrong, p12 crashed."""
    known = {7: 0.2, 8: 1.01, 9: 90.0}
    failed = {
        11: {"status": "formula", "reason": "x is 1, should be 2", "samples": ()},
        12: {"status": "crashed", "reason": "signal 9", "samples": ()},
    }
    found = []
    for number in range(GROUPS):
        ratio = known.get(number, 1.5 + number / 1000)
        found += [
            cell(number, "numpy", 1e-3),
            cell(number, "tape", 1e-3 * ratio, **failed.get(number, {})),
        ]
    return found


def printed(found, **asked):
    file = io.StringIO()
    run_table.show(synthetic.run(), found, file, True, **asked)
    return file.getvalue()


def test_the_groups_that_matter_are_shown_whole_and_in_order():
    found = chosen(synthetic.run(), cells())
    shown = [one.problem for one in found.cells]
    assert {"p7", "p8", "p9", "p11", "p12"} <= set(shown)
    assert all(shown.count(name) == 2 for name in shown)
    assert shown == sorted(shown, key=lambda name: int(name[1:]))
    assert len(shown) < 60
    # By hand: slowest p9 and p299 to p296, fastest and closest p7, p8, p0 to p3 in some order.
    assert {"p9", "p299", "p298", "p297", "p296"} <= set(shown)
    assert "p150" not in shown
    assert "600 rows in 300 groups" in found.line
    assert "2 of the 2 in which a row is wrong or failed" in found.line


def test_a_table_says_which_are_shown_and_how_to_see_all():
    told = printed(cells())
    assert f"gradparity show {synthetic.run().id} --all-rows shows all" in told
    assert "geometric mean of 298 cases" in told  # the legend is of all
    every = printed(cells(), all_rows=True)
    assert "--all-rows" not in every
    assert sum(re.match(r"p\d", line) is not None for line in every.splitlines()) == 2 * GROUPS


def test_what_can_be_read_is_shown_whole():
    few = cells()[:MANY]
    assert chosen(synthetic.run(), few).cells == few
    assert chosen(synthetic.run(), few).line == ""


def test_a_run_without_a_time_is_shown_too():
    none = [replace(one, samples=(), status="crashed") for one in cells()]
    found = chosen(synthetic.run(), none)
    assert len(found.cells) == 20
    assert "10 of the 300 in which a row is wrong or failed" in found.line
