"""Torch's connectionist temporal classification.

Labels l with blanks between them and around make S = 2 |l| + 1 states. The logarithm of what all
paths to state s at time t have together is

    α_t(s) = log y_t(s) + log(e^α_{t-1}(s) + e^α_{t-1}(s-1) + e^α_{t-1}(s-2)),

the last term where s is a label other than that before it, and the loss is -log of what ends in
the last two states.

Source: Graves et al., Connectionist temporal classification, ICML 2006, equations 6 to 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps.movement import moved, positions
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

_NONE = -1e30
"""The logarithm of nothing, as far as a sum of logarithms sees; that of infinity has no slope."""


def _ctc(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The loss of each case, and, without a slope, what torch keeps for its way back."""
    if not np.isfinite(outs[0].detach().numpy()).all():
        return NotImplemented  # no path at all
    probabilities, blank = a["log_probs"], int(a.get("blank", 0))
    targets = np.asarray(a["targets"])
    lengths = [np.asarray(a[name]).reshape(-1) for name in ("input_lengths", "target_lengths")]
    at = positions(tuple(probabilities.shape))
    x = r.operand(probabilities, whole=True)
    slots, start = [], 0
    for n, (steps, count) in enumerate(zip(*lengths, strict=True)):
        flat = targets[n] if targets.ndim == 2 else targets[start:]
        start += int(count)
        states = np.full(2 * int(count) + 1, blank)
        states[1::2] = flat[: int(count)]
        slots.append(_case(r, moved(r.recording, x, at[: int(steps), n][:, states]), states, blank))
    return [r.recording.step(lambda xp, *found: xp.stack(list(found)), *slots), None]


def _case(r: Recorder, rows: Any, states: Any, blank: int) -> Any:
    """The loss of one case; rows: log y_t(s), of shape (T, S)."""
    leaps = np.zeros(len(states), bool)
    leaps[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    first = np.arange(len(states)) < 2

    def loss(xp: Namespace, rows: Array, leaps: Array, first: Array) -> Array:
        nothing = xp.zeros_like(rows[0]) + _NONE
        alpha = xp.where(first, rows[0], nothing)
        for t in range(1, rows.shape[0]):
            before = xp.concat([nothing[:1], alpha[:-1]])
            leap = xp.concat([nothing[:2], alpha])[: len(states)]
            both = xp.logaddexp(alpha, before)
            alpha = rows[t] + xp.logaddexp(both, xp.where(leaps, leap, nothing))
        if len(states) == 1:
            return -alpha[0]
        return -xp.logaddexp(alpha[-1], alpha[-2])

    return r.recording.step(loss, rows, r.recording.datum(leaps), r.recording.datum(first))


ALIGNMENTS: dict[str, TorchRule] = {"_ctc_loss": _ctc}
"""The calls that sum over alignments."""
