"""The file of `gradparity baseline save`: small, sorted, one row a line, so that it diffs well.

Ratios are to a reference backend timed in the same run, so that they mean something on another day.
Counters are what no noise touches (`harness/worker/counters.py`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from gradparity.harness.gate.measured import Measured, SavedRow
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan
from gradparity.harness.planning.planner import planned
from gradparity.harness.processes.environment import installed
from gradparity.problems import InputError
from gradparity.problems.user_files import read_text, write_bytes

FORMAT = "gradparity-baseline-1"
STRICT = ConfigDict(strict=True, extra="forbid")
CHOICES = ("backends", "sizes", "operators", "dtypes", "device", "threads", "seed")
"""The options that make a run what it is; the others are about how long it takes."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was saved. rows: by "problem size operator dtype backend"."""

    targets: tuple[str, ...]
    options: dict[str, Any]
    reference: str
    cpu: str
    python: str
    versions: dict[str, str | None]
    rows: dict[str, SavedRow]

    def plan(self, targets: Sequence[str], named: Options) -> Plan:
        """The plan that it was made from, or of it what is named.

        Raises InputError if that has become impossible.
        """
        old = self.options
        backends = (self.reference, *named.backends) if named.backends else old["backends"]
        options = replace(
            named,
            backends=tuple(
                dict.fromkeys((self.reference, *backends) if backends else old["backends"])
            ),
            sizes=named.sizes or tuple(old["sizes"]),
            operators=named.operators or tuple(old["operators"]),
            dtypes=named.dtypes or tuple(old["dtypes"]),
            device=old["device"],
            threads=old["threads"],
            seed=old["seed"],
            reference=self.reference,
        )
        return planned(targets or self.targets, options)


def saved(plan: Plan, found: Measured) -> Baseline:
    """What there is to save of a finished run."""
    environment = found.run.environment
    return Baseline(
        targets=plan.targets,
        options={name: getattr(plan.options, name) for name in CHOICES},
        reference=plan.reference,
        cpu=environment.cpu,
        python=environment.python,
        versions=dict(environment.versions),
        rows=found.rows,
    )


def write(baseline: Baseline, file: str) -> None:
    """Write it. Raises InputError if that is not possible."""
    write_bytes(file, as_text(baseline).encode())


def as_text(baseline: Baseline) -> str:
    """Return the file's text: keys sorted, one row a line, a newline at the end."""
    head = {
        "format": FORMAT,
        "gradparity": installed("gradparity"),
        **{n: getattr(baseline, n) for n in ("targets", "reference", "cpu", "python")},
        "options": baseline.options,
        "versions": baseline.versions,
    }
    lines = [f" {json.dumps(key)}: {_line(head[key])}" for key in sorted(head)]
    rows = [
        f"  {json.dumps(key)}: "
        + _line({"verdict": row.verdict, "ratio": row.ratio, "counters": row.counters})
        for key, row in sorted(baseline.rows.items())
    ]
    table = ' "rows": {\n' + ",\n".join(rows) + "\n }"
    return "{\n" + ",\n".join([*lines, table]) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), sort_keys=True)


def _rounded(value: Any) -> Any:
    """Ratios to four digits: more would only make diffs."""
    if isinstance(value, tuple) and all(isinstance(x, float) for x in value):
        return [float(f"{x:.4g}") for x in value]
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    return value


def read(file: str) -> Baseline:
    """The baseline in a file. Raises InputError, one line, for anything wrong with it."""
    again = f"save it anew: gradparity baseline save {file}"
    text = read_text(file)
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise InputError(f"{file}: brackets within brackets, too deep; {again}") from error
    except ValueError as error:
        raise InputError(f"{file}: not JSON, or cut off ({error}); {again}") from error
    if not isinstance(found, dict) or not str(found.get("format")).startswith("gradparity-base"):
        raise InputError(f"{file}: not a baseline of gradparity; {again}")
    own = installed("gradparity")
    if found["format"] != FORMAT or found.get("gradparity") != own:
        saved_by = found.get("gradparity")
        raise InputError(f"{file}: saved by gradparity {saved_by}, this is {own}; {again}")
    try:
        return _parsed(found)
    except ValueError as error:  # pydantic's, and that of a ratio in disorder
        raise InputError(f"{file}: damaged ({_told(error)}); {again}") from error


class _SavedOptions(BaseModel):
    model_config = STRICT

    backends: list[str]
    sizes: list[str]
    operators: list[str]
    dtypes: list[str]
    device: str
    threads: int
    seed: int


class _SavedFile(BaseModel):
    """What the file holds beside its head; rows are read one by one."""

    model_config = ConfigDict(strict=True)

    targets: list[str]
    options: _SavedOptions
    reference: str
    cpu: str
    python: str
    versions: dict[str, str | None]
    rows: dict[str, _SavedFigures] = Field(min_length=1)


class _SavedFigures(BaseModel):
    model_config = STRICT

    verdict: str
    ratio: tuple[float, float, float] | None = Field(strict=False)
    counters: dict[str, FiniteFloat]

    def row(self) -> SavedRow:
        if self.ratio is not None:
            estimate, low, high = self.ratio
            if not 0 < low <= estimate <= high < math.inf:
                raise ValueError(f"a ratio is {self.ratio}")
        return SavedRow(self.verdict, self.ratio, self.counters)


def _parsed(found: dict[str, Any]) -> Baseline:
    file = _SavedFile.model_validate(found)
    return Baseline(
        targets=tuple(file.targets),
        options=file.options.model_dump(),
        reference=file.reference,
        cpu=file.cpu,
        python=file.python,
        versions=file.versions,
        rows={key: figures.row() for key, figures in file.rows.items()},
    )


def _told(error: ValueError) -> str:
    """Where a file is damaged, and how."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
