"""One benchmark test per cell of a suite: `pytest --gradparity-suite quick` collects this file.

The verdict comes first: a wrong gradient fails its test and has no time. Then the warm call is
timed by pytest-benchmark's fixture, in this process; for paired figures from processes of their own
there is `gradparity run`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.checking.checks import answered
from gradparity.harness.findings.words import reason
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.harness.plain.outcome import GradientWarning
from gradparity.harness.planning.lookup import find
from gradparity.harness.planning.plan import Plan, Subject, Workload
from gradparity.harness.pytest_plugin.choice import chosen
from gradparity.results.records.statuses import INACCURATE, is_timed


@pytest.fixture(scope="module")
def truths() -> dict[str, Truth]:
    """The truths that are known already, by workload."""
    return {}


def pytest_generate_tests(metafunc: Any) -> None:
    """One parameter per subject of every workload of the suites that were asked for."""
    plan = chosen(metafunc.config)
    cells = [(plan, w, subject) for w in plan.workloads for subject in plan.subjects(w)]
    names = [f"{w.label} {subject.label}".replace(" ", "-") for _, w, subject in cells]
    metafunc.parametrize("cell", cells, ids=names)


def test_cell(
    cell: tuple[Plan, Workload, Subject],
    truths: dict[str, Truth],
    benchmark: Any,
    pytestconfig: pytest.Config,
) -> None:
    """Judge a cell, then time its warm call."""
    plan, workload, subject = cell
    portable = find(workload.problem.name, workload.file)
    seed, setting = plan.options.seed, workload.setting
    strict = pytestconfig.getoption("--gradparity-strict")
    backend = load(subject.source)
    problem = portable.variant(backend.name, subject.variant)
    missing = backend.unavailable() or backend.unsupported(problem, workload.operator)
    if missing is not None:
        pytest.skip(missing)
    try:
        both = [answered(workload, subject, dtype, seed) for dtype in ("float64", "float32")]
    except Unsupported as error:
        pytest.skip(str(error))
    key = f"{workload.file} {workload.label}"
    if key not in truths:
        truths.clear()  # the cells of a workload stand together; large truths need not
        instance = portable.instance(workload.size, seed)
        truths[key] = Truth(portable, instance, workload.operator, seed)
    truth = truths[key]
    finding = judge_pair(truth, *both)
    if finding.status in INACCURATE:
        warnings.warn(GradientWarning(finding), stacklevel=1)
    if not is_timed(finding.status, strict):
        pytest.fail(reason(diagnosed(truth, finding, *both)), pytrace=False)
    instance = problem.instance(workload.size, seed)
    with np.errstate(all="ignore"):
        prepared = backend.prepare(
            problem,
            workload.operator,
            instance.zeros(),
            Setting(setting.dtype, setting.device, setting.threads),
        )
        native = prepared.encode(instance)
        benchmark.group = workload.label
        benchmark.extra_info.update(verdict=finding.status, u=finding.u64, bound=finding.bound)
        benchmark(prepared.run, native)
