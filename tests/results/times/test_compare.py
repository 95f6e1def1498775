from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from scipy.stats import binom

from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Cell, Sample
from gradparity.results.tables.comparison_document import to_csv, to_json
from gradparity.results.tables.comparison_table import show, table, to_markdown
from gradparity.results.times import statistics
from gradparity.results.times.comparison import NOTE, compare, counts, mean_ratio
from tests.results import synthetic

BEFORE = synthetic.run(id="20261123-000000-aaaa")
AFTER = synthetic.run(id="20261124-000000-bbbb")
CELLS = synthetic.cells()


def _samples(seconds, process=0):
    return tuple(Sample(r, 0, 4, float(s), float(s), process) for r, s in enumerate(seconds))


def _cell(*seconds, **changes) -> Cell:
    given = {
        **{"problem": "p", "size": "tiny", "parameters": 3, "backend": "numpy"},
        **{"variant": "portable", "operator": "gradient", "dtype": "float64", "device": "cpu"},
        **{"threads": 1, "status": "ok", "samples": _samples(seconds)},
    }
    return Cell(**{**given, **changes})


def _scaled(cell: Cell, factor: float) -> Cell:
    return replace(
        cell, samples=tuple(replace(s, seconds=s.seconds * factor) for s in cell.samples)
    )


def _rows(before, after):
    return compare(BEFORE, before, AFTER, after).rows


@pytest.mark.parametrize("n", [12, 20, 41])
def test_the_interval_is_that_of_two_order_statistics(n):
    """The rank from scipy's binomial distribution, at the square root of 0.95."""
    level = np.sqrt(0.95)
    k = max(k for k in range(1, n // 2 + 1) if 1 - 2 * binom.cdf(k - 1, n, 0.5) >= level)
    x, y = np.arange(1, n + 1), 10 + 0.5 * np.arange(1, n + 1)
    found = statistics.independent_ratio(_samples(y), _samples(x))
    assert found.estimate == pytest.approx(np.median(y) / np.median(x))
    assert found.low == pytest.approx(y[k - 1] / x[n - k])
    assert found.high == pytest.approx(y[n - k] / x[k - 1])
    assert found.level >= 0.95


@pytest.mark.parametrize("counts", [(15, 15), (12, 40)])
def test_the_interval_holds_the_ratio_of_medians(counts):
    """Lognormal times have the medians e^mu; 95 % of 400 intervals is 380, with deviation 4.4."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        before, after = rng.lognormal(0, 0.2, counts[0]), rng.lognormal(np.log(1.2), 0.5, counts[1])
        found = statistics.independent_ratio(_samples(after), _samples(before))
        held += found.low <= 1.2 <= found.high
    assert held >= 380


def test_processes_are_resampled():
    """Two processes, 20 % apart: the interval spans both, whatever each one's own samples say."""
    apart = _samples([1.0] * 10) + _samples([1.2] * 10, process=1)
    found = statistics.independent_ratio(apart, _samples([1.0] * 20))
    assert found.low <= 1.0
    assert found.high == pytest.approx(1.2)


@pytest.mark.parametrize(("ours", "theirs"), [((), (1, 2)), ((1, 2), ()), ((1, 2), (0, 0))])
def test_no_ratio_without_times(ours, theirs):
    assert statistics.independent_ratio(_samples(ours), _samples(theirs)) is None


def test_every_row_names_its_change():
    steady = np.linspace(1.0, 1.02, 20)
    failed = {"status": "crashed", "reason": "signal 9", "samples": ()}
    before = [
        _cell(*steady, backend="a"),
        _cell(*steady, backend="b"),
        _cell(*steady, backend="c"),
        _cell(*steady, backend="d"),
        _cell(backend="e", **failed),
        _cell(*steady, backend="f"),
        _cell(*steady, backend="h", status="unstable"),
    ]
    after = [
        _cell(*steady * 1.5, backend="a"),
        _cell(*steady * 0.5, backend="b"),
        _cell(*steady, backend="c"),
        _cell(backend="d", **failed),
        _cell(backend="e", **failed),
        _cell(*steady * 2, backend="h", status="unstable"),
        _cell(*steady, backend="g"),
    ]
    rows = _rows(before, after)
    assert {row.backend: row.change for row in rows} == {
        "a": "slower",
        "b": "faster",
        "c": "tie",
        "d": "ok, then crashed",
        "e": "crashed",
        "h": "slower",
        "g": "new",
        "f": "gone",
    }
    slower, faster, tie, broken, *_, new, gone = rows
    assert [slower.ratio, faster.ratio, tie.ratio] == pytest.approx([1.5, 0.5, 1])
    assert (slower.before.s, slower.after.s) == pytest.approx((1.01, 1.515))
    assert broken.after.reason == "signal 9"
    assert broken.ratio is gone.after.s is new.before.s is None
    assert counts(rows)["tie"] == 1
    assert mean_ratio(rows) == pytest.approx((1.5 * 0.5 * 2) ** (1 / 4))


@pytest.mark.parametrize(
    "other",
    [
        {"problem": "q"},
        {"size": "small"},
        {"backend": "jax"},
        {"variant": "idiomatic"},
        {"operator": "hvp"},
    ],
)
def test_other_cells_are_no_match(other):
    assert [row.change for row in _rows([_cell(1, 2)], [_cell(1, 2, **other)])] == ["new", "gone"]


@pytest.mark.parametrize("other", [{"dtype": "float32"}, {"threads": 2}, {"device": "cuda"}])
def test_another_setting_blocks_but_can_be_forced(other):
    found = compare(BEFORE, [_cell(1, 2)], AFTER, [_cell(2, 4, **other)])
    (name, value), *_ = other.items()
    assert [(d.what, d.after, d.blocks) for d in found.differences] == [(name, str(value), True)]
    assert [row.ratio for row in found.rows] == [2]


def test_one_setting_in_common_is_enough():
    narrow = _cell(1, 2, dtype="float32")
    found = compare(BEFORE, [_cell(1, 2)], AFTER, [_cell(1, 2), narrow])
    assert [(d.what, d.blocks) for d in found.differences] == [("dtype", False)]
    assert [row.change for row in found.rows] == ["tie", "new"]


def test_other_machines_and_libraries_block_another_gradparity_does_not():
    old = {"numpy": "2.1", "gradparity": "0.1", "jax": "0.10"}
    new = {"numpy": "2.2", "gradparity": "0.2", "jax": "0.10"}
    runs = (
        synthetic.run(environment=Environment(cpu="A", cores=2, versions=old)),
        synthetic.run(environment=Environment(cpu="B", cores=4, versions=new)),
    )
    found = compare(runs[0], [], runs[1], [])
    assert {d.what: d.blocks for d in found.differences} == {
        "CPU": True,
        "cores": True,
        "numpy": True,
        "gradparity": False,
    }
    assert "numpy: 2.1 before, 2.2 after" in [d.line() for d in found.blocking]


@pytest.fixture(scope="module")
def comparison():
    after = [_scaled(cell, 1.25 if cell.backend == "torch" else 1) for cell in CELLS[1:]]
    return compare(BEFORE, CELLS[:-1], AFTER, after)


def test_every_timed_row_of_a_run_has_its_factor(comparison):
    for row in comparison.rows:
        if row.ratio is not None:
            assert row.ratio == pytest.approx(1.25 if row.backend == "torch" else 1)


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_fits_a_terminal(comparison, width):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    console.print(table(comparison))
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert sum("torch" in line and "×" in line for line in lines) > 10
    assert any("[" in line and "×" in line for line in lines)


def test_piped_the_table_is_complete_and_plain(comparison):
    out = io.StringIO()
    show(comparison, out)
    text = out.getvalue()
    assert "\x1b" not in text
    assert sum(line.startswith("rosenbrock") for line in text.splitlines()) == 12
    for word in ("new", "gone", "formula", "timeout", "gate", BEFORE.id, AFTER.id):
        assert word in text
    assert max(map(len, text.splitlines())) > 140


def test_an_ascii_stream_gets_ascii(comparison):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show(comparison, out)
    out.flush()
    assert b"1.2x  " in raw.getvalue()


def test_a_terminal_cannot_be_told_what_to_do():
    out = io.StringIO()
    show(compare(BEFORE, [], AFTER, [_cell(1, 2, problem="\x1b[31mp", status="a\nb")]), out)
    assert "\x1b" not in out.getvalue()
    assert "a\nb" not in out.getvalue()


def test_json_is_strict_and_says_that_machines_drift(comparison):
    document = json.loads(to_json(comparison))
    assert list(document) == ["before", "after", "note", "differences", "rows"]
    assert document["note"] == NOTE
    assert [row["change"] for row in document["rows"]] == [row.change for row in comparison.rows]


def test_csv_and_markdown_have_every_row(comparison):
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison))))
    assert len(rows) == len(comparison.rows)
    sides = [
        f"{side}_{figure}"
        for side in ("before", "after")
        for figure in ("status", "reason", "s", "low_s", "high_s", "rounds")
    ]
    assert list(rows[0]) == [
        *("problem", "size", "backend", "variant", "operator", "dtype", "device", "threads"),
        *("change", *sides, "ratio", "ratio_low", "ratio_high", "ratio_level"),
    ]
    assert [row["change"] for row in rows] == [row.change for row in comparison.rows]
    lines = to_markdown(comparison).splitlines()
    assert sum(line.startswith("| ") for line in lines) == len(comparison.rows) + 2
    assert {line.count(" | ") for line in lines if line.startswith("| ")} == {8}


@pytest.mark.parametrize(("samples", "sure"), [(5, False), (6, False), (7, True), (20, True)])
def test_an_interval_is_called_what_it_is(samples, sure):
    """Two ranges of n samples hold with (1 - 2^(1-n))^2: 0.9385 at n = 6, 0.969 at n = 7."""
    cells = [_cell(*range(1, samples + 1))]
    text = to_markdown(compare(BEFORE, cells, AFTER, cells))
    assert ("95 % interval" in text) is sure
    assert ("less sure" in text) is not sure
