from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gradparity.results.exports.latex import export
from tests.results import synthetic

DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\begin{document}%s\end{document}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_hostile_names_compile_without_further_packages(tmp_path: Path) -> None:
    names = (r"$x$\frac{_^~%&#", '"quoted" <b>|[1]', "a -- b")
    some = [replace(cell, problem=n) for cell in synthetic.cells(rounds=6)[:2] for n in names]
    (tmp_path / "t.tex").write_text(DOCUMENT % export(synthetic.run(), some))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
