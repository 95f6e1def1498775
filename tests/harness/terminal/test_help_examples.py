"""The examples that help ends with, typed where their files are: those that take a moment."""

import shlex
import shutil
from dataclasses import replace

import pytest

from gradparity.results.store.store import open_store
from tests import ROOT
from tests.harness.terminal.test_verb import VERBS
from tests.pages.typed import typed
from tests.results import synthetic

CHEAP = ("derive", "optimize", "show", "compare", "plot", "export", "list", "report-bug", "store")
"""Verbs that judge, time or descend are typed in the pages' blocks, on such files, and in their own tests."""

EXAMPLES = [
    example
    for words, verb in VERBS.items()
    if words[0] in CHEAP
    for example in verb.epilog.splitlines()
]
HERE = [example for example in EXAMPLES if "://" not in example]
"""Those that need no server; the others are in docs/howto/database.md, whose blocks have one."""


def kept(path, *days):
    """A store with a run of each of these days of November 2026."""
    with open_store(path) as store:
        for day in days:
            run = replace(synthetic.run(), id=f"202611{day}-223145-3fa9")
            store.begin(run)
            store.add(run.id, *synthetic.cells(("float64",), ("gradient",), 6)[:12])
            store.finish(run.id, "finished", "2026-11-24T00:00:00+00:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the examples name: a loss, sales, runs of two days, stores."""
    there = tmp_path_factory.mktemp("examples")
    shutil.copy(ROOT / "examples" / "huber_regression.py", there / "my_loss.py")
    rows = [f"{p},{1000 - 8 * p + (7 * p) % 5}" for p in range(40, 100, 2)]
    (there / "sales.csv").write_text("\n".join(["p,q", *rows]) + "\n")
    kept(there / ".gradparity" / "results.db", 23, 24)
    kept(there / "other.db", 25)
    kept(there / "team.db", 26)
    kept(there / "old.db", 25)
    kept(there / "damaged.db", 27)
    kept(there / "rescued.db", 28)
    return there


@pytest.mark.parametrize("example", HERE)
def test_an_example_does_what_it_is_an_example_of(folder, example):
    words = shlex.split(example)
    code, told = typed(words, folder)
    assert code == 0, told
    written = folder / words[words.index("-o") + 1] if "-o" in words else None
    assert written.read_text().strip() if written else told.strip()


def test_no_cheap_verb_is_left_out():
    assert {words[0] for words in VERBS} >= set(CHEAP)
    assert len(EXAMPLES) == 2 * sum(words[0] in CHEAP for words in VERBS)
