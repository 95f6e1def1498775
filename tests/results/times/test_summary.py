import pytest

from gradparity.results.records.record import Cell, Run, Sample
from gradparity.results.tables.legend import legend
from gradparity.results.times.summary import summaries

RUN = Run(id="r", started="2026", suite="s", command="c", reference="numpy", status="finished")


def cell(backend, size, times, variant="portable"):
    samples = tuple(Sample(i, 0, 10, t, t) for i, t in enumerate(times))
    return Cell(
        "p", size, 3, backend, variant, "gradient", "float64", "cpu", 1, "ok", samples=samples
    )


CELLS = [
    cell("numpy", "tiny", [1.0, 2.0, 3.0]),
    cell("torch", "tiny", [8.0, 16.0, 24.0]),
    cell("torch", "tiny", [4.0, 8.0, 12.0], "idiomatic"),
    cell("numpy", "large", [1.0, 1.0, 1.0]),
    cell("torch", "large", [1.0, 1.0, 1.0]),
    cell("torch", "large", [5.0, 5.0, 5.0], "idiomatic"),
    cell("numpy", "small", [1.0]),
    cell("jax", "small", []),
]


def test_each_backend_by_its_faster_row():
    (found,) = summaries(RUN, CELLS)
    assert (found.backend, found.cases) == ("torch", 2)
    assert found.mean == pytest.approx(2.0)  # of 4 and 1
    assert (found.low, found.low_at) == (pytest.approx(1.0), "p large")
    assert (found.high, found.high_at) == (pytest.approx(4.0), "p tiny")


def test_the_legend_says_so():
    (line,) = [line for line in legend(RUN, CELLS) if line.startswith("In all")]
    assert "torch / numpy: 2.00× (geometric mean of 2 cases" in line
    assert "4.00× on p tiny" in line
