"""CSV of any country: what is read of it, and what is refused because it could be two things."""

import numpy as np
import pytest

from gradparity.harness.business.csv_table import read_csv
from gradparity.harness.business.sales import read
from gradparity.problems import InputError

NAMES = ("price", "sold", "spend")
ROWS = [(8.5 + 0.5 * i, 1400 - 31 * i, 1.25 * i) for i in range(12)]


def written(path, by, comma, thousands=False, end="\n", encoding="utf-8"):
    def number(x):
        text = f"{x:,.2f}" if thousands else f"{x:.2f}"
        return text.translate(str.maketrans(",.", ".,")) if comma else text

    lines = [by.join(NAMES), *(by.join(map(number, row)) for row in ROWS)]
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return str(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize(
    ("by", "comma", "thousands"),
    [
        (",", False, False),
        (";", True, False),
        (";", True, True),
        (";", False, False),
        ("\t", True, True),
    ],
    ids=["english", "german", "german thousands", "semicolons", "tabs"],
)
def test_the_same_numbers_however_they_are_written(tmp_path, by, comma, thousands, end, encoding):
    file = written(tmp_path / "sales.csv", by, comma, thousands, end, encoding)
    sales = read(file, *NAMES)
    expected = np.array(ROWS).T
    for found, wanted in zip((sales.price, sales.sold, sales.spend), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_names_of_columns_that_are_not_utf8(tmp_path):
    (tmp_path / "s.csv").write_bytes("Größe;Menge\n1,5;2\n".encode("cp1252"))
    table = read_csv(str(tmp_path / "s.csv"))
    assert list(table.columns) == ["Größe", "Menge"]
    assert table["Größe"].tolist() == ["1.5"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("price,sold\n9,50,120\n", "line 2: 3 entries, and the first line has 2; with decimal commas, separate"),
        ("price;sold\n9,50;120;3\n", "line 2: 3 entries, and the first line has 2"),
        ("price;sold\n9,50;120\n10.5;110\n", "decimal commas, and '10.5'; write one of the two"),
        ("price,price\n1,2\n", "two columns are called 'price'; rename one"),
        ('price,sold\n"1,2\n', r"line 2, column price: '1,2\\n' is no number"),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(tmp_path, text, told):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        read(str(tmp_path / "s.csv"), "price", "sold", None)


def test_a_line_is_that_of_the_file_where_lines_are_empty(tmp_path):
    for last, told in (
        ("x,2", "column price: 'x' is no"),
        ("0,2", "price is 0"),
        ("1,-2", "sold is"),
    ):
        rows = "\n".join(["1,2"] * 10)
        (tmp_path / "s.csv").write_text(f"price,sold\n\n\n{rows}\n\n{last}\n")
        with pytest.raises(InputError, match=f"line 15(, |: ){told}"):
            read(str(tmp_path / "s.csv"), "price", "sold", None)


def test_quoted_entries_may_hold_what_separates(tmp_path):
    (tmp_path / "s.csv").write_text('"a, b";sold\n"1,5";"2"\n')
    table = read_csv(str(tmp_path / "s.csv"))
    assert table.to_dict("list") == {"a, b": ["1.5"], "sold": ["2"]}
