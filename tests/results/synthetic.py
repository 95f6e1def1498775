"""A plausible run, drawn, not measured: 14 problems, three backends, idiomatic rows, failures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Cell, Run, Sample

PROBLEMS = {
    "price-linear": (1,),
    "price-elastic": (1,),
    "price-logit": (1,),
    "price-ad-sqrt": (2,),
    "price-ad-log": (2,),
    "xor": (9, 17, 33),
    "rosenbrock": (2, 1_000, 100_000, 1_000_000),
    "himmelblau": (2,),
    "beale": (2,),
    "rastrigin": (2, 1_000, 100_000),
    "ackley": (2, 1_000, 100_000),
    "styblinski-tang": (2, 1_000, 100_000),
    "softmax-digits": (650,),
    "mlp-digits": (2_410, 9_610, 85_002),
}
SIZES = ("tiny", "small", "medium", "large")
# (backend, variant): seconds of overhead, seconds per parameter
COST = {
    ("numpy", "portable"): (2.5e-6, 2.8e-9),
    ("jax", "portable"): (6e-6, 3.5e-9),
    ("jax", "idiomatic"): (6e-6, 3.1e-9),
    ("torch", "portable"): (5e-5, 1.1e-8),
    ("torch", "idiomatic"): (3.5e-5, 6e-9),
}
FAILURES = {
    ("torch", "portable", "ackley", "medium"): ("crashed", "crashed: signal 9 (out of memory?)"),
    ("jax", "portable", "xor", "small"): (
        "formula",
        "w1[2,7] is 0.013121, should be 0.013125\nrelative error 3.0e-4, bound 1.0e-12",
    ),
    ("torch", "portable", "rosenbrock", "large"): ("timeout", "timeout after 60 s"),
    ("numpy", "portable", "beale", "tiny"): (
        "unsupported",
        "numpy has no hand-written gradient for 'beale'; "
        "write one in backends/numpy_backprop/beale.py",
    ),
}


def run(**changes: object) -> Run:
    given = {
        "id": "20261123-223145-3fa9",
        "started": "2026-11-23T22:31:45+00:00",
        "suite": "quick",
        "command": "gradparity run",
        "reference": "numpy",
        "finished": "2026-11-23T22:32:30+00:00",
        "status": "finished",
        "options": {"seed": 0, "dtypes": ["float64", "float32"]},
        "environment": Environment(cpu="Test CPU", cores=2),
    }
    return Run(**{**given, **changes})  # type: ignore[arg-type]


def cells(
    dtypes: tuple[str, ...] = ("float64",),
    operators: tuple[str, ...] = ("gradient",),
    rounds: int = 20,
) -> list[Cell]:
    rng = np.random.default_rng(31337)
    found = []
    for operator in operators:
        for dtype in dtypes:
            for problem, counts in PROBLEMS.items():
                for size, parameters in zip(SIZES, counts, strict=False):
                    found += _group(rng, problem, size, parameters, operator, dtype, rounds)
    return found


def _group(
    rng: np.random.Generator,
    problem: str,
    size: str,
    parameters: int,
    operator: str,
    dtype: str,
    rounds: int,
) -> list[Cell]:
    learning = problem.startswith(("xor", "softmax", "mlp"))
    drift = np.exp(rng.normal(0, 0.05, rounds))
    group = []
    for (backend, variant), (overhead, each) in COST.items():
        if variant == "idiomatic" and not learning:
            continue
        status, reason = FAILURES.get((backend, variant, problem, size), ("ok", ""))
        work = 40 if learning else 1
        seconds = (overhead + each * parameters * work) * drift
        seconds = seconds * np.exp(rng.normal(0, 0.03, rounds))
        samples = tuple(
            Sample(r, int(rng.integers(5)), max(1, int(2e-3 / s)), float(s), float(s) * 1.01)
            for r, s in enumerate(seconds)
        )
        eps = 2.2e-16 if dtype == "float64" else 1.2e-7
        judged = status in ("ok", "formula")
        error = 3e-4 if status == "formula" else float(eps * rng.uniform(0.2, 9))
        group.append(
            Cell(
                problem=problem,
                size=size,
                parameters=parameters,
                backend=backend,
                variant=variant,
                operator=operator,
                dtype=dtype,
                device="cpu",
                threads=1,
                status=status,
                reason=reason,
                max_error=error if judged else None,
                bound=1e-12 if dtype == "float64" else 1e-4,
                oracle="complex step" if judged else "",
                prepare_s=None if status == "unsupported" else float(rng.uniform(1e-4, 0.2)),
                first_s=float(seconds[0] * 3) if judged else None,
                samples=samples if status == "ok" else (),
            )
        )
    return group


def many(times: int = 100) -> list[Cell]:
    """The same cells again and again, said to be of other files."""
    once = cells()
    return [replace(cell, file=f"{number}.py") for number in range(times) for cell in once]
