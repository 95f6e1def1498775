"""Every request by the name that its line calls it by."""

from __future__ import annotations

from typing import Any

from gradparity.harness.messages.claimed import MeasureClaim
from gradparity.harness.messages.descending import (
    AdvanceDescent,
    BeginDescent,
    EndDescent,
    EvaluatePlane,
    FindKnown,
)
from gradparity.harness.messages.judged import (
    AnswerSubject,
    CompareAnswers,
    FindHardest,
    FindTruth,
    JudgeAnswers,
    JudgeSubject,
)
from gradparity.harness.messages.planned import MakePlan, MakeRacePlan
from gradparity.harness.messages.request import Request
from gradparity.harness.messages.timed import (
    AnswerAgain,
    AnswerInFloat32,
    Calibrate,
    CountWork,
    Forget,
    Hello,
    Prepare,
    TakeSample,
)
from gradparity.harness.messages.users_code import Derive, Recommend, TryProblem

REQUESTS: dict[str, type[Request[Any]]] = {
    "hello": Hello,
    "check": TryProblem,
    "prepare": Prepare,
    "answer": AnswerAgain,
    "answer_in_float32": AnswerInFloat32,
    "count": CountWork,
    "calibrate": Calibrate,
    "sample": TakeSample,
    "forget": Forget,
    "find_hardest": FindHardest,
    "find_truth": FindTruth,
    "judge": JudgeAnswers,
    "judge_subject": JudgeSubject,
    "answer_subject": AnswerSubject,
    "compare_answers": CompareAnswers,
    "derive": Derive,
    "recommend": Recommend,
    "begin_descent": BeginDescent,
    "advance_descent": AdvanceDescent,
    "end_descent": EndDescent,
    "known": FindKnown,
    "loss_plane": EvaluatePlane,
    "plan": MakePlan,
    "plan_race": MakeRacePlan,
    "claim": MeasureClaim,
}
"""By the name that a line calls it by. `gate --against` speaks with workers of older commits:
a name or field that changes cuts it off from those before."""
