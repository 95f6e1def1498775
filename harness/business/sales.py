"""Sales from a file: prices, what was sold, and what was spent, or what is wrong with them.

CSV is read by `csv_table.py`, Parquet and Excel by pandas. A line number is that of the file: the
first row stands in line 2, behind the names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.business.csv_table import read_csv
from gradparity.problems.errors import InputError, unknown
from gradparity.problems.extras import needed

FEWEST, PRICES = 10, 3
"""Rows, and different prices, below which data cannot tell a curve from another."""


@dataclass(frozen=True, slots=True)
class Sales:
    """price, in currency per item; sold, in items; spend, in currency, or None; one a row, (n,)."""

    price: Vector
    sold: Vector
    spend: Vector | None


def read(file: str, price: str, sold: str, spend: str | None) -> Sales:
    """The columns of these names.

    Raises InputError, one line, for a file that cannot be read, a column that is not there, an
    entry that is no number (row and column), too few rows, or a price that never changes.
    """
    table = _table(file)
    columns = [_numbers(file, table, name) for name in (price, sold, *([spend] if spend else []))]
    prices, items = columns[:2]
    spent = columns[2] if spend else None
    if prices.size < FEWEST:
        raise InputError(f"{file}: {prices.size} rows are too few; it takes {FEWEST}")
    _positive(file, table, price, prices)
    for name, x in zip((sold, spend), columns[1:], strict=False):
        if np.any(x < 0.0):
            raise InputError(f"{file}, line {table.index[np.argmax(x < 0)]}: {name} is negative")
    kinds = np.unique(prices).size
    if kinds < PRICES:
        raise InputError(
            f"{file}: {price} has {kinds} different value{'s' * (kinds > 1)}; "
            f"without {PRICES} nothing can be told about other prices"
        )
    if not np.any(items):
        raise InputError(f"{file}: nothing was ever sold")
    if spent is not None and np.unique(spent).size < PRICES:
        raise InputError(f"{file}: {spend} hardly changes; leave --spend away")
    return Sales(prices, items, spent)


def _table(file: str) -> Any:
    if not Path(file).is_file():
        raise InputError(f"{file}: there is no such file")
    with needed():
        import pandas
    try:
        if file.lower().endswith(".csv"):
            return read_csv(file)
        if file.lower().endswith(".parquet"):
            return _numbered(pandas.read_parquet(file))
        return _numbered(pandas.read_excel(file))
    except ImportError as error:
        raise InputError(f"{file}: {' '.join(str(error).split())}") from None
    except (ValueError, OSError, UnicodeError) as error:
        told = " ".join(str(error).split())
        raise InputError(f"{file}: it cannot be read: {told}") from None


def _numbered(table: Any) -> Any:
    table.index = range(2, len(table) + 2)
    return table


def _numbers(file: str, table: Any, name: str) -> Vector:
    import pandas

    if name not in table.columns:
        raise unknown(f"column of {file}:", name, [str(column) for column in table.columns])
    column = table[name]
    numbers = np.asarray(pandas.to_numeric(column, errors="coerce"), np.float64)
    wrong = ~np.isfinite(numbers)
    if np.any(wrong):
        row = int(np.argmax(wrong))
        entry, line = column.iloc[row], column.index[row]
        told = "empty" if pandas.isna(entry) or not str(entry).strip() else repr(entry)
        raise InputError(f"{file}, line {line}, column {name}: {told} is no number")
    return numbers


def _positive(file: str, table: Any, name: str, prices: Vector) -> None:
    if np.any(prices <= 0.0):
        row = int(np.argmax(prices <= 0.0))
        raise InputError(
            f"{file}, line {table.index[row]}: {name} is {prices[row]:g}; it should be above 0"
        )
