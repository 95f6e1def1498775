"""Programs that read a long matrix more than once, planned as one loop over blocks of its rows.

The gradient of Σ_c φ(x_c · w) is xᵀ φ′(x w): all of x is read for x w, and again for the product
with xᵀ. Where x is larger than the caches, reading it is what takes the time. But row c of x w
needs row c of x alone, and so does its share x_c φ′_c of the gradient. So the program is cut along
the rows. A block of x is read from memory for its rows of x w and found in the cache for its share
of the sums, which are added up, block after block. With these kinds of values

    whole     known before the loop: arguments, and what is computed from them alone
    rows      an array whose first axis is that of the rows of x; a block of it is known at a time
    total     a sum over the rows, known after the loop
    late      what needs a total

these calls are understood:

    elementwise(rows, whole, ...) -> rows         reshape((n,) to (n, 1) and back) -> rows
    rows (n, d) @ whole (d,) or (d, k) -> rows    sum, max, min over the rows -> total
    rowsᵀ (d, n) @ rows (n,) or (n, k) -> total   vdot(rows, rows) -> total
    whole (d,) @ rowsᵀ (d, n) -> rows             rows (n,) @ rows (n,) or (n, k) -> total

A whole array that meets rows is cut as well. Anything else done to rows, rows that need a total,
and rows among the outputs leave the program as it is.

A total is a sum of the blocks' sums. It differs from the sum in one go by rounding alone.
"""

from __future__ import annotations

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Operand
from gradparity.backends.numpy_tape.source.loop_plan import is_long

FEW = 8
"""Columns up to which a product takes as long as reading the matrix."""


class Cutting:
    """Builds the program anew, with nodes for rows; the caller adds its nodes in order.

    whole: number of an old node -> the new one, if that is whole, a total or late. rows: -> the
    new node that is known block by block, turned: -> the transpose of such a node. What an argument
    is cut into is written as reshape(argument, its own shape).
    loop, late: numbers of new nodes.
    """

    def __init__(self, length: int, matrices: list[Node]) -> None:
        self.length = length
        self.graph = Graph()
        self.matrices = {n.number for n in matrices if n.shape[0] == length}
        self.whole: dict[int, Node] = {}
        self.rows: dict[int, Node] = {}
        self.turned: dict[int, Node] = {}
        self.loop: set[int] = set()
        self.late: set[int] = set()

    def add(self, node: Node) -> bool:
        """Take the next node; whether it was understood."""
        met = any(x.number in self.rows or x.number in self.turned for x in node.nodes)
        understood = met and self._add_to_loop(node)
        # An argument that is cut may also be used as a whole, in any way.
        whole = all(x.number in self.whole for x in node.nodes)
        if whole and (not understood or node.name == "transpose"):
            self._add_whole(node)
        return understood or whole

    def _add_to_loop(self, node: Node) -> bool:
        if node.name in ELEMENTWISE:
            return self._add_elementwise(node)
        if node.name == "matmul":
            return self._add_product(node)
        if node.name in ("sum", "max", "min", "vdot"):
            return self._reduces(node) and self._add_total(node, *map(self._cut, node.inputs))
        x = node.inputs[0]
        column = {x.shape, node.shape} == {(self.length,), (self.length, 1)}
        if node.name == "transpose" and x.number in self.rows and len(x.shape) == 2:
            self.turned[node.number] = self._made(node, self.rows[x.number])
        elif node.name == "reshape" and x.number in self.rows and column:
            self.rows[node.number] = self._made(node, self.rows[x.number])
        else:
            return False
        return True

    def _add_whole(self, node: Node) -> None:
        inputs = [self.whole[x.number] if isinstance(x, Node) else x for x in node.inputs]
        new = self.graph.node(node.name, *inputs, **node.static)
        self.whole[node.number] = new
        if any(x.number in self.late for x in new.nodes):
            self.late.add(new.number)
        if node.number in self.matrices:
            self.rows[node.number] = self._part(new)

    def _add_elementwise(self, node: Node) -> bool:
        if node.shape[0] != self.length:
            return False
        inputs: list[Operand] = []
        for x in node.inputs:
            along = isinstance(x, Node) and len(x.shape) == len(node.shape)
            along = along and x.shape[0] == self.length
            if isinstance(x, Node) and x.number in self.rows and not along:
                return False
            inputs.append(self._cut(x) if along else self._known(x))
        if any(x is None for x in inputs):
            return False
        self.rows[node.number] = self._made(node, *inputs)
        return True

    def _add_product(self, node: Node) -> bool:
        x, y = node.inputs
        if not x.dtype == y.dtype == node.dtype or len(x.shape) > 2 or len(y.shape) > 2:
            return False
        left, right = self._known(x), self._known(y)
        few = len(y.shape) == 1 or y.shape[1] <= FEW
        if x.number in self.rows and len(x.shape) == 2:
            if right is None or not few:
                return False
            self.rows[node.number] = self._made(node, self.rows[x.number], right)
            return True
        if y.number in self.turned and len(x.shape) == 1:
            if left is None:
                return False
            self.rows[node.number] = self._made(node, left, self.turned[y.number])
            return True
        first = self.turned.get(x.number) or (self._cut(x) if len(x.shape) == 1 else None)
        return few and self._add_total(node, first, self._cut(y))

    def _reduces(self, node: Node) -> bool:
        """Whether a reduction is over all rows, and of a kind that is added up."""
        x = node.inputs[0]
        if node.name == "vdot":
            return all(y.shape == x.shape for y in node.nodes)
        everything = len(node.static["axis"]) == len(x.shape)
        if node.shape == () and everything:
            return node.name == "sum" or len(x.shape) == 1
        return node.name == "sum" and node.static["axis"] == (0,)

    def _add_total(self, node: Node, *inputs: Operand) -> bool:
        if any(x is None for x in inputs):
            return False
        new = self._made(node, *inputs)
        self.whole[node.number] = new
        self.late.add(new.number)
        return True

    def _made(self, node: Node, *inputs: Operand) -> Node:
        new = self.graph.node(node.name, *inputs, **node.static)
        self.loop.add(new.number)
        return new

    def _part(self, whole: Node) -> Node:
        rows = self.graph.node("reshape", whole, shape=whole.shape)
        self.loop.add(rows.number)
        return rows

    def _known(self, x: Operand) -> Operand:
        """An operand that is known before the loop; None if it is not."""
        if not isinstance(x, Node):
            return x
        new = self.whole.get(x.number)
        return None if new is None or new.number in self.late else new

    def _cut(self, x: Node) -> Node | None:
        """The rows of an operand; None if it has none."""
        if x.number in self.rows or x.shape[:1] != (self.length,) or self._known(x) is None:
            return self.rows.get(x.number)
        alike = all(not isinstance(y, Node) or y.shape in ((), x.shape) for y in x.inputs)
        if x.name in ELEMENTWISE and is_long(x) and alike:
            # Computed in the loop, where it is needed, instead of as a whole.
            inputs = [
                self._cut(y) if isinstance(y, Node) and y.shape else self._known(y)
                for y in x.inputs
            ]
            self.rows[x.number] = self._made(x, *inputs)
        else:
            self.rows[x.number] = self._part(self.whole[x.number])
        return self.rows[x.number]
