"""A torch loss read off while its comparisons are told to whoever may answer otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gradparity.harness.plain.from_torch.loss import recorded
from gradparity.harness.plain.from_torch.recorder import Recorder
from gradparity.harness.plain.steps.decisions import DecidingNumber, Decisions
from gradparity.harness.plain.steps.translation import Translation
from gradparity.harness.plain.steps.users_float import users_float
from gradparity.problems import Arrays


class _Comparisons(TorchFunctionMode):
    """Tells of every tensor that moves with the parameters and becomes a truth value or number."""

    def __init__(self, recorder: Recorder, decisions: Decisions) -> None:
        super().__init__()
        self._recorder, self._decisions = recorder, decisions

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """What torch does, or what was decided instead."""
        out = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name not in ("__bool__", "item", "allclose") or isinstance(out, torch.Tensor):
            return out
        if self._recorder.storages.find(args[0]) is None:
            return out
        if isinstance(out, bool):
            return self._decisions.asked(out)
        return DecidingNumber(out, self._decisions) if isinstance(out, float) else out


def deciding(
    loss: Callable[[dict[str, Any]], Any], params: Arrays, decisions: Decisions
) -> Translation:
    """The loss in our own terms, as `decisions` let it run; what is cut off is followed.

    Raises: Untranslatable, which names the operation that a loss has no operations for.
    """
    watch = partial(_Comparisons, decisions=decisions)
    with users_float(_followed):
        return recorded(loss, params, "float64", live=True, beside=watch)[0]


def _followed(x: Any) -> Any:
    """The number that `float` makes of a tensor that moves with the parameters."""
    found = x.item() if isinstance(x, torch.Tensor) else None
    return found if isinstance(found, DecidingNumber) else None
