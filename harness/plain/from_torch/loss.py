"""A plain function of torch tensors as a loss: its aten calls, recorded once at a point.

The recorder stands below autograd. So it sees what `torch.autograd.Function.forward` computes and
nothing of its `backward`, which can then be judged. A call without a rule is taken apart by torch's
own decompositions. What autograd does not follow is a constant: `detach`,
`no_grad`, `item`; `constants.py` finds out whether the loss moves by it.

Source: https://docs.pytorch.org/docs/stable/notes/extending.html, extending torch's native API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from gradparity.harness.findings.finding import HeldConstant
from gradparity.harness.plain.from_torch.closures import Closures
from gradparity.harness.plain.from_torch.constants import DataReads, Leavings, with_constants
from gradparity.harness.plain.from_torch.recorder import Recorder
from gradparity.harness.plain.from_torch.rules import CONSTANT, RULES
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand
from gradparity.harness.plain.steps.translation import LOW, Translation, Untranslatable
from gradparity.problems import Arrays

PlainLoss = Callable[[dict[str, Any]], Any]


def translated(
    loss: PlainLoss,
    params: Arrays,
    dtype: str = "float64",
    own: Mapping[str, str] = MappingProxyType({}),
) -> Translation:
    """The loss in our own terms, read off at the point `params`, computed in `dtype`.

    own: the dtypes of parameters that have another.
    loss: loss({leaf: torch tensor}) -> scalar tensor. In bfloat16 and float16 the loss's values do
    not tell what it holds constant, and nothing is said of that.
    Raises: Untranslatable, which names the operation that a loss has no operations for.
    """

    def value(moved: Arrays) -> float:
        with Closures(dtype), torch.enable_grad():
            return float(loss(_leaves(moved, dtype)).item())

    translation, held, _ = recorded(loss, params, dtype, live=False, own=own)
    if dtype in LOW:
        return translation
    return with_constants(
        *(translation, held, value, lambda: recorded(loss, params, dtype, live=True)[::2]),
        *(params, translation.precision if dtype == "float64" else dtype),
    )


def recorded(
    loss: PlainLoss,
    params: Arrays,
    dtype: str,
    live: bool,
    beside: Callable[[Recorder], AbstractContextManager[Any]] = lambda recorder: nullcontext(),
    own: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Translation, Sequence[HeldConstant], Sequence[HeldConstant]]:
    """The steps of the loss, what was not followed, and what left torch.

    live: whether what autograd does not follow is followed. beside: what else watches the run.
    """
    recording, operand, value, held, left = _watched(loss, params, dtype, live, beside, own)
    return recording.translation(operand, value, params), held, left


def _watched(
    loss: PlainLoss,
    params: Arrays,
    dtype: str,
    live: bool,
    beside: Callable[[Recorder], AbstractContextManager[Any]],
    own: Mapping[str, str],
) -> tuple[StepRecording, Operand, float, Sequence[HeldConstant], Sequence[HeldConstant]]:
    """What was recorded of one run, its result and that as a number; all tensors are gone then."""
    with Closures(dtype):
        recorder = Recorder(leaves := _leaves(params, dtype, own), RULES, CONSTANT, live, dtype)
        leavings = Leavings(recorder)
        watched = leavings if live else DataReads(recorder)
        with torch.enable_grad(), recorder, watched, beside(recorder):
            # A copy of the dict: the loss may change it.
            result = loss(dict(leaves))
    if not isinstance(result, torch.Tensor):
        raise Untranslatable(f"the loss returned a {type(result).__name__}, not a tensor")
    if result.ndim:
        raise Untranslatable(
            f"the loss returned a tensor of shape {tuple(result.shape)}; a loss is one number"
        )
    with torch.enable_grad():
        operand = recorder.operand(result)
    held = list(recorder.held.values())
    return recorder.recording, operand, result.item(), held, leavings.found


def _leaves(
    params: Arrays, dtype: str, own: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    def kind(name: str) -> torch.dtype:
        return getattr(torch, own.get(name, dtype))  # type: ignore[no-any-return]

    return {
        name: torch.tensor(np.asarray(x), dtype=kind(name), requires_grad=True)
        for name, x in params.items()
    }
