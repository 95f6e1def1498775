"""From a loss to the program of one of its derivatives: run it once, on symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.programs import loop_trace
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Program
from gradparity.backends.numpy_tape.programs.symbol import Symbol
from gradparity.problems import Arrays, Loss


def trace(operator: str, loss: Loss, params: Arrays, data: Arrays) -> Program:
    """The program of `operator` for arrays of these shapes and dtypes; no value is read.

    operator: "value", "gradient", "jvp", "hvp", "hessian" or "jacobian" (of residuals). Outputs:
    "value" for the value; "d_NAME" for the derivative by a parameter; "jvp", "hvp_NAME",
    "hessian", "jacobian" likewise. jvp and hvp read a third group of arguments, "direction".
    Raises: InputError if the loss reads values, or is not a scalar.
    """
    graph = Graph(loops=loop_trace.traced)
    arguments = [_symbols(graph, "params", params), _symbols(graph, "data", data)]
    if operator in ("jvp", "hvp"):
        arguments.append(_symbols(graph, "direction", params))
    answer = _ANSWERS[operator](loss, *arguments)
    outputs = {name: _node(graph, x) for name, x in answer.items()}
    # The loss's xp knows itself, and one of its arrays: it would hold all nodes of their graph.
    program = Program(replace(graph), outputs)
    graph.made = {}
    return program


def _symbols(graph: Graph, group: str, arrays: Arrays) -> dict[str, Any]:
    shapes = {name: np.asarray(array) for name, array in arrays.items()}
    return {
        name: Symbol(graph, graph.input(group, name, array.shape, array.dtype))
        for name, array in shapes.items()
    }


def _node(graph: Graph, x: Any) -> Node:
    return x.node if isinstance(x, Symbol) else graph.constant(x)


def _value(*arguments: Any) -> Arrays:
    return {"value": derivatives.value(*arguments)}


def _gradient(*arguments: Any) -> Arrays:
    value, gradients = derivatives.value_and_gradient(*arguments)
    return {"value": value, **{f"d_{name}": g for name, g in gradients.items()}}


def _jvp(*arguments: Any) -> Arrays:
    value, tangent = derivatives.jvp(*arguments)
    return {"value": value, "jvp": tangent}


def _hvp(*arguments: Any) -> Arrays:
    return {f"hvp_{name}": g for name, g in derivatives.hvp(*arguments).items()}


_ANSWERS: dict[str, Callable[..., Arrays]] = {
    "value": _value,
    "gradient": _gradient,
    "jvp": _jvp,
    "hvp": _hvp,
    "hessian": lambda *arguments: {"hessian": derivatives.hessian(*arguments)},
    "jacobian": lambda *arguments: {"jacobian": derivatives.jacobian(*arguments)},
}
