"""The backend `torch-compile`: autograd traced ahead of time, then `torch.compile`.

`prepare` runs an operator of `backends/torch_autograd/operators.py` once on fake tensors, with
shapes and no values: what autograd does is written down as one program of elementary operations,
loss and backward walk together. Inductor compiles that program to C++. So `run` calls neither the
Python loss nor autograd, and a loss that branches on values is refused when it is traced.

The compiler's caches on disk are switched off, so that the time of `prepare` is that of compiling.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradparity.backends.backend import (
    LOW_DTYPES,
    Counters,
    Operator,
    Prepared,
    Setting,
    TrainingStep,
    Unsupported,
    without_residuals,
)
from gradparity.backends.low_dtypes import in_low_dtype
from gradparity.backends.operators import method
from gradparity.backends.optimizers.training import Training
from gradparity.backends.torch_autograd.namespace import in_dtype, library
from gradparity.backends.torch_autograd.operators import AutogradOperators, decode, encoder
from gradparity.backends.torch_autograd.step import trains
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.extras import missing

OPTIONS = {"compile_threads": 1}


@dataclass(frozen=True, slots=True)
class TorchCompile:
    """One compiled program for each operator; parameters and data are its arguments."""

    name: str = "torch-compile"
    distribution: str = "torch"
    role: str = "contestant"
    compiled: bool = True
    low_dtypes: tuple[str, ...] = LOW_DTYPES

    def unavailable(self) -> str | None:
        """Torch or a C++ compiler is not installed."""
        if absent := missing("torch"):
            return absent
        compiler = os.environ.get("CXX") or _compiler()
        if shutil.which(compiler) is None:
            return (
                f"torch.compile needs a C++ compiler, and {compiler} is not found; install one "
                "(apt install g++), or set CXX"
            )
        return None

    def unsupported(self, problem: Problem, operator: Operator) -> str | None:
        """A Jacobian without residuals."""
        return without_residuals(problem, operator)

    def prepare(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Prepared:
        """Trace the operator at the instance's shapes and compile it.

        Raises Unsupported for a loss that branches on values.
        """
        torch, _ = library()
        torch.set_num_threads(setting.threads)
        encode = encoder(operator, setting)
        with warnings.catch_warnings():
            # Torch's compiler warns about torch's own deprecations.
            warnings.simplefilter("ignore")
            made = in_low_dtype(_compiled, "torch", setting)
            compute, keys = made(problem, operator, encode(instance), setting.dtype)

        def run(native: tuple[Arrays, ...]) -> tuple[Any, Arrays]:
            found = compute([x for arrays in native for x in arrays.values()])
            value, *derivative = found if keys[0] else (None, *found)
            return value, dict(zip(keys[1], derivative, strict=True))

        return Prepared(encode, run, decode)

    def training_step(
        self, problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        """The compiled gradient, then torch.optim, as it is."""
        return trains(self.prepare)(problem, training, instance, setting)

    def counters(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Counters:
        """The kernels that Inductor generates for the operator, by compiling it anew.

        What it hands to a library, a matrix product for one, is not a kernel of its own.
        """
        from torch._inductor import metrics

        before = metrics.generated_kernel_count
        self.prepare(problem, operator, instance, setting)
        return {"torch_kernels": metrics.generated_kernel_count - before}


def _compiler() -> str:
    """What torch's Inductor calls where CXX says nothing."""
    return {"win32": "cl", "darwin": "clang++"}.get(sys.platform, "g++")


def _compiled(
    problem: Problem, operator: Operator, native: tuple[Arrays, ...], dtype: str
) -> tuple[Callable[[list[Any]], Any], tuple[bool, list[str]]]:
    """The program, and what it returns: whether a value, and the names of the derivative."""
    torch, _ = library()
    from torch.fx.experimental.proxy_tensor import make_fx

    compute = in_dtype(method(AutogradOperators(problem), operator), dtype)
    names = [list(arrays) for arrays in native]
    returned: list[tuple[bool, list[str]]] = []

    def flat(tensors: list[Any]) -> list[Any]:
        left = iter(tensors)
        value, derivative = compute(*({name: next(left) for name in group} for group in names))
        returned.append((value is not None, list(derivative)))
        # A result that is an argument, or the same tensor twice, must come back as its own.
        found = ([] if value is None else [value]) + list(derivative.values())
        return [x.detach().clone() for x in found]

    tensors = [x for arrays in native for x in arrays.values()]
    try:
        traced = make_fx(flat, tracing_mode="fake")(tensors)
    except torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode as error:
        raise Unsupported("the loss branches on values, which torch cannot trace") from error
    # Forward mode leaves questions about shapes behind, whose answers nobody reads.
    aten = torch.ops.aten
    questions = (aten.is_same_size.default, aten._has_same_storage_numel.default)
    for node in reversed(traced.graph.nodes):
        if node.target in questions and not node.users:
            traced.graph.erase_node(node)
    traced.recompile()
    program = torch.compile(traced, fullgraph=True, dynamic=False, options=OPTIONS)
    with torch.no_grad(), torch.compiler.config.patch(force_disable_caches=True):
        program(tensors)

    def run(arguments: list[Any]) -> Any:
        with torch.no_grad():
            return program(arguments)

    return run, returned[0]


BACKEND = TorchCompile()
