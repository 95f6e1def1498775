"""The options of a plan, stated once for every verb that makes one. Imports nothing heavy.

    @choosing("backends", "threads")
    def verb(targets: Targets = None, chosen: Chosen = NOTHING) -> None: ...

On the command line the verb has `--backend` and `--threads` in place of `chosen`, and it is called
with {"backends": ("numpy",), "threads": 1}: keywords of `Options`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, get_type_hints

from gradparity.harness.terminal import options
from gradparity.harness.terminal.options import split

Chosen = Mapping[str, Any]
NOTHING: Chosen = {}

OPTIONS: dict[str, tuple[str, Any, Any]] = {
    "backends": ("backend", options.Backends, None),
    "sizes": ("size", options.Sizes, None),
    "sweep": ("sweep", options.Sweep, None),
    "operators": ("operator", options.Operators, None),
    "dtypes": ("dtype", options.Dtypes, None),
    "device": ("device", options.Device, "cpu"),
    "threads": ("threads", options.Threads, 1),
    "reference": ("reference", options.Reference, None),
    "timeout_s": ("timeout", options.Timeout, 60.0),
    "memory_gib": ("memory", options.Memory, None),
    "seed": ("seed", options.Seed, 0),
}
"""Keyword of `Options`: what it is called on the command line, its type, its default."""

LISTS = ("backends", "sizes", "operators", "dtypes")
ALL = tuple(OPTIONS)
SETTING = tuple(name for name in OPTIONS if name not in ("reference", "memory_gib"))


def choosing(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb the options of these keywords in place of its parameter `chosen`."""

    def decorated(verb: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(verb, include_extras=True)
        parameters: list[Parameter] = []
        for name, own in signature(verb).parameters.items():
            if name == "chosen":
                parameters += [_parameter(*OPTIONS[keyword]) for keyword in names]
            else:
                parameters.append(own.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY))

        @wraps(verb)
        def called(**given: Any) -> None:
            chosen = {name: given.pop(OPTIONS[name][0]) for name in names}
            for name in LISTS:
                if name in chosen:
                    chosen[name] = split(chosen[name])
            if "sweep" in chosen:
                chosen["sizes"] += split([chosen.pop("sweep") or ""])
            verb(chosen=chosen, **given)

        del called.__wrapped__
        called.__signature__ = signature(verb).replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {one.name: one.annotation for one in parameters}
        return called

    return decorated


def _parameter(name: str, kind: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
