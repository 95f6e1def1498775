"""Files for continuous integration: what is in them, and their shell steps run on this machine."""

import os
import re
import subprocess
from pathlib import Path

import yaml

from tests import PATIENCE_S, ROOT

GITHUB = (ROOT / ".github/workflows/tests.yml", ROOT / "examples/ci/github-workflow.yml")
ACTION = ROOT / "examples/ci/github-action/action.yml"
GITLAB = ROOT / "examples/ci/gitlab-ci.yml"
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


def read(path):
    """A file's content; `on` is a word here, not YAML 1.1's true."""
    found = yaml.safe_load(path.read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def filled(text, values):
    """A text with its `${{ ... }}` filled in; KeyError names what is not known."""
    return EXPRESSION.sub(lambda found: values[found[1]], text)


class Runner:
    """A folder in which steps are run as GitHub or GitLab would, with stand-ins before the PATH.

    A stand-in notes how it was called in NAME.called, a line each, and then does what is said.
    """

    def __init__(self, folder):
        self.folder, self.stand_ins = Path(folder), Path(folder) / "stand-ins"
        self.stand_ins.mkdir()
        (self.folder / "work").mkdir()

    def stand_in(self, name, does=""):
        """Put a program of this name first; `does` is bash."""
        path = self.stand_ins / name
        called = self.folder / f"{name}.called"
        path.write_text(
            f"#!/usr/bin/env bash\nprintf '%q ' \"$@\" >> {called}; echo >> {called}\n{does}\n"
        )
        path.chmod(0o755)

    def called(self, name):
        """How a stand-in was called, a line each."""
        path = self.folder / f"{name}.called"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, script, **variables):
        """Run a step's shell in the folder, as GitHub's `shell: bash` does."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder / "work", capture_output=True, text=True, check=False, timeout=PATIENCE_S,
            env=os.environ | {"PATH": f"{self.stand_ins}:{os.environ['PATH']}"} | variables,
        )  # fmt: skip
