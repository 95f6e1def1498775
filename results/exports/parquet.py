"""Apache Parquet, for pandas, Polars, DuckDB and R: the rows with their samples, and the run."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from gradparity.results.records.errors import ExportError
from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.run_document import plain
from gradparity.results.times.row import COLUMNS, FIGURES, rows


def export(run: Run, cells: Sequence[Cell]) -> bytes:
    """Return one row per cell as `rows` has them; the run is JSON in the metadata "gradparity".

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
    found = rows(run, cells)
    # Types are given, since a column of nothing but None would get none.
    whole = {name for row in found for name, value in row.items() if isinstance(value, int)}
    types = {
        **{name: pyarrow.int64() if name in whole else pyarrow.string() for name in COLUMNS},
        **dict.fromkeys(FIGURES, pyarrow.float64()),
        "samples": pyarrow.list_(pyarrow.float64()),
    }
    metadata = {"gradparity": json.dumps(plain(asdict(run)))}
    schema = pyarrow.schema([(name, types[name]) for name in COLUMNS], metadata=metadata)
    table = pyarrow.Table.from_pylist(
        [
            row | {name: None if row[name] is None else float(row[name]) for name in FIGURES}
            for row in found
        ],
        schema=schema,
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()
