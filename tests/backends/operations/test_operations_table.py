"""docs/operations.md is of today, and says of every operation how each number system has it."""

from gradparity.problems import OPERATIONS
from tests import operations_table


def test_the_page_is_current():
    """`python -m tests.operations_table` writes it."""
    assert operations_table.PAGE.read_text() == operations_table.page()


def test_no_cell_is_empty_and_no_operation_is_left_out():
    rows = [line for line in operations_table.page().splitlines() if line.startswith("| ")]
    cells = {row.split(" | ")[0][2:]: row.strip("| ").split(" | ")[1:] for row in rows}
    assert set(OPERATIONS) <= set(cells)
    assert all(len(found) == 8 and all(found) for found in cells.values())
