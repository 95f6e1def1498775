"""A module of torch, or a callable pytree of JAX, as a loss of all its parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from gradparity.harness.plain.native import PlainFunction
from gradparity.problems import InputError

Output = Callable[..., Any]
"""loss(what the module returns, *args) -> scalar."""


def is_module(x: Any) -> bool:
    """Whether it is an instance of `torch.nn.Module`."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.nn.Module)


def as_loss(
    model: Any, x: Any, loss: Output | None, args: tuple[Any, ...], seed: int
) -> tuple[PlainFunction, Any, tuple[Any, ...]]:
    """(function, its parameters, its further arguments) of a model that is called on `x`.

    x: the input, or a tuple of inputs. loss: of the output and `args`; None where the model itself
    returns one. A torch module is not changed, and draws the same numbers in every call: dropout
    has one mask. Raises: InputError for a module without parameters to judge.
    """
    inputs = x if isinstance(x, tuple) else (x,)

    def of(output: Any, rest: tuple[Any, ...]) -> Any:
        return output if loss is None else loss(output, *rest)

    if not is_module(model):
        return lambda model, inputs, *rest: of(model(*inputs), rest), model, (inputs, *args)
    import torch

    params = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not params:
        raise InputError("no parameter of the module requires a gradient")

    def called(params: Any, inputs: Any, *rest: Any) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return of(torch.func.functional_call(model, params, inputs), rest)

    return called, params, (inputs, *args)
