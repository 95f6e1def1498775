from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradparity.results.records.environment import Environment
from gradparity.results.tables.run_document import document, to_csv, to_json, to_markdown
from gradparity.results.times.row import rows
from tests.results import synthetic

RUN = synthetic.run()
CELLS = synthetic.cells()


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_json_is_strict_and_complete() -> None:
    odd = replace(CELLS[0], problem="odd", samples=(), max_error=math.nan, bound=math.inf)
    cells = [*CELLS, replace(odd, status="nonfinite")]
    found = json.loads(to_json(RUN, cells), parse_constant=_refuse)
    assert list(found) == ["run", "rows"]
    assert found["run"]["id"] == RUN.id
    assert found["run"]["options"] == RUN.options
    assert [row["samples"] for row in found["rows"]] == [
        [sample.seconds for sample in cell.samples] for cell in cells
    ]
    for name in ("problem", "backend", "status", "max_error", "first_s", "threads", "peak_bytes"):
        assert [row[name] for row in found["rows"][:-1]] == [getattr(c, name) for c in CELLS]
    for row, cell in zip(found["rows"], cells, strict=True):
        seconds = [sample.seconds for sample in cell.samples]
        assert row["median_s"] == (np.median(seconds) if seconds else None)
    assert found["rows"][-1]["max_error"] is None


def test_a_document_is_made_of_json_types_whatever_the_options_hold() -> None:
    odd = {"seed": np.int64(3), "limit": np.float32(0.5), "file": Path("a.py"), "pair": (1, 2)}
    found = document(replace(RUN, options=odd, environment=Environment(load=(math.inf, 0.5))), [])
    assert found["run"]["options"] == {"seed": 3, "limit": 0.5, "file": "a.py", "pair": [1, 2]}
    assert found["run"]["environment"]["load"] == [None, 0.5]
    assert found["rows"] == []


def test_csv_reads_back_to_the_last_digit() -> None:
    cells = [*CELLS, replace(CELLS[0], problem='a,"b"', reason="two\nlines; ü")]
    cells.append(replace(CELLS[0], problem="counted", counters={"xla_flops": 7, "x": 0.5}))
    expected = rows(RUN, cells)
    found = list(csv.DictReader(io.StringIO(to_csv(RUN, cells), newline="")))
    assert len(found) == len(cells)
    for read, cell, row in zip(found, cells, expected, strict=True):
        assert list(read) == list(row.columns())
        assert [float(s) for s in read["samples"].split(";") if s] == [
            sample.seconds for sample in cell.samples
        ]
        for name, value in row.columns().items():
            if isinstance(value, float):
                assert float(read[name]) == value
            elif name == "counters":
                assert json.loads(read[name] or "{}") == value
            elif name != "samples":
                assert read[name] == ("" if value is None else str(value))


def test_markdown_is_one_table_per_setting_with_as_many_columns_everywhere() -> None:
    cells = [
        *synthetic.cells(("float64", "float32")),
        replace(CELLS[0], problem="a|b", status="error", reason="x | y\nz", samples=()),
    ]
    text = to_markdown(RUN, cells)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {14}
    assert len(table) == len(cells) + 2 * 2
    assert "| a\\|b |" in text
    for word in ("wrong: formula", "timeout", "crashed", "unsupported"):
        assert f" {word} |" in text
    assert "**numpy**" in text


@pytest.mark.parametrize("write", [to_json, to_csv, to_markdown])
def test_the_text_ends_in_one_newline(write) -> None:  # type: ignore[no-untyped-def]
    for cells in (CELLS, []):
        text = write(RUN, cells)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
