from __future__ import annotations

import builtins
import json
import re
import subprocess
import sys
from dataclasses import replace
from statistics import median
from xml.etree import ElementTree

import pytest

from gradparity.results.exports import junit, latex
from gradparity.results.exports.catalogue import FORMATS, export
from gradparity.results.records.errors import ExportError
from gradparity.results.records.record import Sample
from tests.results import synthetic

RUN = synthetic.run()
CELLS = synthetic.cells(dtypes=("float64", "float32"))
TIMED = [cell for cell in CELLS if cell.samples]
HOSTILE = replace(
    CELLS[0],
    problem="a&b_%$#{}~^\\<i>|[x]",
    backend="t\x00\x1b[31m\"'",
    status="wrong gradient",
    reason="w[0] \x07 ]]> \ud800 \ufffe\nshould be <1> & not 2",
    samples=(),
)


def _export(form, cells=CELLS, run=RUN) -> str:
    return export(form, run, cells).decode()


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "parquet"])
@pytest.mark.parametrize("cells", [[], CELLS, [replace(CELLS[0], samples=())]])
def test_every_format_is_text_that_ends_with_a_newline(form, cells):
    assert _export(form, cells).endswith("\n")


def test_pytest_benchmark_reads_its_json(tmp_path):
    file = tmp_path / "run.json"
    file.write_text(_export("pytest-benchmark"))
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(file), "--csv=out.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "Failed to load" not in done.stdout + done.stderr
    assert "mlp-digits large" not in done.stdout  # the synthetic run has none
    assert "benchmark 'mlp-digits medium (gradient, float32, cpu, 1 thread)': 5 tests" in (
        re.sub(r"-{2,} ?", "", done.stdout)
    )
    assert len((tmp_path / "out.csv").read_text().splitlines()) == len(TIMED) + 1


def test_pytest_benchmark_statistics_are_those_of_pytest_benchmark():
    from pytest_benchmark.stats import Stats

    benchmarks = json.loads(_export("pytest-benchmark"))["benchmarks"]
    assert len(benchmarks) == len(TIMED)
    assert len({found["fullname"] for found in benchmarks}) == len(TIMED)
    for found, cell in zip(benchmarks[:20], TIMED, strict=False):
        theirs = Stats()
        for sample in cell.samples:
            theirs.update(sample.seconds)
        for name, value in theirs.as_dict().items():
            expected = pytest.approx(value) if isinstance(value, float) else value
            assert found["stats"][name] == expected, name
        assert found["stats"]["iterations"] == max(sample.calls for sample in cell.samples)


def test_a_single_sample_has_a_statistic():
    (found,) = json.loads(
        _export("pytest-benchmark", [replace(CELLS[0], samples=(Sample(0, 0, 3, 2.0, 2.0),))])
    )["benchmarks"]
    stats = found["stats"]
    assert (stats["q1"], stats["q3"], stats["stddev"], stats["ops"]) == (2.0, 2.0, 0.0, 0.5)


def test_github_action_benchmark_has_one_named_entry_per_time():
    found = json.loads(_export("github-action-benchmark"))
    assert len({entry["name"] for entry in found}) == len(found) == len(TIMED)
    for entry, cell in zip(found, TIMED, strict=True):
        assert set(entry) == {"name", "unit", "value", "range", "extra"}
        assert entry["unit"] == "ns"
        assert entry["value"] == pytest.approx(1e9 * median(s.seconds for s in cell.samples))
        assert re.fullmatch(r"± [0-9.e+]+", entry["range"])


def test_junit_counts_what_failed_and_what_did_not_finish():
    root = ElementTree.fromstring(_export("junit", synthetic.cells()))
    counted = {name: int(root.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    total = len(synthetic.cells())
    # FAILURES of the synthetic run: one wrong formula, one crash, one timeout, one unsupported.
    assert counted == {"tests": total, "failures": 1, "errors": 2, "skipped": 1}
    assert len(root.findall("./testsuite/testcase")) == total
    assert sum(int(suite.get("tests")) for suite in root) == total
    failure = root.find(".//failure")
    assert failure.get("type") == "formula"
    assert "w1[2,7] is 0.013121, should be 0.013125" in failure.get("message")
    assert {error.get("type") for error in root.findall(".//error")} == {"crashed", "timeout"}
    assert "beale.py" in root.find(".//skipped").get("message")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("ok", "passed"),
        ("unavailable", "skipped"),
        ("out of memory", "error"),
        ("nonfinite", "failure"),
        ("dtype-leak", "failure"),
        ("convention", "passed"),
        ("unstable", "passed"),
        ("something new", "failure"),
    ],
)
def test_junit_outcomes(status, outcome):
    assert junit.outcome(status) == outcome


def test_junit_says_what_passed_with_a_remark():
    cell = replace(CELLS[0], status="unstable", reason="w[0]: 1, should be 2 (u = 90)")
    said = ElementTree.fromstring(_export("junit", [cell])).find(".//system-out").text
    assert said.splitlines()[1:] == ["unstable", "w[0]: 1, should be 2 (u = 90)"]


def test_junit_survives_what_xml_cannot_hold():
    text = _export("junit", [HOSTILE], replace(RUN, suite="\x01 & <quick>"))
    root = ElementTree.fromstring(text)
    assert root.find("testsuite").get("name") == HOSTILE.problem
    failure = root.find(".//failure")
    assert failure.text == "w[0] \\u0007 ]]> \\ud800 \\ufffe\nshould be <1> & not 2"
    assert "\\u0000\\u001b[31m" in root.find(".//testcase").get("name")


def test_latex_is_balanced_and_escaped():
    text = _export("latex", [HOSTILE, *CELLS])
    assert text.count(r"\begin{") == text.count(r"\end{")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 2  # one table per dtype
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and "caption" not in line]
    assert len(rows) == len(CELLS) + 1 + 2
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 7
        plain = row.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}")
    assert r"a\&b\_\%\$\#\{\}\textasciitilde{}\textasciicircum{}" in text
    assert r"\textbf{" in text


def test_latex_breaks_only_long_tables():
    assert r"\begin{longtable}" in _export("latex", CELLS)
    short = _export("latex", CELLS[:5])
    assert r"\begin{tabular}{lllrrrrr}" in short
    assert "longtable}{" not in short


def test_latex_escapes_once():
    assert latex.escaped("\\{") == r"\textbackslash{}\{"
    assert latex.escaped("95 % [1, 2] ±µ") == r"95 \% {[}1, 2{]} $\pm$$\mu$"


def test_parquet_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **named):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ExportError, match=r"pip install 'gradparity\[parquet\]'"):
        export("parquet", RUN, CELLS)


def test_parquet_keeps_types_and_samples(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "run.parquet"
    cells = [replace(CELLS[0], counters={"calls": 3, "share": 0.5}, peak_bytes=2**40), *CELLS[1:]]
    file.write_bytes(export("parquet", RUN, cells))
    table = parquet.read_table(file)
    assert table.num_rows == len(cells)
    assert json.loads(table.schema.metadata[b"gradparity"])["id"] == RUN.id
    (first, *_) = table.to_pylist()
    assert first["samples"] == [sample.seconds for sample in CELLS[0].samples]
    assert first["parameters"] == CELLS[0].parameters
    assert first["peak_bytes"] == 2**40
    assert json.loads(first["counters"]) == {"calls": 3, "share": 0.5}
