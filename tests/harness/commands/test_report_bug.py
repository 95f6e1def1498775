"""`gradparity report-bug`: what an issue needs, and nothing that says who or where."""

import getpass
import json
import re
import socket
import sys
from pathlib import Path

from gradparity.harness.commands.report_bug import hiding
from tests import ROOT
from tests.harness.command import gradparity

WRONG = '"w": 1.002 * data["X"].T @'


def reported(folder, *arguments, **environment):
    done = gradparity("report-bug", *arguments, cwd=folder, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_wrong_row_is_told_with_versions_and_nobody(tmp_path):
    folder = tmp_path / "anna" / "secret project"
    folder.mkdir(parents=True)
    right = (ROOT / "examples" / "huber_regression.py").read_text()
    (folder / "mine.py").write_text(right.replace('"w": data["X"].T @', WRONG))
    run = ("run", str(folder / "mine.py"), "--backend", "numpy", "--size", "tiny")
    assert gradparity(*run, "--rounds", "2", "--extra", "0", cwd=folder).returncode == 3
    told = reported(folder, LOGNAME="anna", HOME=str(folder.parent))
    versions, machine, *rest = told.splitlines()
    assert re.match(r"- gradparity \S+, Python 3\.\d+\.\d+; numpy \d", versions)
    assert re.search(r"\d+ of \d+ cores, \d+ GiB$", machine)
    stored = json.loads("\n".join(rest).removeprefix("```json\n").removesuffix("```"))
    (row,) = stored["rows"]
    assert (row["problem"], row["status"]) == ("huber-regression", "formula")
    assert "wrong by a factor of 1.002" in row["reason"]
    assert "mine.py" in stored["command"]
    for personal in ("anna", "secret", str(tmp_path), sys.prefix):
        assert personal not in told


def test_where_nothing_is_stored_it_says_so(tmp_path):
    assert reported(tmp_path).splitlines()[-1] == "- no stored run"
    assert gradparity("report-bug", "20200101", cwd=tmp_path).returncode == 2


def test_names_go_and_what_only_looks_like_them_stays(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "hermes.example.org")
    monkeypatch.setattr(getpass, "getuser", lambda: "li")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/li wei"))
    hide = hiding()
    assert hide("File '/home/li wei/a/loss.py', line 3, by li on hermes") == (
        "File 'loss.py', line 3, by ... on ..."
    )
    assert hide("run 'of li/my losses/loss.py' a/b/loss.py") == "run 'loss.py' loss.py"
    assert hide(r"C:\Users\li\loss.py failed") == "loss.py failed"
    assert hide("the limit 1/n of a line, w[0]/2") == "the limit 1/n of a line, w[0]/2"
