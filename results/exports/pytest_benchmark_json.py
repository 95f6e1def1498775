"""The JSON of pytest-benchmark, for `pytest-benchmark compare FILE` and what else reads it.

A cell is a benchmark, its group a problem at one size and setting. A round is a sample, and its
`iterations` are the calls in it. Cells without a time are left out, as pytest-benchmark leaves out
benchmarks that failed.

Quartiles are Tukey's hinges: medians of the lower and of the upper half, each with the middle value
where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean, median, stdev
from typing import Any

from gradparity.results.exports.case_name import case_name, cell_name
from gradparity.results.records.record import Cell, Run
from gradparity.results.times.statistics import fences
from gradparity.results.words.json_values import to_json


def export(run: Run, cells: Sequence[Cell]) -> str:
    """Return the run as strict JSON; times are seconds per call."""
    version = run.environment.versions.get("gradparity") or ""
    document = {
        "machine_info": _machine(run),
        "commit_info": {
            "id": run.environment.commit or "unversioned",
            "dirty": bool(run.environment.dirty),
            "time": run.started,
        },
        "benchmarks": [_benchmark(cell) for cell in cells if cell.samples],
        "datetime": run.started,
        "version": f"gradparity {version}".strip(),
        "gradparity": asdict(run),
    }
    return to_json(document)


def _machine(run: Run) -> dict[str, Any]:
    environment = run.environment
    return {
        "cpu": {"brand_raw": environment.cpu, "count": environment.cores},
        "python_version": environment.python,
        "system": environment.os,
    }


def _benchmark(cell: Cell) -> dict[str, Any]:
    names = ("problem", "size", "backend", "variant", "operator", "dtype", "device", "threads")
    return {
        "group": case_name(cell),
        "name": cell.label,
        "fullname": cell_name(cell),
        "params": {name: getattr(cell, name) for name in names},
        "param": cell_name(cell),
        "extra_info": {
            "parameters": cell.parameters,
            "status": cell.status,
            "max_error": cell.max_error,
            "prepare_s": cell.prepare_s,
            "first_s": cell.first_s,
        },
        "options": {"warmup": True, "disable_gc": True, "timer": "perf_counter"},
        "stats": _stats(cell),
    }


def _stats(cell: Cell) -> dict[str, Any]:
    data = [sample.seconds for sample in cell.samples]
    ordered, n = sorted(data), len(data)
    mean, spread = fmean(data), stdev(data) if n > 1 else 0.0
    half = (n + 1) // 2
    q1, q3 = median(ordered[:half]), median(ordered[n - half :])
    low, high = fences(data)
    far = sum(abs(value - mean) > spread for value in data)
    outside = sum(not low <= value <= high for value in data)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": spread,
        "rounds": n,
        "median": median(ordered),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": outside,
        "stddev_outliers": far,
        "outliers": f"{far};{outside}",
        "ld15iqr": next(value for value in ordered if value >= low),
        "hd15iqr": max(value for value in ordered if value <= high),
        "ops": 1 / mean if mean > 0 else 0.0,
        "total": math.fsum(data),
        "data": data,
        "iterations": max(sample.calls for sample in cell.samples),
    }
