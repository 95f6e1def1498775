"""A plain function of torch tensors as a loss: its aten calls, recorded once at a point.

The recorder stands below autograd. So it sees what `torch.autograd.Function.forward` computes and
nothing of its `backward`, which can then be judged. A call without a rule is taken apart by torch's
own decompositions. What autograd does not follow is a constant: `detach`, `no_grad`, `item`.

Source: https://docs.pytorch.org/docs/stable/notes/extending.html, extending torch's native API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from gradparity.harness.plain.from_torch.recorder import Recorder
from gradparity.harness.plain.from_torch.rules import CONSTANT, RULES
from gradparity.harness.plain.steps.translation import Translation, Untranslatable


def translated(
    loss: Callable[[dict[str, Any]], Any], params: dict[str, np.ndarray[Any, Any]]
) -> Translation:
    """The loss in our own terms, read off at the point `params`.

    loss: loss({leaf: float64 torch tensor}) -> scalar tensor.
    Raises: Untranslatable, which names the operation that a loss has no operations for.
    """
    leaves = {
        name: torch.tensor(np.asarray(x, np.float64), requires_grad=True)
        for name, x in params.items()
    }
    recorder = Recorder(leaves, RULES, CONSTANT)
    with torch.enable_grad(), recorder:
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
    return recorder.recording.translation(operand, result.item(), params)
