"""The backend `torch-func`: the function transforms of `torch.func`, eager."""

from __future__ import annotations

from typing import Any

from gradparity.backends.backend import DEVICES, Counters, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.torch_autograd.operators import (
    ROWS,
    Function,
    as_tangent,
    backward_jvp,
    columns,
    decode,
    device_peak,
    dispatched,
    encoder,
    flattened,
    library,
    namespace,
    residuals_of_flat,
    spread,
)
from gradparity.backends.torch_autograd.step import trains
from gradparity.problems import Arrays, Instance, Problem


def function(problem: Problem, operator: Operator) -> Function:
    """The operator by transforms: (params, data[, direction]) -> (value or None, derivative).

    hvp is forward over reverse, and the Hessian is that on all unit directions, `ROWS` at a time;
    the Jacobian goes by rows or columns, whichever is fewer.
    """
    torch, xp = library()[0], namespace(operator)
    func = torch.func

    def loss(params: Arrays, data: Arrays) -> Any:
        return problem.loss(xp, params, data)

    def value(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        with torch.no_grad():
            return loss(params, data), {}

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        found, at = func.grad_and_value(loss)(params, data)
        return at, found

    def jvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Arrays]:
        found, slope = func.jvp(lambda p: loss(p, data), (params,), (direction,))
        return found, {"jvp": as_tangent(slope, found)}

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Arrays]:
        second = func.jvp(lambda p: func.grad(loss)(p, data), (params,), (direction,))[1]
        return None, {name: as_tangent(second[name], x) for name, x in params.items()}

    def hessian(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        flat, restore = flattened(params)
        first = func.grad(lambda x: loss(restore(x), data))
        return None, {"hessian": columns(first, flat)}

    def jacobian(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        flat, restore = flattened(params)
        of_flat = residuals_of_flat(problem, restore, data)
        with torch.no_grad():
            rows = len(of_flat(flat))
        if rows <= flat.numel():
            return None, {"jacobian": func.jacrev(of_flat, chunk_size=ROWS)(flat)}
        return None, {"jacobian": columns(of_flat, flat)}

    operators: dict[str, Function] = {
        "value": value,
        "gradient": gradient,
        "jvp": jvp,
        "hvp": hvp,
        "hessian": hessian,
        "jacobian": jacobian,
    }
    return operators[operator]


def reverse_twice(problem: Problem, operator: Operator) -> Function:
    """Hvp or Hessian by reverse over reverse, where a kernel has no forward rule."""
    torch, xp = library()[0], namespace(operator)
    func = torch.func

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Arrays]:
        pulled = func.vjp(func.grad(lambda p: problem.loss(xp, p, data)), params)[1]
        return None, pulled(direction)[0]

    def hessian(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        flat, restore = flattened(params)
        first = func.grad(lambda x: problem.loss(xp, restore(x), data))
        return None, {"hessian": func.jacrev(first, chunk_size=ROWS)(flat)}

    return hvp if operator == "hvp" else hessian


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Set the number of threads; see whether every kernel has the forward rules needed."""
    torch, _ = library()
    torch.set_num_threads(setting.threads)
    encode = encoder(operator, setting)
    compute = function(problem, operator)
    if operator in ("jvp", "hvp", "hessian"):
        try:
            compute(*encode(instance))
        except NotImplementedError:
            by_reverse = operator != "jvp"
            compute = reverse_twice(problem, operator) if by_reverse else backward_jvp(problem)
    run = spread(compute, setting)
    return Prepared(encode, run, decode, device_peak(run, setting))


def counters(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The aten operations of one run."""
    return dispatched(prepare(problem, operator, instance, setting), instance)


BACKEND = LibraryBackend(
    "torch-func",
    "torch",
    prepare,
    needs="torch",
    counters=counters,
    devices=DEVICES,
    train=trains(prepare),
)
