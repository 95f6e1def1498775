"""A cluster made by typing what the messages say: a scheduler, and workers that fit."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.harness.terminal.inside import gradparity

CLUSTERS = (
    ("no scheduler", "no scheduler answers there; start one: (dask scheduler)", "a scheduler"),
    ("no workers", r"it has no workers; start some: (dask worker .*)", "workers"),
    (
        "no machine",
        r"no worker has what this needs; start one .* host: (dask worker .*)",
        "a worker",
    ),
)
"""What there is, what is said, and what there is then."""

PORT = 28786


@contextmanager
def started(line, folder, *more):
    """A command as it was told, and as far as tests need it on the loopback address."""
    words = [sys.executable, "-m", *shlex.split(line), "--host", "127.0.0.1", "--no-dashboard"]
    with open(folder / "dask.log", "ab") as log:
        process = subprocess.Popen(
            [*words, *more], cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _timed(where, folder, until):
    """How a run there ends, asked again until it says something of this kind; or for a minute."""
    words = "run booth --backend tape --size tiny --rounds 2 --processes 1 --extra 0 --cluster"
    deadline = time.monotonic() + 60
    while True:
        ended = gradparity(*words.split(), where, cwd=folder)
        if ended.code == 0 or re.search(until, ended.err) or time.monotonic() > deadline:
            return ended
        time.sleep(1)


@pytest.mark.slow
def test_a_cluster_is_made_as_the_messages_say(tmp_path: Path):
    where = f"tcp://127.0.0.1:{PORT}"
    advice = {name: pattern for name, pattern, _ in CLUSTERS}
    with ExitStack() as stack:
        ended = _timed(where, tmp_path, advice["no scheduler"])
        line = re.search(advice["no scheduler"], ended.err)[1]
        stack.enter_context(started(line, tmp_path, "--port", str(PORT)))
        ended = _timed(where, tmp_path, advice["no workers"])
        line = re.search(advice["no workers"], ended.err)[1]
        with started(line.partition(" --resources")[0], tmp_path):  # one that cannot time
            ended = _timed(where, tmp_path, advice["no machine"])
            again = re.search(advice["no machine"], ended.err)[1]
        assert again == line
        stack.enter_context(started(line, tmp_path))
        assert _timed(where, tmp_path, "nothing at all").code == 0
