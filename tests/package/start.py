"""*Start* as a newcomer follows it: in an environment that has nothing but what the page installs.

    python -m tests.package.start WHEEL

A new environment in a new folder; every `pip install` of the page is done, of the wheel instead of
a published one, then every block is run and held against what is shown. Prints how long it took.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import ROOT

PAGE = ROOT / "docs" / "start.md"
MOST_SECONDS = 600
"""In which *Start* promises to be done, installation included."""

FOLLOW = """
import json, sys
from pathlib import Path
from tests.package.start import install
from tests.pages.blocks import run

page, *wheel = sys.argv[1:]
do = (lambda words: install(sys.executable, *wheel, words)) if wheel else None
done = run(Path(page), Path.cwd(), install=do)
json.dump([done.executed, done.commands, done.held], sys.stdout)
"""
"""In the environment, from the page's folder: what running the page came to."""


def install(python, wheel, words):
    """Do `pip install` of these words with the wheel in our place, and never another of our name."""
    ours = [word.replace("gradparity", str(wheel), 1) for word in words]
    assert ours != list(words), f"nothing of ours in {words}"
    call = [python, "-m", "pip", "install", "--quiet", *constraints(), *ours]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"pip install {' '.join(words)}: {done.stderr}"


def constraints():
    """The known-good versions, as for all tests; a newcomer has the newest."""
    return ["--constraint", str(ROOT / "constraints.txt")]


def follow(python, folder, wheel=None):
    """Follow *Start* with an environment's Python in a folder: blocks executed, commands, held.

    wheel: what its `pip install` installs; without one all is there already.
    """
    tests = folder / "known"
    tests.mkdir()
    (tests / "tests").symlink_to(ROOT / "tests")
    work = folder / "work"
    work.mkdir()
    done = subprocess.run(
        [python, "-c", FOLLOW, PAGE, *([wheel] if wheel else [])],
        cwd=work, capture_output=True, text=True, check=False,
        env=alone() | {"PYTHONPATH": str(tests)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alone():
    """The process's environment without what would lead to another gradparity."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def main():
    """Follow *Start* from nothing, and say how long it took."""
    wheel = Path(sys.argv[1]).resolve()
    folder = Path(tempfile.mkdtemp())
    began = time.monotonic()
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", folder / "environment"], check=True, env=alone()
        )
        found = follow(folder / "environment" / "bin" / "python", folder, wheel)
    finally:
        shutil.rmtree(folder)
    took = time.monotonic() - began
    print(f"Start: {found[0]} blocks run, with {found[1]} commands, {took:.0f} s in all")
    assert took < MOST_SECONDS, f"Start promises {MOST_SECONDS} s"


if __name__ == "__main__":
    main()
