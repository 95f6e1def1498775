"""What a user calls things is text, whatever stands in it: every verb that shows a run, every format."""

import csv
import io
import json
import re
from dataclasses import replace
from itertools import cycle, product
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from gradparity.results.records.environment import Environment
from gradparity.results.store.store import open_store
from gradparity.results.words.csv_cells import FORMULA
from gradparity.results.words.display import hidden, visible
from tests.harness.terminal.hostile import HOSTILE
from tests.harness.terminal.inside import gradparity
from tests.results import descents, synthetic

FORMATS = ("table", "json", "csv", "markdown")
EXPORTS = (
    "csv",
    "json",
    "markdown",
    "latex",
    "pytest-benchmark",
    "github-action-benchmark",
    "junit",
)
FIGURE = re.compile(r"-?(?:inf|\d+(?:\.\d*)?(?:e[-+]?\d+)?)")


def safe(text):
    """Nothing hidden, and no line that a log obeys."""
    assert {sign for sign in text if hidden(sign)} <= {"\n"}
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))
    assert not re.search(r"##[a-z]*\[", text)


def cells(text):
    """Two cells that were timed and one that was not, with the text wherever text may be."""
    one, two, three = (replace(c, problem=text, size=text) for c in synthetic.cells(rounds=6)[:3])
    return [
        replace(one, backend="numpy"),
        replace(two, backend=text, reason=f"{text}\n{text}", oracle=text),
        replace(three, status="error", reason=text, samples=(), counters={}),
    ]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder with a store: two runs of times and one of training, called by all the texts."""
    folder = tmp_path_factory.mktemp("hostile")
    every = "".join(HOSTILE)
    machine = Environment(cpu=every, cores=2)
    with open_store(folder / ".gradparity" / "results.db") as store:
        for number in (1, 2):
            run = synthetic.run(
                id=f"2026112{number}-000000-aaaa", suite=every, command=every,
                environment=machine, options={"seed": 0, "targets": list(HOSTILE)},
            )  # fmt: skip
            store.begin(run)
            for cell in (cell for text in HOSTILE for cell in cells(text)):
                store.add(run.id, cell)
            store.finish(run.id, "finished", "2026-11-23T00:00:00+00:00")
        race = synthetic.run(id="20261125-000000-aaaa", kind="train", suite=every, command=every)
        store.begin(race)
        for text in HOSTILE:
            named = {"problem": text, "size": text, "optimizer": text, "options": {"word": text}}
            store.add_descent(race.id, descents.descent(0.1, **named))
            failed = descents.descent(0.05, problem=text, size=text)
            store.add_descent(race.id, replace(failed, status="error", reason=text))
        store.finish(race.id, "finished", "2026-11-23T00:00:00+00:00")
    return folder


def asked(stored, *arguments):
    ended = gradparity(*arguments, cwd=stored)
    assert (ended.code, ended.err) == (0, ""), ended.err
    safe(ended.out)
    return ended.out


SHOWN = (
    *(("show", "20261121"), ("show", "20261125"), ("show", "--all")),
    ("compare", "20261121", "20261122", "--force"),
)


@pytest.mark.parametrize(("words", "form"), list(product(SHOWN, FORMATS)))
def test_what_is_shown_is_text(stored, words, form):
    out = asked(stored, *words, "--format", form)
    if form == "json":
        assert set(HOSTILE) <= set(strings(json.loads(out))) or "--all" in words
    elif form == "csv":
        check_csv(out, () if "--all" in words else HOSTILE)
    elif form == "markdown":
        check_markdown(out)


@pytest.mark.parametrize("form", EXPORTS)
def test_what_is_exported_is_text(stored, form):
    out = asked(stored, "export", "20261121", "-f", form)
    if form in ("json", "pytest-benchmark"):
        assert set(HOSTILE) <= set(strings(json.loads(out)))
    elif form == "github-action-benchmark":
        assert len(json.loads(out)) == 2 * len(HOSTILE)
    elif form == "csv":
        check_csv(out, HOSTILE)
    elif form == "markdown":
        check_markdown(out)
    elif form == "junit":
        assert len(list(ElementTree.fromstring(out).iter("testcase"))) == 3 * len(HOSTILE)
    else:
        rows = [line for line in out.splitlines() if line.endswith(r"\\") and "caption" not in line]
        assert all(len(re.findall(r"(?<!\\)&", row)) == 7 for row in rows)
        said = "\n".join(line for line in out.splitlines() if not line.startswith("%"))
        plain = re.sub(r"\\[{}]", "", said)
        assert plain.count("{") == plain.count("}")


def strings(value):
    """All texts of a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)


def check_csv(out, texts):
    """Every row is whole, no cell is a formula, and every text is there."""
    head, *rows = csv.reader(io.StringIO(out))
    assert rows
    assert {len(row) for row in rows} == {len(head)}
    every = {cell for row in rows for cell in row}
    assert not [cell for cell in every if cell.startswith(FORMULA) and not FIGURE.fullmatch(cell)]
    for text in texts:
        shown = "\n".join(map(visible, text.removesuffix("\n").split("\n")))
        assert {shown, f"'{shown}"} & every


def check_markdown(out):
    """It is read as tables, lists and our own bold: nothing of the text is markup."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(out)
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "text_special", "softbreak", "strong_open", "strong_close", "em_open", "em_close"}  # fmt: skip
    blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    allowed = {"table", "thead", "tbody", "tr", "th", "td", "inline", "paragraph", "bullet_list"}
    assert blocks <= allowed | {"list_item"}
    wide = {row.count("|") - row.count("\\|") for row in out.splitlines() if row.startswith("| ")}
    assert all(count > 2 for count in wide)


ARGUED = (
    *("run", "check", "gradients", "train", "derive", "show", "export", "optimize"),
    *(
        "gate --against",
        "gate --baseline",
        "compare 2026",
        "conventions --diff",
        "conventions --only",
    ),
    *("run booth --backend", "run booth --size", "run booth --operator", "run booth --reference"),
    *("show --reference", "run booth --format", "run booth --timeout", "train booth --optimizer"),
    *("train booth --lr", "train booth --option", "train booth --schedule", "run --resume"),
    *("export --format", "show --store", "run booth --device", "optimize price --currency"),
    *("optimize price --a", "derive booth --size", "baseline save missing/x", ""),
)


@pytest.mark.parametrize("place", range(len(ARGUED)), ids=ARGUED)
def test_what_is_refused_is_told_in_one_visible_line(tmp_path, place):
    """A part of the texts for each verb, another for the next; all of them in `command_lines.py`."""
    texts = [text for text in HOSTILE if "\x00" not in text][place % 7 :: 7]
    for text, form in zip(texts, cycle(("{}", "{}.py", "{}.toml", "x={}")), strict=False):
        given = form.replace("{}", text)
        ended = gradparity(*ARGUED[place].split(), given, cwd=tmp_path, workers=False)
        safe(ended.err)
        safe(ended.out)
        assert ended.code in (0, 2), (given, ended)
