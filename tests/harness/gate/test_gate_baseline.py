"""The baseline file, and what a run held against it is told."""

import json
from dataclasses import replace

import pytest

from gradparity.harness.gate.baseline import held_against, measured_again
from gradparity.harness.gate.baseline_file import Baseline, as_text, read
from gradparity.harness.gate.measured import Measured, SavedRow
from gradparity.harness.gate.row import exit_code
from gradparity.harness.planning.options import Options
from gradparity.harness.processes.environment import installed
from gradparity.problems import InputError
from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Run
from tests.harness.gate.gate_samples import cell

KEY = "booth tiny gradient float64 tape"
ROW = SavedRow("ok", (0.5, 0.495, 0.505), {"tape_operations": 8.0, "xla_flops": 40.0})
OPTIONS = {
    **{"backends": ["numpy", "tape"], "sizes": ["tiny"], "operators": [], "dtypes": []},
    **{"device": "cpu", "threads": 1, "seed": 0},
}
SAVED = Baseline(("booth",), OPTIONS, "numpy", "a CPU", "3.12.1", {"jaxlib": "0.10"}, {KEY: ROW})


def now(row=ROW, jaxlib="0.10", floor=0.0, **more):
    given = cell(backend="tape", status=row.verdict, **more)
    run = Run(
        "x", "", "", "", "numpy", environment=Environment(versions={"jaxlib": jaxlib}, cpu="a CPU")
    )
    return Measured(run, {KEY: given}, {KEY: row}, {KEY: floor})


def held(row=ROW, same=True, margin=0.03, saved=SAVED, **more):
    (found,) = held_against(saved, now(row, **more), margin, {}, same)
    return found


def test_the_file_comes_back_and_diffs_by_rows(tmp_path):
    second = replace(ROW, ratio=None, counters={})
    saved = replace(SAVED, rows={"z": second, KEY: ROW, "a": replace(ROW, verdict="unstable")})
    file = tmp_path / "baseline.json"
    file.write_text(as_text(saved))
    assert read(str(file)) == saved
    lines = as_text(saved).splitlines()
    rows = [line for line in lines if line.startswith("  ")]
    assert [line.split('"')[1] for line in rows] == ["a", KEY, "z"]
    assert json.loads(as_text(saved))["gradparity"] == installed("gradparity")
    changed = replace(saved, rows={**saved.rows, "z": replace(second, verdict="formula")})
    assert sum(a != b for a, b in zip(lines, as_text(changed).splitlines(), strict=True)) == 1


def test_the_plan_is_that_of_the_file_or_a_part_of_it():
    plan = SAVED.plan((), Options())
    assert [w.label for w in plan.workloads] == ["booth tiny gradient float64"]
    assert list(plan.backends) == ["numpy", "tape"]
    part = SAVED.plan(("himmelblau",), Options(backends=("tape",), dtypes=("float32",)))
    assert [w.label for w in part.workloads] == ["himmelblau tiny gradient float32"]
    assert (list(part.backends), part.reference) == (["numpy", "tape"], "numpy")


TEXT = as_text(SAVED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT[:-40], "not JSON, or cut off"),
        ("", "not JSON, or cut off"),
        ("[]", "not a baseline of gradparity"),
        ('{"format": "other"}', "not a baseline of gradparity"),
        (TEXT.replace("baseline-1", "baseline-0"), "saved by gradparity"),
        (TEXT.replace('"gradparity": "', '"gradparity": "9.'), "saved by gradparity 9."),
        (TEXT.replace('"verdict"', '"vredict"'), "damaged"),
        (TEXT.replace("[0.5, 0.495", "[0.5, 0.6"), "damaged"),
        (TEXT.replace("8.0", "NaN"), "damaged"),
        (TEXT.replace('"seed"', '"sead"'), "damaged"),
    ],
)
def test_a_file_that_is_none(tmp_path, text, message):
    file = tmp_path / "b.json"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        read(str(file))
    assert "\n" not in str(raised.value)
    assert "gradparity baseline save" in str(raised.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read(str(tmp_path / "none.json"))


def test_the_same_passes():
    row = held()
    assert row.status == "pass"
    assert (row.change.low, row.change.high) == pytest.approx((0.495 / 0.505, 0.505 / 0.495))


def test_verdicts_gate_hard():
    row = held(replace(ROW, verdict="unstable"))
    assert (row.status, row.reason) == ("regressed", "the verdict was ok, is unstable")
    wrong = held(replace(ROW, verdict="formula"))
    assert exit_code([wrong]) == 3


def test_a_verdict_that_is_lost_is_a_regression():
    assert held(replace(ROW, verdict="unsupported")).status == "regressed"
    assert held(replace(ROW, verdict="unavailable")).status == "unavailable"


@pytest.mark.parametrize("same", [True, False])
def test_counters_gate_hard_on_any_processor(same):
    row = held(replace(ROW, counters=ROW.counters | {"tape_operations": 9.0}), same)
    assert (row.status, row.reason) == ("regressed", "tape_operations was 8, is 9")
    fewer = held(replace(ROW, counters=ROW.counters | {"tape_operations": 7.0}), same)
    assert fewer.status == "improved"


def test_counters_of_another_version_of_their_library_do_not_gate():
    row = held(replace(ROW, counters=ROW.counters | {"xla_flops": 99.0}), jaxlib="0.11")
    assert row.status == "pass"
    assert row.remarks == ("xla_flops was 40, is 99, with another jaxlib",)


def test_a_counter_that_came_or_went_is_remarked():
    row = held(replace(ROW, counters={"tape_operations": 8.0, "tape_flops": 1.0}))
    assert row.status == "pass"
    assert row.remarks == ("tape_flops is new", "xla_flops is gone")


SLOW = replace(ROW, ratio=(0.6, 0.59, 0.61))


def test_a_slower_row_counts_when_it_is_slower_again():
    first = held(SLOW)
    assert first.status == "inconclusive"  # until it was measured again
    assert measured_again(first, held(SLOW)).status == "regressed"
    assert measured_again(first, held()).status == "pass"
    near = replace(ROW, ratio=(0.515, 0.505, 0.525))
    assert measured_again(first, held(near)).status == "inconclusive"


def test_a_slower_row_warns_where_the_processor_is_another():
    row = held(SLOW, same=False)
    assert row.status == "pass"
    assert row.remarks == ("slower than the baseline, which another processor made",)


def test_margin_and_floor():
    assert held(SLOW, margin=0.5).status == "pass"
    slightly = replace(ROW, ratio=(0.54, 0.535, 0.545))
    assert held(slightly).change.low > 1.03
    assert held(slightly, floor=0.2).status == "pass"


def test_a_faster_row_and_a_new_one():
    assert held(replace(ROW, ratio=(0.4, 0.39, 0.41))).status == "improved"
    assert held(saved=replace(SAVED, rows={})).status == "new"
