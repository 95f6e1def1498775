"""`python -m gradparity.harness.worker SETTINGS` is a worker process.

It is started with its thread counts in the environment; its affinity is set here, before anything
is imported that imports NumPy, JAX or torch.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def settle(cores: list[int], memory_bytes: int | None) -> None:
    """Make this process what a worker must be; every step is skipped where the system lacks it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if sys.platform == "linux":
        parent = os.getppid()
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # do not outlive the parent
        if os.getppid() != parent:
            sys.exit(1)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # whatever is started here can be found and ended
        Path("/proc/self/oom_score_adj").write_text("1000")  # the first to go, not the user's work
        os.sched_setaffinity(0, cores)
    if memory_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def private_channel() -> tuple[IO[str], IO[str]]:
    """Requests and answers, on descriptors that no other program inherits.

    Where they came, on 0 and 1, a user's code finds nothing to read, and standard error.
    """
    channel = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return channel


def main() -> None:
    """Run as `python -m gradparity.harness.worker '{"cores": [1], "memory_bytes": null}'`."""
    settle(**json.loads(sys.argv[1]))
    requests, answers = private_channel()
    gc.disable()  # until the greeting: an import is nothing but new objects, a tenth of its time
    from gradparity.harness.worker.serving import serve

    # What a user's code wanted done at the end, or left running, is not waited for.
    code = 1
    try:
        serve(requests, answers)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
