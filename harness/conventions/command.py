"""`gradparity conventions`: measure, store, print; or print what changed."""

from __future__ import annotations

import sys

from gradparity.harness.conventions.atlas import Atlas, changes, measure, selected
from gradparity.harness.conventions.files import find, store
from gradparity.harness.conventions.output import write_atlas, write_changes
from gradparity.harness.terminal.console import say

EVERY = 20
"""Answers between two updates of the progress line."""


def show_conventions(only: str | None, since: str | None, form: str) -> None:
    """Print the atlas of the installed versions, or what changed since an earlier one.

    A whole atlas is stored under its versions. Raises: InputError for a bad `only` or `since`.
    """
    names = {case.name for case in selected(only)}
    old = None if since is None else find(since)
    atlas = measure(only, _told if sys.stderr.isatty() else None)
    if old is None:
        write_atlas(atlas, form)
    else:
        rows = tuple(row for row in old.rows if only is None or row["case"] in names)
        write_changes(changes(Atlas(old.versions, rows), atlas), form)
    if only is None:
        say(f"stored in {store(atlas)}", stderr=True)


def _told(done: int, asked: int) -> None:
    if done % EVERY == 0 or done == asked:
        end = "\r\033[K" if done == asked else ""
        print(f"\r{done} of {asked} answers{end}", end="", file=sys.stderr, flush=True)
