"""The judge at work in somebody's process: nothing that is set there changes a verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from gradparity.harness.surroundings.arithmetic import ieee_arithmetic
from gradparity.harness.surroundings.one_thread import one_thread


@contextmanager
def undisturbed(device: str = "cpu") -> Iterator[bool]:
    """Within: one thread, and `ordinary`. Yields whether the process computes otherwise."""
    with one_thread(), ordinary(device) as otherwise:
        yield otherwise


@contextmanager
def ordinary(device: str = "cpu", timed: bool = False, wide: bool = False) -> Iterator[bool]:
    """Within: IEEE arithmetic, no errors of NumPy's, torch with gradients, JAX that compiles.

    Afterwards all is as it was.

    Yields whether the process computes otherwise (`ieee_arithmetic`). device: torch's for new
    tensors. timed: the arithmetic stays, since its speed is what a user has. wide: JAX has float64.
    Raises: InputError where arithmetic cannot be changed.
    """
    errors = np.geterr().items()
    raised: dict[str, Any] = {kind: "ignore" for kind, does in errors if does in ("raise", "call")}
    torch, jax = map(sys.modules.get, ("torch", "jax"))
    with ExitStack() as within:
        otherwise = False if timed else within.enter_context(ieee_arithmetic())
        within.enter_context(np.errstate(**raised))
        if torch is not None:
            _differentiating(torch, device, within)
        if jax is not None:
            _compiling(jax, wide, within)
        yield otherwise


def _differentiating(torch: Any, device: str, within: ExitStack) -> None:
    """Gradients are recorded, and new tensors are on this device, inside `within`."""
    if torch.is_inference_mode_enabled():
        within.enter_context(torch.inference_mode(False))
    if not torch.is_grad_enabled():
        within.enter_context(torch.enable_grad())
    if torch.empty(0).device.type != torch.device(device).type:
        within.enter_context(torch.device(device))


def _compiling(jax: Any, wide: bool, within: ExitStack) -> None:
    """Functions are compiled, and neither NaN nor a copy between devices is an error."""
    usual = {"disable_jit": False, "debug_nans": False, "debug_infs": False}
    for name, off in {**usual, "transfer_guard": "allow"}.items():
        if getattr(jax.config, f"jax_{name}") not in (None, off):
            within.enter_context(getattr(jax, name)(off))
    if wide and not jax.config.jax_enable_x64:
        within.enter_context(jax.enable_x64(True))
