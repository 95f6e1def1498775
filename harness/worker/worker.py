"""A worker process: prepares, runs and times one subject, or trains with it, or judges.

Speaks JSON lines. Each line on standard input is a request {"do": ..., ...}; each gets one line on
standard output, {"ok": {...}} or {"error": {"status": ..., "reason": ...}}. Whatever else this
process prints, a user's loss or a library, goes to standard error. It ends when its input does.

The process is started with its thread counts in the environment; its affinity is set here, before
NumPy, JAX or torch are imported.
"""

from __future__ import annotations

import ctypes
import gc
import json
import math
import os
import signal
import sys
import traceback
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import IO, TYPE_CHECKING, Any

from gradparity.harness.training.descents.requests import TrainingRequests

if TYPE_CHECKING:
    from gradparity.backends import Backend, Prepared
    from gradparity.harness.worker.judge import Judge
    from gradparity.problems import Problem

OUT_OF_MEMORY = ("out of memory", "resource_exhausted", "can't allocate memory", "bad_alloc")


class Worker(TrainingRequests):
    """The state between requests: what is prepared, ready to be sampled."""

    def __init__(self) -> None:
        super().__init__()
        self.prepared: Prepared | None = None
        self.native: Any = None
        self.layout: list[bytearray] = []
        self.judging: Judge | None = None

    def hello(self, backend: str) -> dict[str, Any]:
        """Start the library up; say which threads and BLAS this process has.

        One rehearsal, so that imports and the library's own start are not counted as the
        preparation of whichever problem comes first.
        """
        gc.disable()  # a library's import is nothing but new objects: a tenth of its time
        import numpy as np
        from threadpoolctl import threadpool_info

        from gradparity.backends import Setting
        from gradparity.backends.catalogue import load
        from gradparity.harness.planning.lookup import catalogue

        np.seterr(all="ignore")  # infinities and NaN are answers: the judge looks at them
        problem = next(iter(catalogue().values()))
        engine = load(backend)
        # What fails here fails again in a cell, which says so.
        with suppress(Exception):
            if engine.unsupported(problem, "gradient") is None:
                instance = problem.instance("tiny", seed=0)
                prepared = engine.prepare(problem, "gradient", instance, Setting())
                prepared(instance)
        pools = [
            {key: pool.get(key) for key in ("user_api", "internal_api", "version", "num_threads")}
            for pool in threadpool_info()
        ]
        # What the libraries made at their start lives as long as the process: a collection that
        # looks at all of it takes a tenth of a second, and there is one before every cell.
        gc.collect()
        gc.freeze()
        gc.enable()
        return {"pools": pools}

    def check(self, file: str, problem: str, seed: int) -> dict[str, Any]:
        """Try a problem of a user's file; "fault" is what is wrong with it, or None."""
        from gradparity.harness.judging import user_file
        from gradparity.harness.planning.lookup import find
        from gradparity.problems import InputError

        try:
            user_file.check(find(problem, file), file, seed)
        except InputError as error:
            return {"fault": str(error)}
        return {"fault": None}

    def prepare(self, spec: dict[str, Any], answer: str | None) -> dict[str, Any]:
        """Prepare the subject on its instance and run it once; the answer goes into a file."""
        from gradparity.backends import Setting
        from gradparity.harness.judging import answers
        from gradparity.harness.worker import layout, memory
        from gradparity.harness.worker.finished import SLOW_S, require_finished

        self.forget()
        self.layout = layout.drawn()
        backend, problem = _subject(spec)
        instance = problem.instance(spec["size"], spec["seed"])
        setting = Setting(spec["dtype"], spec["device"], spec["threads"])
        start = perf_counter()
        prepared = backend.prepare(problem, spec["operator"], instance.zeros(), setting)
        prepare_s = perf_counter() - start
        native = prepared.encode(instance)
        before = memory.resident_after_reset()
        start = perf_counter()
        result = prepared.run(native)
        first_s = perf_counter() - start
        peak = memory.peak()
        taken = peak - before if peak is not None and before is not None else None
        decoded = prepared.decode(result)
        fault = answers.malformed(decoded, spec["operator"], instance, spec["dtype"])
        if fault is not None:
            raise WrongForm(fault)
        if answer is not None:
            answers.save(decoded, Path(answer))
            if first_s < SLOW_S:  # work that long is not hidden behind a call
                require_finished(prepared, native)
        self.prepared, self.native = prepared, native
        certified = decoded.radius is not None
        return {
            "parameters": instance.parameters,
            "prepare_s": prepare_s,
            "first_s": first_s,
            "peak_bytes": taken if prepared.peak is None else prepared.peak(native),
            "reason": f"every number is certified to {decoded.radius:.1e}" if certified else "",
        }

    def answer(self, spec: dict[str, Any], answer: str) -> dict[str, Any]:
        """Answer once more, in another dtype; what is prepared stays as it is."""
        from gradparity.backends import Setting
        from gradparity.harness.judging import answers

        backend, problem = _subject(spec)
        instance = problem.instance(spec["size"], spec["seed"])
        setting = Setting(spec["dtype"], spec["device"], spec["threads"])
        given = backend.prepare(problem, spec["operator"], instance.zeros(), setting)(instance)
        fault = answers.malformed(given, spec["operator"], instance, spec["dtype"])
        if fault is not None:
            raise WrongForm(fault)
        answers.save(given, Path(answer))
        return {}

    def count(self, spec: dict[str, Any]) -> dict[str, Any]:
        """What of the subject's work can be counted, see `harness/worker/counters.py`."""
        from gradparity.backends import Setting
        from gradparity.harness.worker.counters import count

        backend, problem = _subject(spec)
        instance = problem.instance(spec["size"], spec["seed"])
        setting = Setting(spec["dtype"], spec["device"], spec["threads"])
        return count(backend, problem, spec["operator"], instance, setting)

    def calibrate(self, short_s: float, long_s: float) -> dict[str, Any]:
        """The number of warm calls that fill a sample: `short_s`, or `long_s` for slow work.

        Work is slow when one call takes a quarter of a short sample. The fastest of several tries
        counts, so that a machine that was busy at this moment does not make later samples short.
        """
        calls, seconds = 1, self._loop(1)[0]
        while seconds < short_s / 2:
            calls = max(2 * calls, min(100 * calls, round(calls * short_s / seconds)))
            seconds = self._loop(calls)[0]
        call_s = min(seconds, *(self._loop(calls)[0] for _ in range(2))) / calls
        target = long_s if call_s > short_s / 4 else short_s
        return {"calls": max(1, math.ceil(target / call_s))}

    def sample(self, calls: int) -> dict[str, Any]:
        """Wall and processor seconds of `calls` calls in a row.

        One call before them is not counted: it brings the subject's own data back into the caches
        that the other subjects used meanwhile. A call that fills a sample alone is too long for
        that to matter.
        """
        if calls > 1:
            self._loop(1)
        seconds, cpu_seconds = self._loop(calls)
        return {"seconds": seconds, "cpu_seconds": cpu_seconds}

    def _loop(self, calls: int) -> tuple[float, float]:
        if self.prepared is None:
            raise RuntimeError("nothing is prepared")
        run, native = self.prepared.run, self.native
        cpu, wall = process_time(), perf_counter()
        for _ in repeat(None, calls):
            run(native)
        return perf_counter() - wall, process_time() - cpu

    def forget(self) -> dict[str, Any]:
        """Drop what is prepared and give its memory back."""
        self.prepared = self.native = None
        self.layout = []
        self.end_training()
        gc.collect()
        return {}

    def find_hardest(self, specs: list[dict[str, Any]]) -> dict[str, Any]:
        """Find the truth that takes the longest while there is nothing else to do."""
        self._the_judge().find_hardest(specs)
        return {}

    def find_truth(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Find the truth about a workload, before there are answers to judge."""
        self._the_judge().find_truth(spec)
        return {}

    def judge(self, spec: dict[str, Any], files: dict[str, dict[str, str]]) -> dict[str, Any]:
        """Judge the answers in these files, {label: {dtype: file}}."""
        from dataclasses import asdict

        found = self._the_judge().judge(spec, files)
        return found | {"opinions": {k: asdict(v) for k, v in found["opinions"].items()}}

    def _the_judge(self) -> Judge:
        from gradparity.harness.worker.judge import Judge

        if self.judging is None:
            self.judging = Judge()
        return self.judging


def _subject(spec: dict[str, Any]) -> tuple[Backend, Problem]:
    """The backend and the problem of a subject."""
    from gradparity.backends.catalogue import load
    from gradparity.harness.planning.lookup import find

    backend = load(spec["backend"])
    problem = find(spec["problem"], spec["file"])
    if spec["variant"] == "idiomatic":
        problem = problem.idiomatic_for(backend.name)
    return backend, problem


class WrongForm(Exception):
    """An answer of the wrong names, shape or dtype."""


def failure(error: BaseException) -> dict[str, str]:
    """Status and reason of an exception, for the cell that it costs."""
    from gradparity.backends import Unavailable, Unsupported
    from gradparity.harness.worker.finished import Unfinished
    from gradparity.problems import InputError

    text = " ".join(str(error).split())[:500]
    if isinstance(error, Unsupported):
        return {"status": "unsupported", "reason": text}
    if isinstance(error, Unavailable):
        return {"status": "unavailable", "reason": text}
    if isinstance(error, MemoryError) or any(sign in text.lower() for sign in OUT_OF_MEMORY):
        return {"status": "out of memory", "reason": text or "out of memory"}
    if isinstance(error, InputError | WrongForm | Unfinished):
        return {"status": "error", "reason": text}
    return {"status": "error", "reason": f"{type(error).__name__}: {text}"}


def serve(requests: IO[str], replies: IO[str]) -> None:
    """Answer requests until there are no more."""
    worker = Worker()
    gc.disable()  # a collection in the middle of a sample would be counted as the subject's work
    for line in requests:
        request = json.loads(line)
        action = getattr(worker, request.pop("do"))
        try:
            reply = {"ok": action(**request)}
        except Exception as error:
            traceback.print_exc()
            worker.forget()
            reply = {"error": failure(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


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
    os.dup2(2, 1)
    serve(sys.stdin, replies)
