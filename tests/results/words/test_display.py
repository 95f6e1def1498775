"""Text as it may be shown, in a line, in CSV, in JSON, in Markdown."""

import json

import pytest

from gradparity.results.words.csv_cells import cell
from gradparity.results.words.display import printable, to_ascii, visible
from gradparity.results.words.json_values import to_json
from gradparity.results.words.markdown import escaped, item


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m", r"a\x1b[31m"),
        ("\u202egnp", r"\u202egnp"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\ud800", r"\ud800"),
        ("\u3164", r"\u3164"),
        ("a\nb", r"a\nb"),
        ("::error::x", r"\x3a:error::x"),
        ("##[error]x", r"\x23#[error]x"),
        ("É 语 🙂 \\", "É 语 🙂 \\"),
    ],
)
def test_what_is_not_seen_or_is_obeyed_stands_there_by_its_code(text, shown):
    assert visible(text) == shown
    assert visible(shown) == shown
    assert printable(f" {text} ") == shown.replace(r"\n", " ")
    assert to_ascii(shown).isascii()
    assert json.loads(to_json([text])) == [text]
    assert all(sign.isprintable() or sign == "\n" for sign in to_json([text]))


@pytest.mark.parametrize("value", [-1.5, 3, None, "-1.5e-07", "-inf", "12"])
def test_a_figure_stays_a_figure(value):
    assert cell(value) == value


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@A1", "\t=1", "\r=1", "-", "+"])
def test_no_cell_is_a_formula(text):
    assert cell(text).startswith("'")


def test_markdown_is_text():
    assert escaped("[a](http://x) <b> **c** `d` $e$ a_b") == (
        r"[a\](http\://x) \<b\> \*\*c\*\* \`d\` \$e\$ a_b"
    )
    assert item("# x") == r"- \# x"
    assert item("1. x") == r"- 1\. x"
