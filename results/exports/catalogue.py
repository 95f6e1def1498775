"""The formats by name; a format's module is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import ExportError
from gradparity.results.records.record import Cell, Run

FORMATS = {
    "csv": ("gradparity.results.tables.run_document", "to_csv"),
    "json": ("gradparity.results.tables.run_document", "to_json"),
    "markdown": ("gradparity.results.tables.run_document", "to_markdown"),
    "latex": ("gradparity.results.exports.latex", "export"),
    "parquet": ("gradparity.results.exports.parquet", "export"),
    "pytest-benchmark": ("gradparity.results.exports.pytest_benchmark_json", "export"),
    "github-action-benchmark": ("gradparity.results.exports.github_action_benchmark", "export"),
    "junit": ("gradparity.results.exports.junit", "export"),
}
"""Module and function of each."""

BINARY = ("parquet",)
"""Formats that are no text, and so not for a terminal."""


TRAINING = {
    "csv": ("gradparity.results.race_tables.document", "to_csv"),
    "json": ("gradparity.results.race_tables.document", "to_json"),
    "markdown": ("gradparity.results.race_tables.document", "to_markdown"),
    "latex": ("gradparity.results.exports.race_latex", "export"),
}
"""Those in which training can be written."""


def export_training(form: str, run: Run, descents: Sequence[Descent]) -> bytes:
    """Return a training run in one of `TRAINING`, in UTF-8. Raises: ExportError for another."""
    if form not in TRAINING:
        raise ExportError(
            f"run {run.id} is training, which {form} has no place for; choose {', '.join(TRAINING)}"
        )
    module, name = TRAINING[form]
    found: str = getattr(import_module(module), name)(run, descents)
    return found.encode()


def export(form: str, run: Run, cells: Sequence[Cell]) -> bytes:
    """Return a run in one of `FORMATS`; text is UTF-8.

    Raises: KeyError for another format; ExportError if the format needs what is not installed.
    """
    module, name = FORMATS[form]
    found: str | bytes = getattr(import_module(module), name)(run, cells)
    return found if isinstance(found, bytes) else found.encode()
