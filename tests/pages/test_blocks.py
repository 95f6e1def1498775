"""Every block of code and every command in README and docs is run, or says why not."""

import re
import tomllib

import pytest

from tests import ROOT
from tests.pages.blocks import PAGES, TEAM, alike, blocks, installed, prepared, run, shown_in
from tests.pages.count import counted, table

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
ELSEWHERE = ("course.md", "start.md")
"""tests/test_course.py runs the course's, tests/package/test_start.py those of *Start*."""
WITH = [page for page in PAGES if blocks(page)]


def name(page):
    return page.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize("page", [p for p in WITH if p.name not in ELSEWHERE], ids=name)
def test_what_is_shown_is_what_happens(page, tmp_path, monkeypatch, request):
    monkeypatch.chdir(prepared(tmp_path))
    store = request.getfixturevalue("team_store") if TEAM in page.read_text() else None
    done = run(page, tmp_path, store)
    foretold = counted(page)
    assert (done.executed, done.commands, done.held) == (
        foretold.executed,
        foretold.commands,
        foretold.held,
    )


@pytest.mark.parametrize("page", WITH, ids=name)
def test_what_is_to_be_installed_exists(page):
    for one in installed(page):
        assert set(re.findall(r"\w+", one)) <= {"gradparity", *EXTRAS}


def test_every_fence_is_a_block_or_a_picture():
    for page in WITH:
        text = page.read_text()
        pictures = len(re.findall(r"^```(?:mermaid|\{)", text, re.MULTILINE))
        assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * (len(blocks(page)) + pictures)


def test_the_sum_of_all_blocks_is_counted():
    *rows, last = table().splitlines()[2:]
    columns = [[int(cell) for cell in row.split("|")[2:-1]] for row in rows]
    assert [int(cell) for cell in last.split("|")[2:-1]] == [
        sum(c) for c in zip(*columns, strict=False)
    ]
    executed, commands, held, left = map(sum, zip(*columns, strict=False))
    assert executed + held + left == sum(len(blocks(page)) for page in WITH)
    assert commands > 50


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```python\nprint(1)\n```\n\n<!-- output -->\n```text\n2\n```\n", "'2' not in"),
        ("```yaml\na: 1\n```\n", "needs a marker"),
        ("<!-- not run -->\n```sh\nls\n```\n", "a reason is missing"),
        ("```python\nprint(absent)\n```\n", "name 'absent' is not defined"),
        ("<!-- is: Makefile -->\n```text\nno target:\n```\n", "Makefile"),
        ("```console\n$ python -c 'exit(5)'\n```\n", "python -c"),
    ],
    ids=["output", "language", "reason", "error", "file", "exit code"],
)
def test_a_page_that_is_not_so_is_refused(text, told, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(AssertionError, match=re.escape(told)):
        run(page, tmp_path)


def test_lines_are_compared():
    assert alike("loss 0.693", "loss 0.6931")
    assert not alike("loss 0.693", "loss 0.349")
    assert not alike("a ok 0.1 64", "a formula 0.1 64", True)
    assert alike("a ok 0.1 64", "a ok 0.2 64", True)
    assert not alike("a ok 0.1 64", "a ok 9.0 64", True)
    with pytest.raises(AssertionError):
        shown_in("b\na\n", "a\nb\n")
