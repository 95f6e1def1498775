"""What a worker does for each request: it prepares and times one subject, judges, or trains."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from os import environ
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_info

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.messages import claimed, descending, judged, planned, timed, users_code
from gradparity.harness.messages.request import Done, Request
from gradparity.harness.messages.timed import Greeting, Pool
from gradparity.harness.messages.users_code import Fault
from gradparity.harness.planning.lookup import catalogue, load_file
from gradparity.harness.surroundings.undisturbed import ordinary
from gradparity.harness.worker.state import WorkerState
from gradparity.harness.worker.subject import PreparedSubject
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError

if TYPE_CHECKING:
    from gradparity.harness.worker.descents import Descents
    from gradparity.harness.worker.judge import Judge


class Worker:
    """The state between requests. Judging and training are imported by those who do it."""

    def __init__(self) -> None:
        self.subject = PreparedSubject()
        self.state = WorkerState()

    def answer(self, request: Request[Any]) -> Any:
        """The answer to a request; raises whatever goes wrong.

        What begins something is refused (Spoiled) where this process is no longer what it was.
        """
        match request:
            case users_code.TryProblem(file=file):
                self.state.require_unspoiled(file)
            case timed.Prepare(spec=spec):
                self.state.require_unspoiled(spec.file, spec.backend)
            case judged.AnswerSubject(spec=spec):
                self.state.require_unspoiled(spec.file, spec.backend)
            case (
                judged.FindTruth(question)
                | judged.CompareAnswers(question=question)
                | descending.FindKnown(question)
                | descending.EvaluatePlane(question=question)
            ):
                self.state.require_unspoiled(question.file)
            case judged.JudgeSubject(question=question, backend=backend):
                self.state.require_unspoiled(question.file, backend)
            case descending.BeginDescent(descent):
                self.state.require_unspoiled(descent.file, descent.backend)
        # What the import of a user's file has set is no reason for an answer, or for none.
        of_time = isinstance(request, timed.TakeSample | timed.Calibrate)
        with ordinary(timed=of_time, wide=True):
            return self._answer(request)

    def _answer(self, request: Request[Any]) -> Any:
        match request:
            case timed.TakeSample(calls):
                return self.subject.sample(calls)
            case timed.Hello(backend):
                return greeting(backend)
            case users_code.TryProblem(file, problem, seed):
                return try_problem(file, problem, seed)
            case timed.Prepare(spec, answer):
                self.forget()
                return self.subject.prepare(spec, answer)
            case timed.AnswerAgain(spec, answer):
                return self.subject.answer_again(spec, answer)
            case timed.AnswerInFloat32(spec, answer):
                return self.subject.answer_in_float32(spec, answer)
            case timed.CountWork(spec):
                return self.subject.count_work(spec)
            case timed.Calibrate(short_s, long_s):
                return self.subject.calibrate(short_s, long_s)
            case timed.Forget():
                return self.forget()
            case judged.FindHardest(questions):
                return self.judge.find_hardest(questions)
            case judged.FindTruth(question):
                self.judge.find_truth(question)
                return Done()
            case judged.JudgeSubject():
                from gradparity.harness.worker.whole_check import judged_subject

                return judged_subject(self.judge, request)
            case judged.AnswerSubject(spec, answer):
                return self.subject.try_to_answer(spec, answer)
            case judged.CompareAnswers(question, files, dtype):
                from gradparity.harness.worker.comparison import compared

                return compared(self.judge, question, files, dtype)
            case planned.MakePlan() | planned.MakeRacePlan():
                from gradparity.harness.worker.plans import made

                return made(request)
            case users_code.Derive():
                from gradparity.harness.planning.derivation import derivation

                how = (request.size, request.operator, request.dtype)
                with ends_told():
                    return users_code.DerivedSource(derivation(request.target, *how))
            case users_code.Recommend():
                from gradparity.harness.business.telling import recommended

                if request.columns is not None:
                    environ["COLUMNS"] = str(request.columns)
                with ends_told():
                    return recommended(request)
            case claimed.MeasureClaim(number, quick):
                from gradparity.harness.claims.finding import found

                return found(number, quick)
            case judged.JudgeAnswers(question, files):
                return self.judge.judge(question, files)
            case _:
                return self.descents.answer(request)

    @cached_property
    def judge(self) -> Judge:
        """The judge, who keeps the truth of the last workload."""
        from gradparity.harness.worker.judge import Judge

        return Judge()

    @cached_property
    def descents(self) -> Descents:
        """The descent under way, and what earlier ones have prepared."""
        from gradparity.harness.worker.descents import Descents

        return Descents()

    def forget(self) -> Done:
        """Drop what is prepared, and give its memory back."""
        self.subject = PreparedSubject()
        gc.collect()
        return Done()


@contextmanager
def ends_told() -> Iterator[None]:
    """A user's code that ends the process, by `sys.exit` and its like, is no mistake in its input.

    Raises UnfinishedError.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        raise UnfinishedError(f"{type(error).__name__}: {error}") from error


def greeting(backend: str) -> Greeting:
    """Start the library up; say which threads and BLAS this process has.

    "" is no library: nothing is started. One rehearsal, so that imports and the library's own start
    are not counted as the preparation of whichever problem comes first.
    """
    if not backend:
        return Greeting(())
    np.seterr(all="ignore")  # infinities and NaN are answers: the judge looks at them
    problem = next(iter(catalogue().values()))
    engine = load(backend)
    # What fails here fails again in a cell, which says so.
    with suppress(Exception):
        if engine.unsupported(problem, "gradient") is None:
            instance = problem.instance("tiny", seed=0)
            engine.prepare(problem, "gradient", instance, Setting())(instance)
    keys = ("user_api", "internal_api", "version", "num_threads")
    pools = tuple(Pool(*map(pool.get, keys)) for pool in threadpool_info())
    # What the libraries made at their start lives as long as the process: a collection that looks
    # at all of it takes a tenth of a second, and there is one before every cell.
    gc.collect()
    gc.freeze()
    gc.enable()
    return Greeting(pools)


def try_problem(file: str, problem: str, seed: int) -> Fault:
    """Try a problem of a user's file; the fault is what is wrong with it, or None."""
    from gradparity.harness.judging import user_file

    try:
        known = load_file(file)
        if problem:
            user_file.check(known[problem], file, seed)
    except UnfinishedError:
        raise
    except InputError as error:
        return Fault(str(error))
    return Fault(None)
