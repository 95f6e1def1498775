from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gradparity.results.exports.latex import export
from gradparity.results.exports.race_latex import export as export_race
from tests.results import synthetic
from tests.results.geometric import descent

DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\begin{document}%s\end{document}"


COMMANDS = {
    "pdflatex": ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
    "tectonic": ["tectonic", "t.tex"],
}


@pytest.fixture(params=COMMANDS)
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], None]:
    """What sets tables in a document; skipped without the program."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")

    def compile_tables(tables: str) -> None:
        (tmp_path / "t.tex").write_text(DOCUMENT % tables)
        command = COMMANDS[request.param]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]

    return compile_tables


NAMES = (r"$x$\frac{_^~%&#", '"quoted" <b>|[1]', "a -- b")


def test_hostile_names_compile_without_further_packages(compiled: Callable[[str], None]) -> None:
    some = [replace(cell, problem=n) for cell in synthetic.cells(rounds=6)[:2] for n in NAMES]
    compiled(export(synthetic.run(), some))


def test_a_race_compiles_with_hostile_names(compiled: Callable[[str], None]) -> None:
    made = [
        descent(q, problem=name, optimizer=name, seed=seed, rate=rate)
        for name in NAMES
        for seed in range(2)
        for rate, q in {0.1: 0.9, 0.2: 0.7}.items()
    ]
    compiled(export_race(synthetic.run(), made))
