"""A subject in a worker process: prepared on its instance, and ready to be sampled."""

from __future__ import annotations

import gc
import math
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from gradparity.backends import Answer, Backend, Prepared, Setting, Unavailable, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging import answers
from gradparity.harness.messages.judged import AnsweredSubject
from gradparity.harness.messages.request import Done
from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Calibration, Counted, Elapsed, Preparation
from gradparity.harness.planning.lookup import find
from gradparity.harness.worker import memory
from gradparity.harness.worker.array_placement import random_blocks
from gradparity.harness.worker.counters import count
from gradparity.harness.worker.drawing import drawn
from gradparity.harness.worker.early_return import SLOW_S, refuse_early_return
from gradparity.problems import Instance, Problem


class WrongForm(Exception):
    """An answer of the wrong names, shape or dtype."""


class PreparedSubject:
    """What is prepared, and its instance in the backend's own arrays; at first nothing is.

    blocks: what moves its arrays in memory, kept as long as they are.
    """

    def __init__(self) -> None:
        self.prepared: Prepared | None = None
        self.native: Any = None
        self.blocks: list[bytearray] = []

    def prepare(self, spec: Spec, answer: str | None) -> Preparation:
        """Prepare the subject on its instance and run it once; the answer goes into a file."""
        self.blocks = random_blocks()
        backend, problem, instance, setting = subject_of(spec)
        start = perf_counter()
        prepared = backend.prepare(problem, spec.operator, instance.zeros(), setting)
        prepare_s = perf_counter() - start
        native = prepared.encode(instance)
        before = memory.resident_after_reset()
        start = perf_counter()
        result = prepared.run(native)
        first_s = perf_counter() - start
        peak = memory.peak()
        taken = peak - before if peak is not None and before is not None else None
        decoded = prepared.decode(result)
        _require_form(decoded, spec, instance)
        if answer is not None:
            answers.save(decoded, Path(answer))
            if first_s < SLOW_S:  # work that long is not hidden behind a call
                refuse_early_return(prepared, native)
        self.prepared, self.native = prepared, native
        certified = decoded.radius is not None
        return Preparation(
            parameters=instance.parameters,
            prepare_s=prepare_s,
            first_s=first_s,
            peak_bytes=taken if prepared.peak is None else prepared.peak(native),
            reason=f"every number is certified to {decoded.radius:.1e}" if certified else "",
        )

    def answer_again(self, spec: Spec, answer: str) -> Done:
        """Answer once more, in another dtype; what is prepared stays as it is."""
        backend, problem, instance, setting = subject_of(spec)
        given = backend.prepare(problem, spec.operator, instance.zeros(), setting)(instance)
        _require_form(given, spec, instance)
        answers.save(given, Path(answer))
        return Done()

    def answer_in_float32(self, spec: Spec, answer: str) -> Done:
        """Answer once more in float32, at the numbers of the spec's own dtype."""
        backend, problem, instance, setting = subject_of(spec)
        narrow = replace(spec, dtype="float32")
        wide = replace(setting, dtype="float32")
        given = backend.prepare(problem, spec.operator, instance.zeros(), wide)(instance)
        _require_form(given, narrow, instance)
        answers.save(given, Path(answer))
        return Done()

    def try_to_answer(self, spec: Spec, answer: str) -> AnsweredSubject:
        """Write the answer as `answer_again` does; say why there is none."""
        try:
            backend = load(spec.backend)
            problem = find(spec.problem, spec.file).variant(backend.name, spec.variant)
            for status, missing in (
                ("unavailable", backend.unavailable()),
                ("unsupported", backend.unsupported(problem, spec.operator)),
            ):
                if missing is not None:
                    return AnsweredSubject(status, missing)
            with np.errstate(all="ignore"):
                self.answer_again(spec, answer)
            return AnsweredSubject("ok", "")
        except (Unsupported, Unavailable) as error:
            return AnsweredSubject("unsupported", str(error))
        except (Exception, SystemExit) as error:
            return AnsweredSubject(
                "error", f"{type(error).__name__}: {' '.join(str(error).split())}"
            )

    def count_work(self, spec: Spec) -> Counted:
        """What of the subject's work can be counted, see `harness/worker/counters.py`."""
        backend, problem, instance, setting = subject_of(spec)
        return Counted(count(backend, problem, spec.operator, instance, setting))

    def calibrate(self, short_s: float, long_s: float) -> Calibration:
        """The number of warm calls that fill a sample: `short_s`, or `long_s` for slow work.

        Work is slow when one call takes a quarter of a short sample. The fastest of several tries
        counts, so that a machine that was busy at this moment does not make later samples short.
        """
        calls, seconds = 1, self._loop(1).seconds
        while seconds < short_s / 2:
            calls = max(2 * calls, min(100 * calls, round(calls * short_s / seconds)))
            seconds = self._loop(calls).seconds
        call_s = min(seconds, *(self._loop(calls).seconds for _ in range(2))) / calls
        target = long_s if call_s > short_s / 4 else short_s
        return Calibration(max(1, math.ceil(target / call_s)))

    def sample(self, calls: int) -> Elapsed:
        """Wall and processor seconds of `calls` calls in a row.

        One call before them is not counted: it brings the subject's own data back into the caches
        that the other subjects used meanwhile. A call that fills a sample alone is too long for
        that to matter.
        """
        if calls > 1:
            self._loop(1)
        return self._loop(calls)

    def _loop(self, calls: int) -> Elapsed:
        if self.prepared is None:
            raise RuntimeError("nothing is prepared")
        run, native = self.prepared.run, self.native
        gc.disable()  # a collection would be counted as the subject's work
        try:
            cpu, wall = process_time(), perf_counter()
            for _ in repeat(None, calls):
                run(native)
            return Elapsed(perf_counter() - wall, process_time() - cpu)
        finally:
            gc.enable()


def subject_of(spec: Spec) -> tuple[Backend, Problem, Instance, Setting]:
    """The backend of a subject, its problem with the loss of its variant, instance and setting."""
    backend = load(spec.backend)
    problem = find(spec.problem, spec.file).variant(backend.name, spec.variant)
    instance = drawn(problem, spec)
    return backend, problem, instance, Setting(spec.dtype, spec.device, spec.threads)


def _require_form(answer: Answer, spec: Spec, instance: Instance) -> None:
    fault = answers.malformed(answer, spec.operator, instance, spec.dtype)
    if fault is not None:
        raise WrongForm(fault)
