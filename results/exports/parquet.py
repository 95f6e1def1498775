"""Apache Parquet, for pandas, Polars, DuckDB and R: the rows with their samples, and the run."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gradparity.results.records.errors import ExportError
from gradparity.results.records.record import Cell, Run
from gradparity.results.times.row import FIGURES, KINDS, Row, rows
from gradparity.results.words.json_values import in_json


def export(run: Run, cells: Sequence[Cell]) -> bytes:
    """Return one row per cell; counters are JSON, and so is the run, in the metadata "gradparity".

    Raises: ExportError without pyarrow.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ExportError(
            "the format parquet needs pyarrow (csv and json do not); type: "
            "pip install 'gradparity[parquet]'"
        ) from error
    types = {
        "str": pyarrow.string(),
        "int": pyarrow.int64(),
        "tuple[float, ...]": pyarrow.list_(pyarrow.float64()),
        "dict[str, int | float]": pyarrow.string(),
    } | dict.fromkeys((KINDS[name] for name in FIGURES), pyarrow.float64())
    metadata = {"gradparity": json.dumps(in_json(asdict(run)))}
    columns = [(name, types[kind]) for name, kind in KINDS.items()]
    table = pyarrow.Table.from_pylist(
        [_written(row) for row in rows(run, cells)],
        schema=pyarrow.schema(columns, metadata=metadata),
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _written(row: Row) -> dict[str, Any]:
    figures = {name: None if (x := getattr(row, name)) is None else float(x) for name in FIGURES}
    return row.columns() | figures | {"counters": json.dumps(row.counters)}
