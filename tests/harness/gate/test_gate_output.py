"""What a gate prints, its exit code, and what of it GitHub shows."""

import json
from xml.etree import ElementTree

import pytest

from gradparity.harness.gate.live import Gated
from gradparity.harness.gate.output import document, junit, markdown, remarked, write
from gradparity.harness.gate.row import Change, GateRow, exit_code
from gradparity.harness.gate.words import percent, total
from tests.harness.gate.gate_samples import cell

SLOWER = Change(1.08, 1.06, 1.10, 0.004, 2, 24, 1e-3, 1.08e-3)
EQUAL = Change(1.001, 0.995, 1.007, 0.004, 2, 24, 1e-3, 1e-3)
ROWS = {
    "pass": GateRow(cell("a"), 0.03, "pass", change=EQUAL),
    "regressed": GateRow(cell("b"), 0.03, "regressed", change=SLOWER, again=SLOWER, file="b.py"),
    "improved": GateRow(cell("c"), 0.03, "improved", change=EQUAL),
    "inconclusive": GateRow(cell("d"), 0.03, "inconclusive", "the interval holds it", EQUAL),
    "new": GateRow(cell("e"), 0.03, "new", "main has no such row"),
    "formula": GateRow(cell("f", "formula"), 0.03, "formula", "w[0]: 1, should be 2\nwhy | not"),
    "crashed": GateRow(cell("g", "crashed"), 0.03, "crashed", "crashed: signal 9"),
    "unsupported": GateRow(cell("h", "unsupported"), 0.03, "unsupported", "no gradient"),
}
ALL = Gated("main (1234567)", tuple(ROWS.values()), ("noise: little",))


@pytest.mark.parametrize(
    ("statuses", "strict", "code"),
    [
        (("pass", "improved", "new"), False, 0),
        (("pass", "inconclusive"), False, 0),
        (("pass", "inconclusive"), True, 1),
        (("pass", "regressed"), False, 1),
        (("regressed", "formula", "crashed"), False, 3),
        (("regressed", "crashed"), False, 1),
        (("pass", "crashed"), False, 4),
        (("pass", "unsupported"), False, 0),
        (("unsupported",), False, 4),
        (("new",), False, 0),
    ],
)
def test_exit_codes(statuses, strict, code):
    assert exit_code([ROWS[name] for name in statuses], strict) == code


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(1.052, "+5.2 %"), (0.97, "-3.0 %"), (1.0, "+0.0 %"), (2.5, "+150 %"), (13.4, "+1,240 %")],
)
def test_percent(ratio, said):
    assert percent(ratio) == said


def test_the_table_has_the_changed_rows_alone_the_worst_first(capsys):
    write(ALL, "table", strict=False)
    out = capsys.readouterr().out
    places = [out.index(f" {problem} ") for problem in "fgbdceh"]
    assert places == sorted(places)
    assert " a " not in out
    assert "+8.0 %   [+6.0 %, +10.0 %]" in out
    assert "on fresh workers +8.0 % [+6.0 %, +10.0 %] from 2 pairs" in out
    assert "w[0]: 1, should be 2" in out
    assert out.rstrip().endswith(total(ALL.rows, ALL.against))


def test_where_all_pass_there_is_no_table(capsys):
    write(Gated("main", (ROWS["pass"],)), "table", strict=False)
    assert capsys.readouterr().out == "1 row against main: 1 pass\n"


def test_json_is_complete(capsys):
    write(ALL, "json", strict=False)
    found = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == 3
    assert [row["status"] for row in found["rows"]] == list(ROWS)
    assert found["rows"][1]["change"]["ratio"] == 1.08
    assert found["summary"]["pass"] == 1
    assert document(Gated("x", (ROWS["inconclusive"],)), strict=True)["exit_code"] == 1


def test_junit():
    root = ElementTree.fromstring(junit(ALL))
    assert {k: root.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
    }
    failed = {
        case.get("classname") for case in root.iter("testcase") if case.find("failure") is not None
    }
    assert failed == {"b.tiny", "f.tiny"}
    assert ElementTree.fromstring(junit(ALL, strict=True)).get("failures") == "3"


def test_junit_escapes_what_xml_cannot_hold():
    row = GateRow(cell("x", "error"), 0.03, "error", "a\x1b[31m<b>")
    root = ElementTree.fromstring(junit(Gated("x", (row,))))
    assert root.find(".//error").get("message") == "a\\u001b[31m<b>"


def test_annotations():
    found = {note.title.split()[1]: note.level for note in remarked(ALL)}
    assert found == {
        "wrong:": "error",
        "crashed": "error",
        "regressed": "error",
        "inconclusive": "warning",
        "improved": "notice",
    }
    (slow,) = [note for note in remarked(ALL) if "regressed" in note.title]
    assert slow.file == "b.py"
    assert slow.message.startswith("+8.0 % [+6.0 %, +10.0 %], margin 3 %")


def test_the_steps_summary_is_written_whatever_the_form(tmp_path, monkeypatch, capsys):
    target = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(target))
    write(ALL, "github", strict=False)
    assert capsys.readouterr().out.count("::error ") == 3
    text = target.read_text()
    assert text == markdown(ALL)
    assert "| b | tiny | gradient | float64 | numpy | regressed |" in text


def test_a_summary_stays_under_200_kb():
    rows = tuple(
        GateRow(cell(f"p{i}", "formula"), 0.03, "formula", "x" * 3000) for i in range(3000)
    )
    assert len(markdown(Gated("main", rows)).encode()) < 200_000
