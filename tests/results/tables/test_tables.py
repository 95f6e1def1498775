from __future__ import annotations

import io
import re
from dataclasses import replace
from statistics import median

import pandas as pd
import pytest
from rich.console import Console

from gradparity.results.records.record import Cell, Sample
from gradparity.results.tables.run_table import show, table
from gradparity.results.times.row import frame, rows
from tests.results import synthetic

KEYS = [
    *("problem", "size", "parameters", "backend", "variant", "operator", "dtype", "device"),
    *("status", "reason", "max_error", "prepare_s", "first_s", "median_s", "low_s", "high_s"),
    *("ratio", "ratio_low", "ratio_high", "cpu_per_wall", "samples"),
]
RUN = synthetic.run()
CELLS = synthetic.cells()
WORDS = ("wrong: formula", "timeout", "crashed", "unsupported")


def _printed(width: int, cells: list[Cell] = CELLS, ascii_only: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    console.print(table(RUN, cells, ascii_only))
    return out.getvalue()


def _piped(cells: list[Cell] = CELLS, ascii_only: bool | None = None) -> str:
    out = io.StringIO()
    show(RUN, cells, out, ascii_only)
    return out.getvalue()


def _cell(backend: str, *seconds: float, **changes: object) -> Cell:
    samples = tuple(Sample(r, 0, 4, s, 2 * s) for r, s in enumerate(seconds))
    given: dict[str, object] = {
        **{"problem": "p", "size": "tiny", "parameters": 3, "backend": backend},
        **{"variant": "portable", "operator": "gradient", "dtype": "float64", "device": "cpu"},
        **{"threads": 1, "status": "ok", "samples": samples},
    }
    return Cell(**{**given, **changes})  # type: ignore[arg-type]


DERIVED = (
    "outliers",
    "processes",
    "p_value",
    "seconds_per_parameter",
    "over_forward",
    "peak_bytes",
    "noise",
    "counters",
    "reference",
    "machine",
)


def test_rows_have_the_promised_keys_in_order() -> None:
    for row in rows(RUN, CELLS):
        assert list(row.columns()) == [*KEYS, "threads", "bound", "oracle", "calls", *DERIVED]


def test_machines_are_apart_and_ratios_are_formed_within_one() -> None:
    cells = [
        _cell("numpy", 1, 1, 1, machine="a (X)"),
        _cell("jax", 3, 3, 3, machine="a (X)"),
        _cell("numpy", 2, 2, 2, size="small", machine="b (Y)"),
        _cell("jax", 4, 4, 4, size="small", machine="b (Y)"),
    ]
    assert [row.ratio for row in rows(RUN, cells)] == pytest.approx([1, 3, 1, 2])
    assert [row.machine for row in rows(RUN, cells)] == ["a (X)", "a (X)", "b (Y)", "b (Y)"]
    page = _piped(cells)
    assert "gradient, float64, cpu, 1 thread, on a (X)" in page
    assert "gradient, float64, cpu, 1 thread, on b (Y)" in page
    # What was timed elsewhere is no yardstick, whatever its problem.
    alone = [cells[0], replace(cells[1], machine="b (Y)")]
    assert [row.ratio for row in rows(RUN, alone)] == [1, 1]
    assert [row.reference for row in rows(RUN, alone)] == ["numpy", "jax"]


def test_a_row_derives_its_figures_from_the_samples() -> None:
    _, row = rows(RUN, [_cell("numpy", 1, 2, 3), _cell("jax", 2, 4, 12)])
    assert (row.median_s, row.low_s, row.high_s) == (4, 2, 12)
    assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx((2, 2, 4))
    assert row.cpu_per_wall == 2
    assert row.samples == (2, 4, 12)
    assert row.calls == 12


@pytest.mark.parametrize(
    "other",
    [
        {"size": "small"},
        {"problem": "q"},
        {"operator": "value"},
        {"dtype": "float32"},
        {"device": "cuda"},
        {"threads": 2},
        {"variant": "idiomatic"},
        {"samples": ()},
    ],
)
def test_a_ratio_has_the_portable_reference_of_its_own_case(other: dict[str, object]) -> None:
    there, row = rows(RUN, [_cell("numpy", 1, 1, **other), _cell("jax", 2, 2)])
    assert (row.ratio, row.ratio_low, row.ratio_high) == (1.0, 1.0, 1.0)  # it stands in itself
    assert row.reference == "jax"
    assert there.reference in ("numpy", "jax", "")


def test_an_idiomatic_row_is_held_against_the_portable_reference() -> None:
    cells = [_cell("numpy", 1, 1), _cell("numpy", 3, 3, variant="idiomatic")]
    assert rows(RUN, cells)[1].ratio == pytest.approx(3)


def test_a_frame_holds_the_rows_without_samples() -> None:
    found = frame(RUN, CELLS)
    assert list(found.columns) == [
        name
        for name in (*KEYS, "threads", "bound", "oracle", "calls", *DERIVED)
        if name != "samples"
    ]
    assert len(found) == len(CELLS)
    expected = {
        "median_s": [median(s.seconds for s in c.samples) if c.samples else None for c in CELLS],
        "max_error": [cell.max_error for cell in CELLS],
        "peak_bytes": [cell.peak_bytes for cell in CELLS],
    }
    for column, figures in expected.items():
        assert found[column].dtype == "float64"
        pd.testing.assert_series_equal(found[column], pd.Series(figures, name=column, dtype=float))
    assert list(frame(RUN, []).columns) == list(found.columns)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_terminal_is_not_overrun_and_every_failure_is_a_word(width: int) -> None:
    text = _printed(width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    body = text.split("median: wall time")[0]
    for word in WORDS:
        assert word in body
    for cell in CELLS:
        assert cell.problem in body
    assert "numpy has no hand-written gradient" in text


def test_no_line_is_wrapped_in_the_table_itself() -> None:
    for width in (60, 80, 120, 200):
        body = _printed(width).split("\n\nNo room for")[0].split("\n\nmedian: wall")[0]
        starts = tuple({cell.backend for cell in CELLS})
        found = [line for line in body.splitlines() if line.startswith(starts)]
        assert len(found) == (len(CELLS) if width < 180 else 0)


def test_hidden_columns_are_named() -> None:
    assert "No room for: prepare, " in _printed(80)
    assert "No room for" not in _printed(200)


def test_a_pipe_gets_every_row_whole_and_plain() -> None:
    text = _piped()
    lines = text.splitlines()
    for cell in CELLS:
        who = cell.backend if cell.variant == "portable" else f"{cell.backend} (idiomatic)"
        start = f"{cell.problem:<15}  {cell.size:<6}  {who:<17}  "
        (line,) = [line for line in lines if line.startswith(start)]
        assert line.endswith(cell.status)
        assert f" {cell.parameters:,} " in line
    assert "\x1b" not in text
    for _, reason in synthetic.FAILURES.values():
        for part in reason.splitlines():
            assert f"    {part}\n" in text


def test_ascii_only_is_ascii() -> None:
    for text in (_piped(ascii_only=True), _printed(80, ascii_only=True)):
        assert text.isascii()
        assert re.search(r"\d\.\d+x ", text)
        assert " us" in text


def test_ascii_is_chosen_for_a_stream_that_holds_no_more() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show(RUN, [replace(CELLS[0], problem="größe")], out)
    out.flush()
    assert b"gr\\xf6\\xdfe" in raw.getvalue()


def test_the_fastest_and_its_ties_are_marked() -> None:
    cells = [
        _cell("numpy", *[1.0, 1.1] * 6),
        _cell("jax", *[1.1, 1.0] * 6),
        _cell("torch", *[2.0, 2.2] * 6),
    ]
    starred = [line.split()[2] for line in _piped(cells).splitlines() if " s *" in line]
    assert starred == ["numpy", "jax"]
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=True, color_system="standard")
    console.print(table(RUN, cells))
    bold = [line for line in out.getvalue().splitlines() if line.startswith("\x1b[1m")]
    assert len(bold) == 2


def test_a_row_that_failed_but_was_timed_keeps_its_status_on_any_width() -> None:
    cells = [_cell("numpy", 1, 1), _cell("jax", 2, 2, status="unstable", reason="float32 only")]
    for width in (40, 60, 200):
        (line,) = [line for line in _printed(width, cells).splitlines() if "jax  " in line]
        assert "unstable" in line


def test_a_group_has_units_in_which_its_numbers_compare() -> None:
    cells = [
        _cell("numpy", 2e-6, 2e-6, prepare_s=4e-5, first_s=1e-5),
        _cell("jax", 3e-3, 3e-3, prepare_s=0.15, first_s=2.0),
    ]
    numpy, jax = [line for line in _piped(cells).splitlines() if line.startswith("p  ")]
    for words in ("0.0400 ms", "0.0000100 s", "2.00 µs"):
        assert words in numpy
    for words in ("150 ms", "2.00 s", "3,000 µs"):
        assert words in jax


def test_few_rounds_are_not_called_95_percent() -> None:
    few = _printed(200, [_cell("numpy", 1, 2, 3)])
    assert "95 % interval" not in few
    assert "range" in few
    assert "95 % interval" in _printed(200, [_cell("numpy", 1, 2, 3, 4, 5, 6)])
    one = _piped([_cell("numpy", 1), _cell("jax", 2)])
    assert "[" not in one


def test_the_next_backend_stands_in_for_a_reference_without_a_time() -> None:
    wrong = replace(_cell("numpy"), status="formula")
    text = _piped([wrong, _cell("jax", *[2.0] * 6), _cell("torch", *[6.0] * 6)])
    assert "time / jax's" in text
    assert "numpy has no time: ratios are to jax's." in text
    (row,) = [line for line in text.splitlines() if line.split()[2:3] == ["torch"]]
    assert " 3.00× " in row
    assert "no reference" not in text


def test_it_stands_in_only_where_there_is_none() -> None:
    there = [_cell("numpy", *[1.0] * 6), _cell("jax", *[2.0] * 6)]
    gone = [_cell("numpy"), _cell("jax", *[2.0] * 6), _cell("torch", *[1.0] * 6)]
    gone = [replace(cell, problem="elsewhere") for cell in gone]
    text = _piped([*there, *gone])
    assert "time / numpy's" in text
    assert (
        "numpy has no time on elsewhere tiny (gradient, float64): ratios there are to jax's."
        in text
    )
    (row,) = [line for line in text.splitlines() if line.split()[2:3] == ["torch"]]
    assert " 0.500× " in row


def test_an_escape_in_a_reason_does_not_reach_the_terminal() -> None:
    text = _piped([_cell("numpy", status="error", reason="\x1b]0;title\x07 [bold]x[/bold]")])
    assert "\x1b" not in text
    assert "[bold]x[/bold]" in text


def test_an_unfinished_run_says_so_and_no_cells_are_no_error() -> None:
    out = io.StringIO()
    show(synthetic.run(status="running"), [], out)
    assert "running" in out.getvalue()
