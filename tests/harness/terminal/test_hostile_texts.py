"""What a user calls things is text, whatever stands in it: every verb that shows a run, every format."""

import csv
import io
import json
import re
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from gradparity.results.records.environment import Environment
from gradparity.results.store.store import open_store
from gradparity.results.words.csv_cells import FORMULA
from gradparity.results.words.display import hidden, printable, visible
from tests.harness.terminal.hostile import HOSTILE
from tests.harness.terminal.inside import gradparity
from tests.results import descents, synthetic

TEXTS = [*HOSTILE]
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


@pytest.fixture(scope="module", params=range(len(TEXTS)), ids=lambda i: f"text{i}")
def stored(request, tmp_path_factory):
    """(text, folder with a store): two runs of times and one of training, all called by the text."""
    text = TEXTS[request.param]
    folder = tmp_path_factory.mktemp("hostile")
    machine = Environment(cpu=text, cores=2)
    with open_store(folder / ".gradparity" / "results.db") as store:
        for number in (1, 2):
            run = synthetic.run(
                id=f"2026112{number}-000000-aaaa", suite=text, command=text, environment=machine,
                options={"seed": 0, "targets": [text]},
            )  # fmt: skip
            store.begin(run)
            for cell in cells(text):
                store.add(run.id, cell)
            store.finish(run.id, "finished", "2026-11-23T00:00:00+00:00")
        race = synthetic.run(id="20261125-000000-aaaa", kind="train", suite=text, command=text)
        store.begin(race)
        for made in (
            descents.descent(0.1, problem=text, size=text, optimizer=text, options={"word": text}),
            replace(descents.descent(0.05), problem=text, size=text, status="error", reason=text),
        ):
            store.add_descent(race.id, made)
        store.finish(race.id, "finished", "2026-11-23T00:00:00+00:00")
    return text, folder


def asked(stored, *arguments):
    ended = gradparity(*arguments, cwd=stored[1])
    assert (ended.code, ended.err) == (0, ""), ended.err
    safe(ended.out)
    return ended.out


SHOWN = (
    *(("show", "20261121"), ("show", "20261125"), ("show", "--all")),
    ("compare", "20261121", "20261122", "--force"),
)


@pytest.mark.parametrize(("words", "form"), list(product(SHOWN, FORMATS)))
def test_what_is_shown_is_text(stored, words, form):
    text, out = stored[0], asked(stored, *words, "--format", form)
    if form == "json":
        assert text in list(strings(json.loads(out)))
    elif form == "csv":
        check_csv(out, text)
    elif form == "markdown":
        check_markdown(out)


@pytest.mark.parametrize("form", EXPORTS)
def test_what_is_exported_is_text(stored, form):
    text, out = stored[0], asked(stored, "export", "20261121", "-f", form)
    if form in ("json", "pytest-benchmark"):
        assert text in list(strings(json.loads(out)))
    elif form == "github-action-benchmark":
        assert all(printable(text)[:3] for _ in json.loads(out))
    elif form == "csv":
        check_csv(out, text)
    elif form == "markdown":
        check_markdown(out)
    elif form == "junit":
        assert len(list(ElementTree.fromstring(out).iter("testcase"))) == 3
    else:
        rows = [line for line in out.splitlines() if line.endswith(r"\\") and "caption" not in line]
        assert all(len(re.findall(r"(?<!\\)&", row)) == 7 for row in rows)
        plain = re.sub(r"\\[{}]", "", out)
        assert plain.count("{") == plain.count("}")


def strings(value):
    """All texts of a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)


def check_csv(out, text):
    """Every row is whole, no cell is a formula, and the text is there."""
    head, *rows = csv.reader(io.StringIO(out))
    assert rows
    assert {len(row) for row in rows} == {len(head)}
    every = [cell for row in rows for cell in row]
    assert not [cell for cell in every if cell.startswith(FORMULA) and not FIGURE.fullmatch(cell)]
    shown = "\n".join(map(visible, text.removesuffix("\n").split("\n")))
    assert {shown, f"'{shown}"} & set(every)


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


@pytest.mark.parametrize("verb", ARGUED)
def test_what_is_refused_is_told_in_one_visible_line(tmp_path, verb):
    for text in (t for t in HOSTILE if "\x00" not in t):
        for given in (text, f"{text}.py", f"{text}.toml", f"x={text}"):
            ended = gradparity(*verb.split(), given, cwd=tmp_path, workers=False)
            safe(ended.err)
            safe(ended.out)
            assert ended.code in (0, 2), (given, ended)
