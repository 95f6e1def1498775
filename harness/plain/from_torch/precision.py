"""Whether a torch loss rounds to a low precision, wherever in it, translated or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from gradparity.harness.plain.from_torch.closures import Closures
from gradparity.harness.plain.from_torch.watching import Watching
from gradparity.harness.plain.steps.translation import refuse_rounding
from gradparity.problems import Arrays


class _Rounding(Watching):
    """Refuses a result in bfloat16 or float16 that depends on the parameters."""

    def __init__(self, leaves: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._moving = {id(x): x for x in leaves}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = _tensors([args, kwargs or {}])
        if any(id(x) in self._moving for x in given):
            for x in _tensors(out):
                self._moving[id(x)] = x
                name = str(func._schema.name).rpartition("::")[2]
                refuse_rounding(str(x.dtype).removeprefix("torch."), f"aten.{name}")
        return out


def refuse_low(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> None:
    """Raise InputError, which names the operation, if the loss rounds to bfloat16 or float16."""
    leaves = {name: torch.tensor(x, requires_grad=True) for name, x in params.items()}
    with Closures("float64"), torch.enable_grad(), _Rounding(leaves.values()):
        loss(dict(leaves))


def _tensors(x: Any) -> Iterator[Any]:
    if isinstance(x, torch.Tensor):
        yield x
    elif isinstance(x, dict):
        yield from _tensors(list(x.values()))
    elif isinstance(x, list | tuple):
        for part in x:
            yield from _tensors(part)
