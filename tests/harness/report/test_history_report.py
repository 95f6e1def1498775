"""The report's view of times and verdicts over commits."""

import pytest

from gradparity.harness.history.file import DEFAULT, write
from gradparity.harness.report.history_view import history_view
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.page import report_page
from gradparity.results.pages.charts import Points, Quantity, Rule
from tests.harness.history.drawn import SLOWER, WRONG_AT, history
from tests.harness.play.opened import opened
from tests.harness.report.conftest import stored
from tests.harness.terminal.hostile import HOSTILE
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic


def view():
    found = history_view(Material(history=history()))
    assert found is not None
    return found


def test_a_step_is_told_with_its_commit_and_a_wrong_gradient_first() -> None:
    frame = view().frames["all"]
    numpy, tape = (f"booth tiny gradient float64 {who}" for who in ("numpy", "tape"))
    commit, bad = f"{SLOWER + 1:07x}", f"{WRONG_AT + 1:07x}"
    assert frame.sentence == (
        f"FAIL: {tape} is wrong at {bad} (formula). 1 step in 12 commits; the largest: {commit} "
        f"made {numpy} slower, +30.0 % [+27.5 %, +32.6 %]."
    )
    (steps, commits) = frame.tables
    assert steps.columns["commit"] == [commit]
    assert "FAIL: formula" in commits.columns["verdict"]


def test_a_step_is_marked_where_both_measurements_agree_and_nowhere_else() -> None:
    """jax had one gate that said slower, beside the commit before; its anchor's did not."""
    marked = {}
    for row in ("numpy", "tape", "jax", "torch-(idiomatic)"):
        frame = view().frames[f"booth-tiny-gradient-float64-{row}"[:40]]
        rules = [mark for mark in frame.charts[0].marks if isinstance(mark, Rule)]
        marked[row] = [rule.at for rule in rules if rule.axis == "x"]
    assert marked == {"numpy": [SLOWER], "tape": [], "jax": [], "torch-(idiomatic)": []}


def test_numbers_of_the_table_are_those_of_the_chart() -> None:
    frame = next(frame for key, frame in view().frames.items() if key.endswith("numpy"))
    points = next(mark for mark in frame.charts[0].marks if isinstance(mark, Points))
    told = [
        one.value
        for one in frame.tables[-1].columns["time / anchor's"]
        if isinstance(one, Quantity)
    ]
    assert told == list(points.y)


def test_where_nothing_was_decided_no_step_is_no_finding() -> None:
    known = history()
    rows = {"reason": "", "status": "inconclusive", "verdict": "ok"}
    gates = [
        gate.model_copy(update={"rows": [row.model_copy(update=rows) for row in gate.rows]})
        for gate in known.gates
    ]
    found = history_view(Material(history=known.model_copy(update={"gates": gates})))
    assert found is not None
    count = sum(len(gate.rows) for gate in gates if gate.beside == "before")
    frame = found.frames["all"]
    assert frame.sentence == (
        f"No step was found in 12 commits, but {count} of {count} comparisons are inconclusive: "
        "--total-seconds gives each gate longer."
    )
    assert frame.charts[0].title.endswith(f"{count} of {count} comparisons are inconclusive")


def test_nothing_measured_is_no_view() -> None:
    assert history_view(Material()) is None
    assert history_view(Material(history=history().model_copy(update={"gates": []}))) is None


@pytest.mark.browser
def test_hostile_names_are_shown_safely(watched, tmp_path) -> None:
    text = "".join(HOSTILE).replace("\ud800", "") + "\u202e" + "x" * 10_000
    path = tmp_path / "report.html"
    material = Material(history=history(text, text))
    path.write_text(report_page(False, material, teach=False), encoding="utf-8")
    for scheme in ("light", "dark"):
        size = {"width": 390, "height": 844}
        one = opened(watched, path.as_uri(), "#view=history", color_scheme=scheme, viewport=size)
        assert one.page.inner_text(".sentence").startswith("FAIL: ")
        assert "\u202e" not in one.page.inner_text("body")
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert one.violations() == []


def test_the_history_of_the_folder_is_in_the_report(tmp_path) -> None:
    folder = stored(tmp_path, synthetic.run(), synthetic.cells(rounds=6)[:3])
    write(history(), folder / DEFAULT)
    assert gradparity("report", "--no-3d", cwd=folder).code == 0
    page = (folder / "report.html").read_text()
    assert '"name": "history"' in page or '"name":"history"' in page
    ended = gradparity("report", "--no-3d", "--history", "none.json", cwd=folder)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "there is no file none.json" in ended.err
