"""Random programs over all primitives, for Hypothesis: a loss as a list of steps."""

import numpy as np
from hypothesis import strategies as st

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, PRIMITIVES
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Program

POSITIVE = ["sqrt", "log", "log1p"]
UNARY = [
    name
    for name, f in ELEMENTWISE.items()
    if len(f.derivatives) == 1 and name not in {*POSITIVE, "logical_not", "astype", "single"}
]
BINARY = ["add", "subtract", "multiply", "maximum", "minimum", "logaddexp", "hypot", "atan2"]
COMPARED = ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"]
SHAPES = [(), (1,), (3,), (4,), (3, 4), (4, 3), (1, 4), (3, 1), (2, 3, 4), (30,), (40, 3)]
NUMBERS = [0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 0.1]


@st.composite
def programs(draw, dtype, steps=12):
    """(program, shapes of its inputs): every node may be an operand of a later one."""
    graph = Graph()
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    nodes = [graph.input("params", f"p{i}", s, dtype) for i, s in enumerate(shapes)]
    labels = graph.input("data", "labels", (3,), np.int64)
    for _ in range(draw(st.integers(1, steps))):
        new = draw(_step(graph, nodes, labels))
        if new is not None and new.size <= 2000:
            nodes.append(new)
    floats = [n for n in nodes if n.dtype == np.dtype(dtype)]
    ends = draw(st.lists(st.sampled_from(floats[-6:]), min_size=1, max_size=3))
    value = floats[-1]
    total = graph.node("sum", value, axis=tuple(range(len(value.shape))), keepdims=False)
    outputs = {"value": total if value.shape else value}
    outputs |= {f"d_{i}": end for i, end in enumerate(ends)}
    return Program(graph, outputs), shapes


@st.composite
def _step(draw, graph, nodes, labels):
    x = draw(st.sampled_from([n for n in nodes if n.dtype.kind == "f"]))
    kind = draw(st.sampled_from(sorted(KINDS)))
    return KINDS[kind](draw, graph, nodes, x, labels)


def _unary(draw, graph, nodes, x, labels):
    return graph.node(draw(st.sampled_from(UNARY)), x)


def _positive(draw, graph, nodes, x, labels):
    above = graph.node("add", graph.node("square", x), 0.25)
    return graph.node(draw(st.sampled_from(POSITIVE)), above)


def _binary(draw, graph, nodes, x, labels):
    fitting = [n for n in nodes if n.dtype == x.dtype and _broadcast(n, x)]
    y = draw(st.sampled_from([*fitting, *NUMBERS]))
    pair = (x, y) if draw(st.booleans()) else (y, x)
    return graph.node(draw(st.sampled_from(BINARY)), *pair)


def _divide(draw, graph, nodes, x, labels):
    return graph.node("divide", draw(st.sampled_from([x, 1.0, 3.0])), graph.node("exp", x))


def _power(draw, graph, nodes, x, labels):
    base = graph.node("add", graph.node("abs", x), 0.5)
    return graph.node("power", base, draw(st.sampled_from([0.5, 2.0, 3.0, -1.0, 1.0, 0.0, 1.7])))


def _where(draw, graph, nodes, x, labels):
    fitting = [n for n in nodes if n.dtype == x.dtype and n.shape == x.shape]
    y = draw(st.sampled_from([*fitting, 0.0, 1.0]))
    mask = graph.node(draw(st.sampled_from(COMPARED)), x, draw(st.sampled_from([0.0, 0.5])))
    if draw(st.booleans()):
        mask = graph.node("logical_and", mask, graph.node("logical_not", graph.node("less", x, -1)))
    return graph.node("where", mask, *((x, y) if draw(st.booleans()) else (y, x)))


def _reduce(draw, graph, nodes, x, labels):
    if not x.shape:
        return None
    axes = draw(st.sets(st.integers(0, len(x.shape) - 1), min_size=1))
    name = draw(st.sampled_from(["sum", "sum", "sum", "max", "min", "prod"]))
    return graph.node(name, x, axis=tuple(sorted(axes)), keepdims=draw(st.booleans()))


def _matmul(draw, graph, nodes, x, labels):
    fitting = [
        n for n in nodes if n.dtype == x.dtype and n.shape and x.shape and _inner(n) == x.shape[-1]
    ]
    return graph.node("matmul", x, draw(st.sampled_from(fitting))) if fitting else None


def _einsum(draw, graph, nodes, x, labels):
    if len(x.shape) != 2:
        return None
    return graph.node("einsum", x, x, subscripts=draw(st.sampled_from(["ij,ij->i", "ij,kj->ik"])))


def _move(draw, graph, nodes, x, labels):
    n = len(x.shape)
    axes = tuple(draw(st.permutations(range(n))))
    choices = [("reshape", {"shape": (x.size,)}), ("transpose", {"axes": axes})]
    choices.append(("broadcast_to", {"shape": (2, *x.shape)}))
    if n:
        axis = draw(st.integers(0, n - 1))
        choices += [("flip", {"axis": (axis,)}), ("roll", {"shift": (1,), "axis": (axis,)})]
        choices += [("cumulative_sum", {"axis": axis}), ("reshape", {"shape": (1, *x.shape)})]
    name, static = draw(st.sampled_from(choices))
    return graph.node(name, x, **static)


def _getitem(draw, graph, nodes, x, labels):
    if not x.shape or x.shape[0] < 2:
        return None
    keys = [0, ("slice", 1, None, None), ("slice", None, -1, None), ("slice", None, None, 2)]
    return graph.node("getitem", x, key=(draw(st.sampled_from(keys)),))


def _scatter(draw, graph, nodes, x, labels):
    if len(x.shape) != 1:
        return None
    n = x.size
    keys = tuple((("slice", *ends, None),) for ends in ((1, n + 1), (None, n), (2, None)))
    count = draw(st.integers(1, 3))
    pieces = [x, graph.node("negative", x), graph.node("square", x)][:count]
    return graph.node("scatter_slices", *pieces, keys=keys[:count], shape=(n + 2,))


def _index(draw, graph, nodes, x, labels):
    if not x.shape:
        return None
    name = draw(st.sampled_from(["take", "take_add", "gather", "along", "add_along"]))
    if name in ("take", "gather"):
        return graph.node(name, x, labels, axis=0) if x.shape[0] > 2 else None
    if name == "take_add":
        return (
            graph.node(name, x, labels, axis=0, shape=(5, *x.shape[1:]))
            if x.shape[0] == 3
            else None
        )
    if len(x.shape) != 2 or x.shape[0] != 3:
        return None
    column = graph.node("reshape", labels, shape=(3, 1))
    if name == "along" and x.shape[1] > 2:
        return graph.node("take_along_axis", x, column, axis=1)
    if x.shape[1] == 1:
        return graph.node("add_along_axis", x, column, axis=1, shape=(3, 4))
    return None


def _concat(draw, graph, nodes, x, labels):
    return graph.node("concat", x, graph.node("negative", x), axis=0) if x.shape else None


def _constant(draw, graph, nodes, x, labels):
    if draw(st.booleans()):
        return graph.full(x.shape, draw(st.sampled_from(NUMBERS)), x.dtype)
    return graph.node("astype", graph.node("greater", x, 0.3), dtype=x.dtype)


KINDS = {
    **{"unary": _unary, "binary": _binary, "binary2": _binary, "positive": _positive},
    **{"divide": _divide, "power": _power, "where": _where, "reduce": _reduce},
    **{"matmul": _matmul, "einsum": _einsum, "move": _move, "getitem": _getitem},
    **{"scatter": _scatter, "index": _index, "concat": _concat, "constant": _constant},
}


def _inner(n):
    return n.shape[0] if len(n.shape) == 1 else n.shape[-2]


def _broadcast(a, b):
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def arrays(shapes, dtype, seed):
    """Values for a program's inputs."""
    rng = np.random.default_rng(seed)
    params = {f"p{i}": np.asarray(rng.normal(size=s), dtype) for i, s in enumerate(shapes)}
    return params, {"labels": np.array([2, 0, 2])}


def evaluate(program, inputs):
    """Outputs by name, node by node with the primitives themselves: what emitted code must equal.

    inputs: (group, name) -> array.
    """
    values = {}
    for node in program.nodes:
        operands = [values[x.number] if isinstance(x, Node) else x for x in node.inputs]
        if node.name == "input":
            result = inputs(node.static["group"], node.static["name"])
        elif node.name == "constant":
            result = np.frombuffer(node.static["data"], node.dtype).reshape(node.shape)
        elif node.name == "vdot":
            result = np.vdot(*operands)
        elif node.name == "add_along":
            part = PRIMITIVES["add_along_axis"].numpy(*operands[1:], **node.static)
            result = operands[0] + part
        elif node.name == "tied":
            ties, g = operands
            rows = tuple(a for a in range(ties.ndim) if g.shape[a] != ties.shape[a])
            result = np.where(ties, g / np.maximum(ties.sum(axis=rows, keepdims=True), 1), 0.0)
        else:
            result = PRIMITIVES[node.name].numpy(*operands, **node.static)
        values[node.number] = result
    return {name: values[end.number] for name, end in program.outputs.items()}
