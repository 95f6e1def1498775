"""torch's functions whose derivatives are good to fewer digits than float64 has.

Measured on torch 2.13 against mpmath: celu and hardsigmoid multiply by a constant of float32 on
their way back, and trigamma, the derivative of digamma, is good to 5e-10. That of erfcx,
2 x erfcx(x) - 2/√π, loses x² eps: 5e-7 at 5e4; that of log_ndtr, e^(-x²/2 - y)/√(2π), loses half
as much: 1e-8 at -1e4, and all of it from -1e8 on, where it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from gradparity.harness.plain.from_torch.closures import Closures
from gradparity.harness.plain.from_torch.watching import Watching
from gradparity.problems import Arrays

GOOD_TO = {
    "celu": 2.0**-23,
    "hardsigmoid": 2.0**-23,
    "digamma": 1e-9,
    "polygamma": 1e-9,
    "special_erfcx": 1e-6,
    "special_log_ndtr": 1e-8,
}
"""Operation -> the relative error that its derivative may have."""


class _Seen(Watching):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__.removesuffix("_"))
        return func(*args, **(kwargs or {}))


def coarse(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> tuple[str, float] | None:
    """What of the loss is known to be of low accuracy, in words, and how low; None if nothing."""
    leaves = {name: torch.tensor(x, requires_grad=True) for name, x in params.items()}
    with Closures("float64"), torch.enable_grad(), _Seen() as seen:
        loss(leaves)
    found = sorted(seen.names & {*GOOD_TO}, key=lambda name: -GOOD_TO[name])
    if not found:
        return None
    worst = GOOD_TO[found[0]]
    return f"the derivative of torch's {found[0]} is good to {worst:.0e}", worst
