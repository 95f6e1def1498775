"""Where a torch function that is given float32 tensors goes over to float64."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gradparity.harness.plain.steps.users_code import users_line, users_name
from gradparity.harness.plain.steps.widening import Widened


class Widening(TorchFunctionMode):
    """Raises Widened where a call makes a float64 tensor of a float32 one."""

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """What torch does."""
        out = func(*args, **(kwargs or {}))
        if isinstance(out, torch.Tensor) and out.dtype == torch.float64:
            met = list(_tensors([*args, *(kwargs or {}).values()]))
            wide = next((x for x in met if x.dtype == torch.float64), None)
            if any(x.dtype == torch.float32 for x in met):
                name = users_name(wide) if wide is not None else ""
                told = f"the float64 tensor {name}".rstrip() if wide is not None else _name(func)
                raise Widened(f"{told} makes it so in {users_line()}")
        return out


def _tensors(args: Any) -> Iterator[Any]:
    for x in args:
        if isinstance(x, torch.Tensor):
            yield x
        elif isinstance(x, list | tuple):
            yield from _tensors(x)


def _name(func: Any) -> str:
    return f"`.{getattr(func, '__name__', func)}`"
