"""torch's functions without a derivative, in silence.

The results of some special functions require no gradient; of a singular matrix the determinant gets
a slope of 0 (torch 2.13), where it is the matrix of cofactors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gradparity.harness.plain.from_torch.closures import Closures
from gradparity.problems import Arrays


class _Special(TorchFunctionMode):
    """The functions whose operand requires a gradient, and that answer with none, or with 0."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name.startswith("special_") and torch.is_grad_enabled():
            given = any(isinstance(x, torch.Tensor) and x.requires_grad for x in args)
            if given and isinstance(found, torch.Tensor) and not found.requires_grad:
                self.names.append(f"special.{name.removeprefix('special_')}")
        singular = name in ("det", "linalg_det") and bool((found.detach() == 0).any())
        if singular and found.requires_grad:
            self.names.append("linalg.det at a singular matrix")
        return found


def underived(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> list[str]:
    """The functions of the loss that torch has no derivative of, by name, each once."""
    leaves = {name: torch.tensor(x, requires_grad=True) for name, x in params.items()}
    with Closures("float64"), torch.enable_grad(), _Special() as seen:
        loss(leaves)
    return list(dict.fromkeys(seen.names))
