"""Every operator as a function of torch's tensors, by autograd.

With `names` the parameters, a graph of the loss is built in every call and walked backwards:

- gradient g: one backward walk. jvp: forward mode, one evaluation on dual tensors; where a kernel
  has no forward rule, g · v by one backward walk.
- hvp: the walk itself is recorded, and g · v walked backwards: two evaluations' worth each way.
- Hessian: the same with all unit directions at once, a slice of rows at a time.
- Jacobian of residuals: by rows (backward walks) or columns (forward mode), whichever is fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import (
    Answer,
    Count,
    Counters,
    Operator,
    Prepare,
    Prepared,
    Setting,
    Unavailable,
)
from gradparity.backends.low_dtypes import in_low_dtype
from gradparity.backends.operators import Found, OperatorMethods, differentiated, method, spread
from gradparity.backends.torch_autograd.namespace import in_dtype, library, twice_derived
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.layout import Layout

ROWS = 128
"""Rows of a Hessian or Jacobian that are computed at once: it bounds the memory."""


@dataclass(frozen=True, slots=True)
class AutogradOperators:
    """Every operator by autograd; the arguments are plain tensors."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Found:
        """The loss, without a graph."""
        torch, xp = library()
        with torch.no_grad():
            return self.problem.loss(xp, params, data), {}

    def gradient(self, params: Arrays, data: Arrays) -> Found:
        """One backward walk."""
        leaves = {name: x.detach().requires_grad_() for name, x in params.items()}
        found = self.problem.loss(library()[1], leaves, data)
        return found.detach(), _by_name(params, _walked(found, list(leaves.values())))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """Forward mode: one evaluation on dual tensors."""
        torch, xp = library()
        forward = torch.autograd.forward_ad
        with torch.no_grad(), forward.dual_level():
            duals = {name: forward.make_dual(x, direction[name]) for name, x in params.items()}
            found, slope = forward.unpack_dual(self.problem.loss(xp, duals, data))
        return found, {"jvp": as_tangent(slope, found)}

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """The walk itself is recorded, and g · v walked backwards."""
        torch, _ = library()
        leaves = {name: x.detach().requires_grad_() for name, x in params.items()}
        inputs = list(leaves.values())
        value = self.problem.loss(twice_derived(), leaves, data)
        first = _walked(value, inputs, create_graph=True)
        # A gradient that no parameter enters is constant: it has nothing to walk back through.
        moving = [(g, direction[n]) for g, n in zip(first, params, strict=True) if g.requires_grad]
        if not moving:
            return None, {name: torch.zeros_like(x) for name, x in params.items()}
        outputs, along = zip(*moving, strict=True)
        second = torch.autograd.grad(
            outputs, inputs, along, allow_unused=True, materialize_grads=True
        )
        return None, _by_name(params, second)

    def hessian(self, params: Arrays, data: Arrays) -> Found:
        """The hvp with all unit directions at once, a slice of rows at a time."""
        flat, restore = flattened(params)
        flat.requires_grad_()
        value = self.problem.loss(twice_derived(), restore(flat), data)
        (first,) = _walked(value, [flat], create_graph=True)
        return None, {"hessian": _rows(first, flat)}

    def jacobian(self, params: Arrays, data: Arrays) -> Found:
        """By rows (backward walks) or columns (forward mode), whichever are fewer."""
        flat, restore = flattened(params)
        of_flat = residuals_of_flat(self.problem, restore, data)
        flat.requires_grad_()
        found = of_flat(flat)
        if len(found) <= flat.numel():
            return None, {"jacobian": _rows(found, flat)}
        return None, {"jacobian": columns(of_flat, flat.detach())}


class BackwardJvp(AutogradOperators):
    """Where a kernel of the loss has no forward rule: the jvp as gradient · direction."""

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Found:
        """One backward walk."""
        torch, _ = library()
        value, found = self.gradient(params, data)
        slopes = [torch.sum(found[name] * direction[name]) for name in params]
        return value, {"jvp": torch.sum(torch.stack(slopes))}


def as_tangent(tangent: Any, value: Any) -> Any:
    """A tangent in the dtype of what it belongs to; None, which is torch's constant, is 0.

    Torch's forward rules take a Python number in a loss for a float64 array, so that tangents of
    float32 arrays without axes come out in float64.
    """
    torch, _ = library()
    if tangent is None or torch._is_zerotensor(tangent):
        return torch.zeros_like(value)
    return tangent.to(value.dtype)


def residuals_of_flat(
    problem: Problem, restore: Callable[[Any], Arrays], data: Arrays
) -> Callable[[Any], Any]:
    """The residuals, flattened to (m,), as a function of the flattened parameters."""
    residuals, (_, xp) = differentiated(problem, "jacobian"), library()
    return lambda x: residuals(xp, restore(x), data).reshape(-1)


def flattened(params: Arrays) -> tuple[Any, Callable[[Any], Arrays]]:
    """The parameters as one vector, in the order of their names, and the way back."""
    torch, _ = library()
    layout = Layout.of(params)
    sizes = [end - start for start, end in layout.bounds]
    flat = torch.cat([x.detach().reshape(-1) for x in params.values()])
    return flat, lambda vector: layout.shaped(torch.split(vector, sizes))


def _walked(value: Any, inputs: list[Any], create_graph: bool = False) -> tuple[Any, ...]:
    """The gradient of `value`; zeros for an input that it does not read."""
    torch, _ = library()
    if not value.requires_grad:
        return tuple(torch.zeros_like(x) for x in inputs)
    return torch.autograd.grad(  # type: ignore[no-any-return]
        value, inputs, create_graph=create_graph, allow_unused=True, materialize_grads=True
    )


def _rows(outputs: Any, inputs: Any) -> Any:
    """∂ outputs / ∂ inputs of two vectors, (m, P), by backward walks that share one graph."""
    torch, _ = library()
    shape = (len(outputs), len(inputs))
    if not outputs.requires_grad:
        return outputs.new_zeros(shape)
    unit = torch.eye(shape[0], dtype=outputs.dtype, device=outputs.device)
    rows = [
        torch.autograd.grad(
            outputs,
            inputs,
            unit[start : start + ROWS],
            retain_graph=True,
            is_grads_batched=True,
            allow_unused=True,
            materialize_grads=True,
        )[0]
        for start in range(0, shape[0], ROWS)
    ]
    return torch.cat(rows)


def columns(function: Callable[[Any], Any], at: Any) -> Any:
    """∂ function / ∂ at, (m, P), column by column in forward mode, `ROWS` columns at once."""
    torch, _ = library()
    unit = torch.eye(len(at), dtype=at.dtype, device=at.device)

    def column(direction: Any) -> Any:
        return as_tangent(torch.func.jvp(function, (at,), (direction,))[1], at)

    return torch.func.vmap(column, chunk_size=ROWS)(unit).T


def _by_name(params: Arrays, found: tuple[Any, ...]) -> Arrays:
    return dict(zip(params, found, strict=True))


def absent(device: str) -> str | None:
    """Why torch has no such device; None if it has."""
    torch, _ = library()
    if device != "cuda" or torch.cuda.is_available():
        return None
    return "torch finds no CUDA device: it is a CPU build, or there is no GPU"


def encoder(operator: Operator, setting: Setting) -> Callable[[Instance], tuple[Arrays, ...]]:
    """From an instance to the operator's arguments: copies on the device."""
    torch, _ = library()
    if (told := absent(setting.device)) is not None:
        raise Unavailable(told)
    directed = operator in ("jvp", "hvp")

    def tensor(array: Any) -> Any:
        array = np.ascontiguousarray(array).reshape(np.shape(array))  # torch knows no stride < 0
        dtype = getattr(torch, setting.dtype) if array.dtype.kind == "f" else None
        return torch.tensor(array, dtype=dtype, device=setting.device)

    def encode(instance: Instance) -> tuple[Arrays, ...]:
        given = (instance.params, instance.data) + ((instance.direction,) if directed else ())
        return tuple({name: tensor(x) for name, x in arrays.items()} for arrays in given)

    return encode


def prepared(
    operators: OperatorMethods[Found],
    backward: OperatorMethods[Found],
    operator: Operator,
    instance: Instance,
    setting: Setting,
) -> Prepared:
    """The operator, on as many threads as the setting says.

    backward: what to take where a kernel of the loss has no forward rule; all that needs none, it
    has in common with `operators`.
    """
    torch, _ = library()
    torch.set_num_threads(setting.threads)
    encode = encoder(operator, setting)
    compute = in_dtype(method(operators, operator), setting.dtype)
    if getattr(type(operators), operator) is not getattr(type(backward), operator):
        try:
            compute(*encode(instance))
        except NotImplementedError:
            compute = in_dtype(method(backward, operator), setting.dtype)
    run = in_low_dtype(finished(compute, setting), "torch", setting)
    return Prepared(encode, run, decode, device_peak(run, setting))


def finished(compute: Callable[..., Any], setting: Setting) -> Callable[[tuple[Arrays, ...]], Any]:
    """`compute` of one tuple of arguments, finished when it returns.

    Torch's CPU kernels have finished by themselves; those of a GPU are waited for.
    """
    if setting.device == "cpu":
        return spread(compute)
    torch, _ = library()

    def run(native: tuple[Arrays, ...]) -> Any:
        answer = compute(*native)
        torch.cuda.synchronize()
        return answer

    return run


def device_peak(run: Callable[[Any], Any], setting: Setting) -> Callable[[Any], int | None] | None:
    """What a run takes of a GPU's memory, as torch's allocator counts it; None on the CPU."""
    if setting.device == "cpu":
        return None
    torch, _ = library()
    cuda = torch.cuda

    def peak(native: Any) -> int | None:
        cuda.synchronize()
        cuda.reset_peak_memory_stats()
        before: int = cuda.memory_allocated()
        run(native)
        return int(cuda.max_memory_allocated()) - before

    return peak


def dispatched(prepare: Prepare) -> Count:
    """How a torch backend counts: the aten operations that one run dispatches, `torch_operations`.

    Views among them, for each costs its dispatch; `detach` is bookkeeping and left out.
    """

    def counters(
        problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Counters:
        torch, _ = library()
        from torch.utils._python_dispatch import TorchDispatchMode

        found = 0

        class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
            def __torch_dispatch__(
                self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                nonlocal found
                found += operation is not torch.ops.aten.detach.default
                return operation(*args, **(kwargs or {}))

        ready = prepare(problem, operator, instance, setting)
        native = ready.encode(instance)
        with Counting():  # type: ignore[no-untyped-call]
            ready.run(native)
        return {"torch_operations": found}

    return counters


def decode(native: Any) -> Answer:
    """To NumPy, in fresh arrays."""
    value, derivative = native
    return Answer(
        None if value is None else _array(value),
        {name: _array(tensor) for name, tensor in derivative.items()},
    )


def _array(tensor: Any) -> np.ndarray[Any, Any]:
    # Forced: torch has zeros without storage, as the slope of a sign.
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":
        tensor = tensor.float()  # NumPy has no bfloat16, and float32 holds it
    return np.array(tensor.numpy(force=True))
