"""Algebra on programs: the same values from fewer and cheaper operations.

`Builder.make` is a constructor of nodes that looks before it computes: it folds what is known,
looks through broadcasts, and asks the rules of its primitive for something better. A program is
simplified by building it anew, operands first, until nothing gets shorter.

Most rules give bitwise the same numbers. Those that do not are gains that a person would take, and
move a result by a few units in the last place: (x a) b = x (a b) for numbers a and b, x / a =
x (1 / a) on arrays, x + x = 2 x. A factor that is exactly 0 gives 0, whatever it multiplies: the
convention of `backends/dual_numbers/evaluation.py` for derivatives.
"""

from __future__ import annotations

from gradparity.backends.numpy_tape.programs.algebra import ELEMENTWISE_RULES
from gradparity.backends.numpy_tape.programs.array_algebra import ARRAY_RULES
from gradparity.backends.numpy_tape.programs.builder import Builder
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Operand, Program, rebuild

PASSES = 6
"""Far more than any program seen has needed; a guard against rules that undo each other."""


def simplified(program: Program) -> Program:
    """A program of the same outputs, with fewer and cheaper operations."""
    builder = Builder(Graph(), {**ELEMENTWISE_RULES, **ARRAY_RULES})

    def make(graph: Graph, node: Node, operands: tuple[Operand, ...]) -> Node:
        if node in builder.settled and operands == node.inputs:
            return node
        new = builder.make(node.name, *operands, **node.static)
        if (new.shape, new.dtype) != (node.shape, node.dtype):
            raise AssertionError(f"a rule changed {node!r} into {new!r}")
        return new

    # From the second time on, what stays as it is is the same node.
    for _ in range(PASSES):
        before, program = program, rebuild(program, make, builder.graph)
        if program.nodes == before.nodes:
            break
    return Program(builder.graph.of(program.nodes), program.outputs)
