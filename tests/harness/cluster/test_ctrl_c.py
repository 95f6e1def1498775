"""Ctrl-C in a terminal reaches every process of a local cluster: what is stored stays, all end."""

import os
import signal
import subprocess

import psutil

from tests import PATIENCE_S
from tests.cluster_kills import COMMAND, stored


def test_ctrl_c_calls_all_off_and_leaves_nothing(tmp_path):
    race = ["rosenbrock", "--optimizer", "gd", "--lr", "1e-5", "--seeds", "200", "--steps", "20000"]
    process = subprocess.Popen(
        [*COMMAND, "train", *race, "--cluster", "local", "--store", "store.db"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("[1/200]"):
            break
    else:
        raise AssertionError("nothing was finished")
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) > 2  # Dask's workers, and ours below them
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130
    assert "Traceback" not in told
    assert told.endswith("gradparity: interrupted\n")
    assert not psutil.wait_procs(started, timeout=PATIENCE_S)[1]
    found = stored(tmp_path / "store.db")
    assert 0 < len(found) < 200
    assert (
        f"interrupted with {len(found)} descents stored; the rest: gradparity train --resume"
        in told
    )
