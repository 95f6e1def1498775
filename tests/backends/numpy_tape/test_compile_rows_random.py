"""Random programs of a matrix's rows: in blocks they equal the interpreted program."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import load
from gradparity.backends.numpy_tape.programs.program import Graph, Program
from gradparity.backends.numpy_tape.source import row_plan
from gradparity.backends.numpy_tape.source.emit_loops import emit_loops
from tests.backends.numpy_tape.random_losses import evaluate

UNARY = ["negative", "abs", "square", "tanh", "sin"]
BINARY = ["add", "subtract", "multiply", "maximum"]
ROWS = 11


class Drawing:
    """Draws calls whose operands fit; every result may be the operand of a later call."""

    def __init__(self, rng, columns):
        self.rng, self.graph = rng, Graph()
        self.shapes = {"x": (ROWS, columns), "y": (ROWS,), "c": (ROWS, 1), "w": (columns,)}
        self.shapes |= {"m": (columns, 2), "t": (ROWS, 2), "b": (2,), "s": ()}
        self.nodes = [self.graph.input("params", k, s, "float64") for k, s in self.shapes.items()]
        self.x = self.nodes[0]
        self.turned = self.graph.node("transpose", self.x, axes=(1, 0))
        z = self.graph.node("matmul", self.x, self.nodes[3])
        self.nodes += [self.turned, z]

    def pick(self, fits=lambda n: True):
        found = [n for n in self.nodes if fits(n)]
        # Mostly what is new: long chains reuse buffers.
        back = min(self.rng.geometric(0.3), len(found))
        return found[-back] if found else None

    def step(self):
        kinds = ["unary", "binary", "binary", "product", "sum", "vdot", "reshape"]
        kind = self.rng.choice(kinds)
        new = getattr(self, kind)()
        if new is not None and new not in self.nodes:
            self.nodes.append(new)

    def unary(self):
        x = self.pick()
        name = self.rng.choice(UNARY)
        return self.graph.node("tanh", self.graph.node(str(name), x))

    def binary(self):
        x = self.pick(lambda n: len(n.shape) < 3)
        y = self.pick(lambda n: _broadcast(n.shape, x.shape))
        return self.graph.node(str(self.rng.choice(BINARY)), x, y)

    def product(self):
        x = self.pick(lambda n: n in (self.x, self.turned) or len(n.shape) == 1)
        y = self.pick(lambda n: n.shape[:1] == x.shape[-1:])
        return None if y is None else self.graph.node("matmul", x, y)

    def sum(self):
        x = self.pick(lambda n: n.shape)
        axes = [(0,), tuple(range(len(x.shape)))]
        axis = axes[self.rng.integers(2)]
        return self.graph.node("sum", x, axis=axis, keepdims=bool(self.rng.integers(2)))

    def vdot(self):
        x = self.pick(lambda n: n.shape)
        return self.graph.node("vdot", x, self.pick(lambda n: n.shape == x.shape))

    def reshape(self):
        x = self.pick(lambda n: n.shape in ((ROWS,), (ROWS, 1)))
        return self.graph.node("reshape", x, shape=(ROWS, 1) if len(x.shape) == 1 else (ROWS,))

    def program(self):
        for _ in range(self.rng.integers(3, 20)):
            self.step()
        # Everything is seen in a sum: rows among the outputs leave a program as it is.
        drawn = [n for n in self.nodes if n.name != "input" and n.shape and n is not self.turned]
        ends = [
            self.graph.node("sum", n, axis=tuple(range(len(n.shape))), keepdims=False)
            for n in drawn[-5:]
        ]
        seen = self.graph.node("matmul", self.turned, self.nodes[len(self.shapes) + 1])
        value = self.graph.node("vdot", seen, self.nodes[3])
        outputs = {"value": value, "d_seen": seen}
        return Program(self.graph, outputs | {f"d_{i}": end for i, end in enumerate(ends)})


def _broadcast(first, second):
    pairs = zip(reversed(first), reversed(second), strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs) and max(len(first), len(second)) < 3


@pytest.mark.parametrize("columns", [4, ROWS], ids=["long", "square"])
def test_random_programs_of_rows(columns, monkeypatch):
    for name, setting in (("LARGE", 1), ("BLOCK_BYTES", 1), ("FEWEST_ROWS", 4)):
        monkeypatch.setattr(row_plan, name, setting)
    planned = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        drawing = Drawing(rng, columns)
        program = drawing.program()
        given = {k: np.asarray(rng.uniform(-1, 1, size=s)) for k, s in drawing.shapes.items()}
        found = row_plan.in_rows(program)
        if found is None:
            continue
        planned += 1
        source = emit_loops(*found, "gradient", "A test.").source
        run = load(source, "value_and_gradient")
        want = evaluate(program, lambda group, name, given=given: given[name])
        for _ in range(2):
            value, answer = run(given, {})
            got = {"value": value} | {f"d_{k}": x for k, x in answer.items()}
            for name, x in want.items():
                assert np.shape(got[name]) == np.shape(x)
                assert np.allclose(got[name], x, rtol=1e-11, atol=1e-11), (seed, name, source)
    assert planned > 60
