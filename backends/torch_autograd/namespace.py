"""The operations of a loss on torch's tensors: torch's own, under Array API names.

What torch has under another name, or does otherwise, is a line of `_replacements`. A composite that
torch's users call by a function of torch's is that function.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from gradparity.problems import Namespace
from gradparity.problems.operations import numpy_functions


@cache
def library() -> tuple[Any, Namespace]:
    """The library and its namespace, under Array API names."""
    import array_api_compat.torch
    import torch

    with warnings.catch_warnings():
        # The first use of forward mode loads rules that torch wrote in its own deprecated script.
        warnings.simplefilter("ignore", DeprecationWarning)
        with torch.autograd.forward_ad.dual_level():
            zero: Any = torch.zeros(())
            torch.autograd.forward_ad.make_dual(zero, zero)  # type: ignore[no-untyped-call]
    return torch, Namespace("torch", array_api_compat.torch, _replacements(torch))


def in_dtype(compute: Callable[..., Any], dtype: str) -> Callable[..., Any]:
    """`compute`, in which integers and Python floats together make `dtype`.

    Torch makes its default dtype of them, float32, also where all other numbers are float64.
    """
    torch, _ = library()
    wanted = getattr(torch, dtype)

    def computed(*given: Any) -> Any:
        before = torch.get_default_dtype()
        if before == wanted:
            return compute(*given)
        torch.set_default_dtype(wanted)
        try:
            return compute(*given)
        finally:
            torch.set_default_dtype(before)

    return computed


@cache
def twice_derived() -> Namespace:
    """What the loss computes with where it is derived twice: one operation is replaced.

    Torch derives logaddexp(x, y) by x as 1/(1 + e^(y-x)). Derived again, that is 0 · ∞ = NaN where
    e^(y-x) overflows: beyond a difference of 88 in float32, 709 in float64.
    """
    torch, xp = library()

    def logaddexp(x: Any, y: Any) -> Any:
        # m + ln(1 + e^(n-m)), m the larger. Chosen, not computed: smooth at a tie, too, where the
        # derivatives of maximum and abs would be lost.
        above = x >= y
        m, n = torch.where(above, x, y), torch.where(above, y, x)
        return m + torch.log1p(torch.exp(n - m))

    return xp.replaced(logaddexp=logaddexp)


_OF_FUNCTIONAL = (
    *("relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "hardtanh"),
    *("hardswish", "softsign"),
)
"""What torch.nn.functional has under our names. Not its softplus, a straight line from 20 on; nor
hardsigmoid and logsigmoid, which torch cannot derive twice, or not with its digits."""
_OF_SPECIAL = (
    *("erf", "erfc", "erfinv", "log_ndtr", "polygamma", "i0e", "i1e", "logit", "ndtr"),
    *("xlogy", "xlog1py"),
)
_OF_TENSORS = ("gammainc", "gammaincc")
"""What torch.special has under our names, the second group of tensors alone."""


def _of_arrays(torch: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two tensors, one of which may be a Python number."""

    def operation(a: Any, x: Any) -> Any:
        like = x if isinstance(x, torch.Tensor) else a
        made = (v if isinstance(v, torch.Tensor) else torch.full_like(like, v) for v in (a, x))
        return function(*made)

    operation.stands_for = function  # type: ignore[attr-defined]
    return operation


def _replacements(torch: Any) -> dict[str, Callable[..., Any]]:
    def take(x: Any, indices: Any, axis: int | None = None) -> Any:
        # Torch's own takes indices of one axis only; an array of any shape stands in their place.
        along = 0 if axis is None else axis % x.ndim
        places = torch.where(indices < 0, indices + x.shape[along], indices)
        found = torch.index_select(x, along, places.reshape(-1))
        return found.reshape((*x.shape[:along], *indices.shape, *x.shape[along + 1 :]))

    def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        axes = tuple(range(x.ndim)) if axis is None else axis
        return torch.logsumexp(x, axes, keepdim=keepdims)

    def segment_sum(x: Any, segment_ids: Any, num_segments: int) -> Any:
        return x.new_zeros((num_segments, *x.shape[1:])).index_add(0, segment_ids, x)

    def fourier(x: Any, axis: int = -2, inverse: bool = False) -> Any:
        z, along = torch.view_as_complex(x.contiguous()), axis % x.ndim
        both = (torch.fft.ifft, "forward") if inverse else (torch.fft.fft, "backward")
        return torch.view_as_real(both[0](z, dim=along, norm=both[1]))

    def transform(name: str) -> Any:
        function = getattr(torch.fft, name)

        def transformed(x: Any, n: Any = None, axis: int = -1, norm: str = "backward") -> Any:
            return function(x, n=n, dim=axis, norm=norm)

        def over(x: Any, s: Any = None, axes: Any = (-2, -1), norm: str = "backward") -> Any:
            return function(x, s=s, dim=axes, norm=norm)

        found: Any = over if name.endswith("2") else transformed
        found.stands_for = f"torch.fft.{name}"
        return found

    functional = torch.nn.functional
    linalg = torch.linalg

    def symmetric(x: Any) -> Any:
        return (x + x.mT) / 2

    return {
        "solve": linalg.solve,
        "slogdet": linalg.slogdet,
        "cholesky": lambda x, upper=False: linalg.cholesky(symmetric(x), upper=upper),
        "eigh": lambda x: linalg.eigh(symmetric(x)),
        "qr": linalg.qr,
        "expm": linalg.matrix_exp,
        "inv": linalg.inv,
        "det": linalg.det,
        "svd": lambda x, full_matrices=False: linalg.svd(x, full_matrices=full_matrices),
        "svdvals": linalg.svdvals,
        "pinv": linalg.pinv,
        "matrix_power": linalg.matrix_power,
        **{name: getattr(functional, name) for name in ("conv1d", "conv2d")},
        **{name: getattr(functional, name) for name in ("max_pool2d", "avg_pool2d")},
        "complex": lambda re, im: torch.complex(*torch.broadcast_tensors(re, im)),
        "real": lambda z: torch.real(z) if z.is_complex() else z,
        "imag": lambda z: torch.imag(z) if z.is_complex() else torch.zeros_like(z),
        "conj": torch.conj_physical,
        "angle": torch.angle,
        **{f"fft.{name}": transform(name) for name in numpy_functions.TRANSFORMS},
        "fourier": fourier,
        "tril": lambda x, k=0: torch.tril(x, k),
        "triu": lambda x, k=0: torch.triu(x, k),
        "segment_sum": segment_sum,
        **{name: getattr(functional, name) for name in _OF_FUNCTIONAL},
        **{name: getattr(torch.special, name) for name in _OF_SPECIAL},
        **{name: _of_arrays(torch, getattr(torch.special, name)) for name in _OF_TENSORS},
        "lgamma": torch.lgamma,
        "digamma": torch.digamma,
        "take": take,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "logsumexp": logsumexp,
        "softmax": lambda x, axis=-1: torch.softmax(x, axis),
        "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    }
