"""All pictures of one stored run or race."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradparity.harness.drawing.boundaries import boundaries
from gradparity.harness.drawing.differences import differences
from gradparity.harness.drawing.history import drawn_rows
from gradparity.harness.history.file import known_history
from gradparity.harness.training.pictures import draw_race
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import files_among
from gradparity.results.pictures.looks import Output
from gradparity.results.pictures.plots import PICTURES, Drawn, draw, draw_differences, draw_history
from gradparity.results.races.tuning import raced
from gradparity.results.records.record import Run
from gradparity.results.store.store import Store
from gradparity.results.training_pictures.pictures import NAMES

OF_RUNS = (*PICTURES, "differences")


def draw_run(
    store: Store, run: Run, folder: Path, output: Output, only: Sequence[str] = ()
) -> Drawn:
    """Write the pictures of a run of times, or of a race, into a folder; all, or some by name.

    Raises InputError for a name that no picture of such a run has, and for a folder that is none.
    """
    if run.kind == "claims":
        told = f"run {run.id} is on claims, whose pictures are in its report"
        raise InputError(f"{told}: gradparity report {run.id}")
    known = NAMES if run.kind == "train" else OF_RUNS
    for name in only:
        if name not in known:
            raise unknown("picture", name, known)
    names = [name for name in known if not only or name in only]
    if run.kind == "train":
        files = files_among(run.options.get("targets", ()))
        descents = raced(run, store.descents(run.id))
        made = boundaries(descents) if "boundaries" in names else ()
        return draw_race(descents, str(folder), files, output, made, names)
    cells = store.cells(run.id)
    try:
        drawn = draw(run, cells, folder, output, [name for name in names if name in PICTURES])
        if "differences" in names:
            more = draw_differences(run, differences(run, cells), folder, output)
            drawn = Drawn([*drawn.paths, *more.paths], drawn.skipped | more.skipped)
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error
    return drawn


def draw_history_file(path: Path, folder: Path, output: Output) -> Drawn:
    """Write the picture of a file of the verb `history` into a folder.

    Raises InputError for a file that is none, or is not there, and for a folder that is none.
    """
    history = known_history(path)
    assert history is not None  # a file that was named and is not there is an error
    try:
        commits = [commit.short for commit in history.commits]
        return draw_history(commits, drawn_rows(history), folder, output)
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error
