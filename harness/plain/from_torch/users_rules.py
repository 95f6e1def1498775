"""Where a torch loss uses a `torch.autograd.Function`, and what comes from above there.

`Function.apply` ends in the class above it, whose `apply` is watched for as long as a loss runs:
`f = Square.apply`, written once at the top of a file, is seen as well. torch's own are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.autograd.function import _SingleLevelFunction

from gradparity.harness.plain.steps.users_rules import RuleResult, Used

_MADE = ("GeneratedBackwardFor_", "Vmapped")
"""How torch calls a Function that it makes of `torch.library.register_autograd`, or for vmap."""


def used(loss: Callable[..., Any]) -> Callable[..., list[Used]]:
    """(leaves, *args) -> where the loss uses a rule of its own, and the adjoints there."""

    def found(own: Any, *args: Any) -> list[Used]:
        seen: list[tuple[RuleResult, Any]] = []
        with _watched(lambda place, y: seen.append((place, y))) as hidden:
            value = loss(own, *args)
        if not value.requires_grad:
            return []
        rest = [Used(RuleResult(name, 0), np.ones(())) for name in sorted(hidden)]
        if not seen:
            return rest
        ways = torch.autograd.grad(value, [y for _, y in seen], allow_unused=True)
        return rest + [
            Used(place, w.double().numpy())
            for (place, _), w in zip(seen, ways, strict=True)
            if w is not None
        ]

    return found


def weighed(loss: Callable[..., Any], weights: Mapping[RuleResult, Any]) -> Callable[..., Any]:
    """The loss Σ w · y instead, y being the results of these places."""

    def altered(own: Any, *args: Any) -> Any:
        parts: list[Any] = []

        def weigh(place: RuleResult, y: Any) -> None:
            if place in weights:
                parts.append((torch.tensor(weights[place], dtype=y.dtype) * y).sum())

        with _watched(weigh):
            value = loss(own, *args)
        parts += [float(w) * value for place, w in weights.items() if not place.number]
        if not parts:
            return sum(0 * x.sum() for x in own.values())
        return sum(parts[1:], parts[0])

    return altered


@contextmanager
def _watched(visit: Callable[[RuleResult, Any], None]) -> Iterator[set[str]]:
    """Visit every real tensor with a derivative that a user's Function returns.

    What is yielded fills with the names of those under `torch.func`, whose results end with it.
    """
    counts: dict[str, int] = {}
    hidden: set[str] = set()

    def apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
        result = super(_SingleLevelFunction, cls).apply(*args, **kwargs)
        name = cls.__name__
        for made in _MADE if cls.__module__.startswith("torch.") else ():
            name = name.removeprefix(made)
        if cls.__module__.startswith("torch.") and name == cls.__name__:
            return result
        if torch._C._are_functorch_transforms_active():
            hidden.add(name)
            return result
        for y in result if isinstance(result, tuple) else (result,):
            if isinstance(y, torch.Tensor) and y.is_floating_point() and y.requires_grad:
                number = counts[name] = counts.get(name, 0) + 1
                visit(RuleResult(name, number), y)
        return result

    _SingleLevelFunction.apply = classmethod(apply)  # type: ignore[attr-defined]
    try:
        yield hidden
    finally:
        del _SingleLevelFunction.apply  # type: ignore[attr-defined]
