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
from pathlib import Path


def settle(cores: list[int], memory_bytes: int | None) -> None:
    """Make this process what a worker must be; every step is skipped where the system lacks it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: do not outlive the parent
        if os.getppid() != parent:
            sys.exit(1)
        Path("/proc/self/oom_score_adj").write_text("1000")  # the first to go, not the user's work
        os.sched_setaffinity(0, cores)
    if memory_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def main() -> None:
    """Run as `python -m gradparity.harness.worker '{"cores": [1], "memory_bytes": null}'`."""
    settle(**json.loads(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else this process prints goes to standard error
    gc.disable()  # until the greeting: an import is nothing but new objects, a tenth of its time
    from gradparity.harness.worker.serving import serve

    serve(sys.stdin, replies)


if __name__ == "__main__":
    main()
