"""Every status has one kind, one meaning and one exit code."""

import pytest

from gradparity.results.exports.junit import outcome
from gradparity.results.records import statuses
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import ExitCode, exit_code

KINDS = {
    "ok": (0, "passed"),
    "convention": (0, "passed"),
    "unstable": (0, "passed"),
    "low-precision": (0, "passed"),
    "inaccurate": (0, "passed"),
    "formula": (3, "failure"),
    "dtype-leak": (3, "failure"),
    "nonfinite": (3, "failure"),
    "crashed": (4, "error"),
    "timeout": (4, "error"),
    "out of memory": (4, "error"),
    "error": (4, "error"),
    "lost": (4, "error"),
    "unavailable": (4, "skipped"),
    "unsupported": (4, "skipped"),
}


def test_what_is_inaccurate_is_wrong_where_one_is_strict():
    for status in statuses.INACCURATE:
        assert exit_code(["ok", status], strict=True) == ExitCode.WRONG
    assert exit_code(["ok", "convention"], strict=True) == ExitCode.GOOD


def test_no_status_is_of_two_kinds_or_of_none():
    kinds = (
        *(statuses.RIGHT, statuses.INACCURATE, statuses.WRONG),
        *(statuses.UNFINISHED, statuses.SKIPPED),
    )
    assert sorted(word for kind in kinds for word in kind) == sorted(KINDS)
    assert sorted(statuses.MEANINGS) == sorted(KINDS)
    ends = (statuses.ENDED, statuses.BROKEN_OFF, statuses.UNANSWERED)
    assert len({word for kind in ends for word in kind}) == sum(map(len, ends))


@pytest.mark.parametrize("status", KINDS)
def test_a_status_alone(status):
    assert (exit_code([status]), outcome(status)) == KINDS[status]
    assert statuses.MEANINGS[status].endswith(".")


@pytest.mark.parametrize(
    ("found", "run", "code"),
    [
        (["ok", "formula", "crashed"], "finished", ExitCode.WRONG),
        (["ok", "timeout", "unsupported"], "finished", ExitCode.UNFINISHED),
        (["ok", "unsupported"], "finished", ExitCode.GOOD),
        (["budget", "diverged", "unavailable"], "finished", ExitCode.GOOD),
        (["ok"], "stopped", ExitCode.UNFINISHED),
        (["formula"], "interrupted", ExitCode.INTERRUPTED),
        ([], "finished", ExitCode.UNFINISHED),
    ],
)
def test_several_statuses(found, run, code):
    assert exit_code(found, run) is code


def test_a_cell_names_itself():
    cell = Cell("xor", "tiny", 9, "torch", "idiomatic", "gradient", "float64", "cpu", 1, "ok")
    assert (cell.label, cell.setting) == ("torch (idiomatic)", "gradient, float64, cpu, 1 thread")
