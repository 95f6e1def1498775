"""A family of operations: what one file of this room states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Composite = Callable[..., Any]
"""f(xp, arguments): an operation written once, in other operations of `xp`."""


@dataclass(frozen=True)
class Family:
    """Operations of one kind.

    name: of the kind. primitives: what every number system computes by a rule of its own.
    composites: name -> a function of (xp, arguments) over other operations; every namespace offers
    it as `xp.NAME`, and whoever differentiates the others differentiates it.
    elementwise: whether the primitives broadcast their operands and work entry by entry.
    """

    name: str
    primitives: tuple[str, ...] = ()
    composites: Mapping[str, Composite] = field(default_factory=dict)
    elementwise: bool = False


def by_name(*functions: Composite) -> dict[str, Composite]:
    """The functions under their own names."""
    return {function.__name__: function for function in functions}
