"""The command in a process of its own, as a user types it."""

import subprocess
import sys

from tests import PATIENCE_S, ROOT

COMMAND = [sys.executable, "-c", "from gradparity.__main__ import main; main()"]


def gradparity(*arguments, cwd, stdout=subprocess.PIPE, timeout=PATIENCE_S, **environment):
    """The finished process; environment: further variables."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), **environment},
        timeout=timeout,
        check=False,
    )
