"""Reports as files: of a drawn run and race, of a real run with a planted mistake, of hostile names."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradparity.results.records.record import Cell, Run
from gradparity.results.store.store import open_store
from tests.results import synthetic

PLANTED = '''"""A planted mistake: the factor 2 of a square is forgotten."""

import numpy as np

import gradparity as gp


def loss(xp, params, data):
    return xp.sum(xp.square(params["w"] - data["t"]))


def gradient(params, data):
    difference = params["w"] - data["t"]
    return np.sum(difference**2), {"w": difference}


def draw(rng, n):
    return gp.Instance(params={"w": rng.normal(size=n)}, data={"t": rng.normal(size=n)})


SIZES = {"tiny": {"n": 5}, "small": {"n": 500}}
PROBLEM = gp.Problem("planted", loss, draw, SIZES, "planted", gradient=gradient)
'''


@dataclass
class Reported:
    """A report's file, the folder of its store, and what was said."""

    path: Path
    folder: Path
    run: Run | None = None
    cells: Sequence[Cell] = ()

    @property
    def address(self):
        return self.path.as_uri()


def stored(folder, run, cells=(), descents=()):
    """A folder with a store that holds this run, behind those that are there."""
    with open_store(folder / ".gradparity" / "results.db") as store:
        store.begin(run)
        store.add(run.id, *cells)
        for descent in descents:
            store.add_descent(run.id, descent)
        store.finish(run.id, "finished", "2026-11-23T00:00:00+00:00")
    return folder


def reported(folder, *words):
    """The report that the command writes in this folder."""
    command = [sys.executable, "-m", "gradparity", "report", "--no-3d", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return Reported(folder / "report.html", folder)


@pytest.fixture(scope="package")
def drawn(tmp_path_factory):
    """Of a drawn run with five backends and failures, two operators."""
    run = synthetic.run()
    cells = synthetic.cells(("float64",), ("gradient",), 6)[:60]
    cells += synthetic.cells(("float64",), ("value",), 6)[:60]
    found = reported(stored(tmp_path_factory.mktemp("drawn"), run, cells))
    found.run, found.cells = run, cells
    return found


@pytest.fixture(scope="package")
def planted(tmp_path_factory):
    """Of a real run of a gradient that is wrong."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted.py").write_text(PLANTED)
    command = [sys.executable, "-m", "gradparity", "run", "planted.py", "--backend", "numpy,tape"]
    ended = subprocess.run([*command, "--rounds", "5"], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 3, ended.stderr
    return reported(folder)
