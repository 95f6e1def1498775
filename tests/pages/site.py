"""The built site: once for all tests of a run, whichever worker comes first."""

import fcntl
import subprocess
import sys

from tests import ROOT


def build(folder):
    """Build the site into `folder`, unless another worker has; what Sphinx said."""
    told = folder / "told.txt"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            command = ["-W", "--keep-going", "-q", "-b", "html", "-d", folder / "trees"]
            done = subprocess.run(
                [sys.executable, "-m", "sphinx", *command, ROOT / "docs", folder / "site"],
                capture_output=True, text=True, check=False, timeout=600,
            )  # fmt: skip
            told.write_text(f"{done.stdout}{done.stderr}exit {done.returncode}\n")
    return told.read_text()
