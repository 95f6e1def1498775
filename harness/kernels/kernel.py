"""A kernel as it is called: outputs, and gradients for given cotangents, as NumPy arrays."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradparity.harness.plain.native import Native, dtype_of, native, numpy_of
from gradparity.harness.plain.steps.translation import Translation
from gradparity.problems import Array, Arrays, InputError

OUTPUT = "output"
"""The name of a result among gradients: the slope of u · f along u is f."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A function of low-precision arrays with a backward of its own.

    function: f(*inputs) -> an array or a tuple of them. home: the library, torch or JAX.
    dtype: of the inputs. device: of torch, "cpu" or "cuda"; the truth is found on the CPU. masks:
    which inputs are added to scores, -∞ where these are hidden. varies: whether calls answer
    differently, by what sums in another order do.
    """

    function: Callable[..., Any]
    home: Native
    dtype: str
    device: str = "cpu"
    masks: tuple[int, ...] = ()
    varies: bool = False

    @staticmethod
    def of(function: Callable[..., Any], library: str, dtype: str, device: str) -> Kernel:
        """The kernel. Raises: InputError for what cannot be judged."""
        if not callable(function):
            raise InputError(f"kernelcheck: f is {function!r}, should be a function of arrays")
        home = native(library, [])
        if home.name == "numpy":
            raise InputError("kernels of NumPy are not judged; library should be 'torch' or 'jax'")
        if device != "cpu":
            _available(device, home.name)
        return Kernel(function, home, dtype, device)

    def inputs(self, arrays: Sequence[Array], transposed: bool = False) -> list[Any]:
        """The arrays as the library's own, of `dtype`; transposed: laid out the other way round."""
        return [self._laid(self.home.array(x, self.dtype), transposed) for x in arrays]

    def outputs(self, arrays: Sequence[Array]) -> list[Any]:
        """The results. Raises: InputError, one line, if it raises or returns no arrays."""
        with self.home.within(self.dtype):
            return self._called(self.inputs(arrays))

    def answered(
        self, arrays: Sequence[Array], cotangents: Sequence[Array], layout: str = ""
    ) -> tuple[list[Array], list[Array]]:
        """(outputs, gradients), NumPy arrays of inputs and cotangents at these numbers.

        layout: "", "transposed" or "expanded", see `Card`.
        Raises: InputError as `outputs`, and for a gradient of another shape.
        """
        with self.home.within(self.dtype), np.errstate(all="ignore"):
            xs = self.inputs(arrays, layout == "transposed")
            make = self._torch if self.home.name == "torch" else self._jax
            try:
                outs, found = make(xs, cotangents, layout)
            except (InputError, MemoryError):
                raise
            except Exception as error:
                raise InputError(f"the kernel raises {_told(error)}") from error
        for i, (x, g) in enumerate(zip(arrays, found, strict=True)):
            if g.shape != x.shape:
                raise InputError(f"gradient {i} has shape {g.shape}, should be {x.shape}")
        return outs, found

    def pushed(self, arrays: Sequence[Array], tangents: Sequence[Array]) -> list[Array] | None:
        """The tangents of the outputs, by forward mode; None where the kernel has none."""
        with self.home.within(self.dtype), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, on its own code
            xs, vs = self.inputs(arrays), self.inputs(tangents)
            try:
                if self.home.name == "torch":
                    found = self._torch_pushed(xs, vs)
                else:
                    found = self._library.jvp(lambda *x: tuple(self._called(x)), xs, vs)[1]
                return [numpy_of(x) for x in found]
            except Exception:  # a rule for backward alone raises what its library likes
                return None

    def _torch_pushed(self, xs: list[Any], vs: list[Any]) -> list[Any]:
        forward = self._library.autograd.forward_ad
        with forward.dual_level():
            outs = self._called([forward.make_dual(x, v) for x, v in zip(xs, vs, strict=True)])
            found = [forward.unpack_dual(y).tangent for y in outs]
        if any(x is None for x in found):
            raise InputError("no tangent comes out")
        return found

    def poisoned(self, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        """The gradients where torch fills fresh memory with NaN; as ever in JAX, which has none."""
        if self.home.name != "torch":
            return self.answered(arrays, cotangents)[1]
        torch, how = self._library, self._library.utils.deterministic
        was, fills = torch.are_deterministic_algorithms_enabled(), how.fill_uninitialized_memory
        only = torch.is_deterministic_algorithms_warn_only_enabled()
        try:
            torch.use_deterministic_algorithms(True, warn_only=True)
            how.fill_uninitialized_memory = True
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of operations that are not deterministic
                return self.answered(arrays, cotangents)[1]
        finally:
            how.fill_uninitialized_memory = fills
            torch.use_deterministic_algorithms(was, warn_only=only)

    def translated(
        self, arrays: Sequence[Array], cotangents: Sequence[Array], dtypes: Sequence[str]
    ) -> tuple[Translation, Arrays]:
        """The loss u · f in our own terms, and its parameters: inputs and cotangents by name.

        Raises: Untranslatable.
        """
        point = {f"input {i}": x for i, x in enumerate(arrays)}
        point |= {_output(k, len(cotangents)): u for k, u in enumerate(cotangents)}
        own = {_output(k, len(dtypes)): dtype for k, dtype in enumerate(dtypes)}

        def loss(leaves: Arrays) -> Any:
            outs = self._called([leaves[f"input {i}"] for i in range(len(arrays))])
            return self._projected(outs, [leaves[_output(k, len(outs))] for k in range(len(outs))])

        return self.home.translated(loss, point, self.dtype, own), point

    def named(self, outs: Sequence[Array], gradients: Sequence[Array]) -> Arrays:
        """Gradients and outputs by the names of `translated`."""
        found = {f"input {i}": g for i, g in enumerate(gradients)}
        return found | {_output(k, len(outs)): y for k, y in enumerate(outs)}

    @cached_property
    def _library(self) -> Any:
        if self.home.name == "torch":
            import torch

            return torch
        import jax

        return jax

    def _laid(self, x: Any, transposed: bool) -> Any:
        if self.home.name != "torch":
            return x
        x = x.to(self.device)
        return x.mT.contiguous().mT if transposed and x.ndim > 1 else x

    def _called(self, xs: Sequence[Any]) -> list[Any]:
        try:
            found = self.function(*xs)
        except (InputError, MemoryError):
            raise
        except Exception as error:
            raise InputError(f"the kernel raises {_told(error)}") from error
        outs = list(found) if isinstance(found, tuple | list) else [found]
        for y in outs:
            if "float" not in dtype_of(y) or not hasattr(y, "shape"):
                raise InputError(
                    f"the kernel returns {type(y).__name__}, should be floating arrays"
                )
        return outs

    def _projected(self, outs: Sequence[Any], us: Sequence[Any]) -> Any:
        """Σ u · f in float32 or more: the cast and the sum are no part of the kernel."""
        if self.home.name == "torch":
            parts = [(y.double() * u.double()).sum() for y, u in zip(outs, us, strict=True)]
        else:
            wide = self._library.numpy.float32
            parts = [(y.astype(wide) * u.astype(wide)).sum() for y, u in zip(outs, us, strict=True)]
        return sum(parts[1:], parts[0])

    def _torch(self, xs: list[Any], us: Sequence[Array], layout: str) -> tuple[Any, Any]:
        torch = self._library
        xs = [x.detach().requires_grad_(True) for x in xs]
        with torch.enable_grad():
            outs = self._called(xs)
        native_us = []
        for y, u in zip(outs, us, strict=True):
            own = self.home.array(u, dtype_of(y)).to(self.device)
            if layout == "expanded":
                own = own.reshape(-1)[0].clone().expand(y.shape)  # one number in memory
            native_us.append(self._laid(own, layout == "transposed"))
        found = torch.autograd.grad(outs, xs, native_us, allow_unused=True)
        gradients = [
            np.zeros(tuple(x.shape)) if g is None else numpy_of(g)
            for x, g in zip(xs, found, strict=True)
        ]
        return [numpy_of(y) for y in outs], gradients

    def _jax(self, xs: list[Any], us: Sequence[Array], layout: str) -> tuple[Any, Any]:
        jax = self._library
        outs, back = jax.vjp(lambda *xs: tuple(self._called(xs)), *xs)
        given = tuple(self.home.array(u, str(y.dtype)) for y, u in zip(outs, us, strict=True))
        return [numpy_of(y) for y in outs], [numpy_of(g) for g in back(given)]


def dtypes_of(outs: Sequence[Any]) -> list[str]:
    """The dtypes of results."""
    return [dtype_of(y) for y in outs]


def library_for(f: Callable[..., Any], given: str | None, modules: Mapping[str, Any]) -> str:
    """The library of a kernel: as given, or the one that alone is loaded.

    Raises: InputError where that does not tell.
    """
    if given is not None:
        return given
    read = {getattr(f, "__module__", "")} | {
        getattr(x, "__name__", "") for x in getattr(f, "__globals__", {}).values()
    }
    rooms = {str(name).partition(".")[0] for name in read}
    found = [name for name in ("torch", "jax") if name in modules and name in rooms]
    found = found or [name for name in ("torch", "jax") if name in modules]
    if len(found) != 1:
        raise InputError("say library='torch' or library='jax': what f takes does not tell")
    return found[0]


def _output(k: int, count: int) -> str:
    return OUTPUT if count == 1 else f"{OUTPUT} {k}"


def _told(error: Exception) -> str:
    """What an exception of a kernel says, in one line."""
    if type(error).__name__ == "OutOfMemoryError" or "RESOURCE_EXHAUSTED" in str(error):
        asked = re.search(r"[\d.,]+ ?(?:[KMGT]i?B|bytes)", str(error))
        size = f", asked for {asked[0]}" if asked else ""
        kind = type(error).__name__
        return f"{kind}: the device is out of memory{size}; take smaller sizes={{}}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _available(device: str, library: str) -> None:
    if library != "torch":
        raise InputError("device is of torch alone; JAX takes the device that it has")
    import torch

    kind = device.partition(":")[0]
    if kind != "cuda" or not torch.cuda.is_available():
        raise InputError(f"the device {device} is not here; leave device out for the CPU")
