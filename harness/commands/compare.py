"""`gradparity compare`: two stored runs side by side, if they can be compared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gradparity.harness.terminal.stored import timed
from gradparity.problems.errors import InputError
from gradparity.results.times.comparison import Comparison, compare

if TYPE_CHECKING:
    from gradparity.results.store.store import Store


def compared(store: Store, before: str, after: str, force: bool = False) -> Comparison:
    """Compare two runs of a store, each named by its id or the start of it.

    Raises: StoreError for an unknown run; InputError for training, and if their times are not
    comparable and `force` does not say to go on.
    """
    comparison = compare(*timed(store, before, "compare"), *timed(store, after, "compare"))
    if comparison.blocking and not force:
        told = "; ".join(found.line() for found in comparison.blocking)
        raise InputError(f"these runs are not comparable: {told} (--force compares all the same)")
    return comparison


def write(comparison: Comparison, form: str) -> None:
    """Print a comparison in one of the formats of the command line."""
    if form == "table":
        from gradparity.results.tables.comparison_table import show

        show(comparison)
    elif form == "markdown":
        from gradparity.results.tables.comparison_table import to_markdown

        sys.stdout.write(to_markdown(comparison))
    else:
        from gradparity.results.tables import comparison_document

        to_text = {"json": comparison_document.to_json, "csv": comparison_document.to_csv}
        sys.stdout.write(to_text[form](comparison))
