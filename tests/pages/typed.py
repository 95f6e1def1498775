"""Commands as they are typed. Those of gradparity are forked from one process that has imported it.

Importing the command line costs more than most commands do; a fork has a process of its own all the
same: its folder, environment, output and end.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import PATIENCE_S

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "gradparity.harness.cli",
        "gradparity.harness.commands.run",
        "gradparity.harness.timing.execution",
    ]
)
ELSE = {"python": [], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}


def typed(words, folder):
    """(exit code, what was printed: errors, then output) of a command in a folder."""
    environment = os.environ | {"COLUMNS": "200", "PYTEST_ADDOPTS": ""}
    if words[0] != "gradparity":
        done = subprocess.run(
            [sys.executable, *ELSE[words[0]], *words[1:]],
            capture_output=True, text=True, cwd=folder, env=environment, check=False,
            timeout=PATIENCE_S,
        )  # fmt: skip
        return done.returncode, done.stderr + done.stdout
    with tempfile.TemporaryDirectory() as kept:
        paths = [Path(kept) / name for name in ("errors", "output")]
        arguments = (list(words), str(folder), dict(environment), *map(str, paths))
        process = CONTEXT.Process(target=_command, args=arguments)
        process.start()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
            raise TimeoutError(f"{' '.join(words)}: longer than {PATIENCE_S} s")
        return process.exitcode, "".join(path.read_text() for path in paths)


def _command(words, folder, environment, errors, output):
    """In the fork: become the command."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((output, 1), (errors, 2)):
        kept = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(kept, number)
        os.close(kept)
    sys.argv = words
    from gradparity.__main__ import main

    main()
