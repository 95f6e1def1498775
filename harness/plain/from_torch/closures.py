"""What a torch function reads besides its arguments, in the dtype of the run, and left unchanged.

Losses close over float32 data, modules and buffers. Above autograd, every torch call sees a copy of
such a tensor, in the dtype of the run, made once per call of the function: its numbers are the
same, and what is written to it (the statistics of batch normalisation) is not written outside.
What the function itself casts to another dtype stays in it.

Source: `torch.overrides.TorchFunctionMode`, https://docs.pytorch.org/docs/stable/torch.overrides.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from gradparity.harness.plain.steps.translation import LOW

_READ = (torch.tensor, torch.as_tensor, torch.asarray)
"""What brings numbers in from outside, unless it is told a dtype."""

_WIDTHS = (torch.float32, torch.float64, torch.complex64, torch.complex128)
_NORMS = ("batch_norm", "instance_norm", "native_batch_norm")
_STATISTICS = ("running_mean", "running_var")


class Closures(TorchFunctionMode):
    """Inside, float32 and float64 tensors from outside are read in `dtype`: "float64", "float32".

    In bfloat16 and float16 every tensor keeps its dtype. One for each call of a function. What is
    made inside, by any torch call, is left as it is.
    """

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self._dtype = None if dtype in LOW else getattr(torch, dtype)
        self._before = torch.get_default_dtype()
        self._inside: Any = WeakTensorKeyDictionary()
        self._copies: Any = WeakTensorKeyDictionary()

    def __enter__(self) -> Closures:
        """The mode; numbers without a dtype are read in that of the run."""
        self._before = torch.get_default_dtype()
        torch.set_default_dtype(self._dtype or self._before)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        """Leave the mode, and torch as it was."""
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        torch.set_default_dtype(self._before)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """What torch does with the copies of what comes from outside."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        writes = name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
        args = tuple(self._seen(x, writes and i == 0) for i, x in enumerate(args))
        kwargs = {key: self._seen(x, False) for key, x in kwargs.items()}
        if name in _NORMS:
            args = (args[0], *(_own(x) for x in args[1:3]), *args[3:])
            kwargs |= {key: _own(kwargs[key]) for key in _STATISTICS if key in kwargs}
        result = func(*args, **kwargs)
        if func not in _READ or "dtype" in kwargs:
            self._made(result, [*args, *kwargs.values()])
        return result

    def _own(self, dtype: torch.dtype) -> torch.dtype:
        """The dtype in which a tensor of `dtype` is read."""
        if self._dtype is None or dtype not in _WIDTHS:
            return dtype
        wide: torch.dtype = self._dtype.to_complex() if dtype.is_complex else self._dtype
        return wide

    def _seen(self, x: Any, written: bool) -> Any:
        if isinstance(x, torch.Tensor):
            return x if x in self._inside else self._copy(x, written)
        if isinstance(x, list | tuple) and not isinstance(x, torch.Size):
            parts = [self._seen(part, written) for part in x]
            if all(new is old for new, old in zip(parts, x, strict=True)):
                return x
            return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
        return x

    def _copy(self, x: Any, written: bool) -> Any:
        if x not in self._copies:
            dtype = self._own(x.dtype)
            if x.dtype == dtype and (not written or _is_wrapper(x)):
                return x
            with torch._C.DisableTorchFunction():
                copy = x.detach().clone().to(dtype) if _is_leaf(x) else x.clone().to(dtype)
                if _is_leaf(x) and x.requires_grad:
                    copy.requires_grad_(True)
            self._copies[x] = copy
            self._inside[copy] = True
        return self._copies[x]

    def _made(self, result: Any, given: list[Any]) -> None:
        if isinstance(result, torch.Tensor):
            if not any(result is x for x in given):  # as of x.contiguous()
                self._inside[result] = True
        elif isinstance(result, list | tuple):
            for part in result:
                self._made(part, given)


def _is_wrapper(x: Any) -> bool:
    """Whether it is an argument of a function that `torch.func` transforms."""
    return bool(torch._C._functorch.is_functorch_wrapped_tensor(x))


def _is_leaf(x: Any) -> bool:
    with torch._C.DisableTorchFunction():
        return bool(x.is_leaf)


def _own(x: Any) -> Any:
    if not isinstance(x, torch.Tensor):
        return x
    with torch._C.DisableTorchFunction():
        return x.clone()
