"""How the loop over rows of `rows.py` is written: views of blocks, products and totals."""

from __future__ import annotations

from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.source.buffers import on_a_line
from gradparity.backends.numpy_tape.source.loop_state import LoopState


def product(loops: LoopState, node: Node) -> None:
    """Append a product of rows, which are rows again."""
    left, right = (loops.ref(x) for x in node.inputs)
    out = loops.texts[node.number] = loops.buffer(node)
    loops.lines.append(f"np.dot({left}, {right}, {out})  # {out} = {left} @ {right}")


def choice(loops: LoopState, matrix: Node, steps: str) -> list[str]:
    """Statements that choose the blocks: all of a column-major matrix is one."""
    text = loops.w.ref(matrix)
    return [
        "# A block of rows stays in the cache; one of a column-major matrix is no piece of memory.",
        f"{steps} = in_one if {text}.strides[0] < {text}.strides[1] else by_rows",
    ]


def total(loops: LoopState, node: Node) -> None:
    """Append a block's share of a sum over the rows, an array, and add it to the others'."""
    w = loops.w
    texts = [loops.ref(x) for x in node.inputs]
    share = w.name("share")
    w.setup.append(f"{share} = {on_a_line(node.shape, node.dtype)}")
    loops.bytes += node.size * node.dtype.itemsize
    hint = w.outputs.get(node.number) or "total"
    place = w.buffers.take(node, w.last[node.number], hint, dedicated=True)
    w.places[node.number] = place
    w.body.append(f"{place.text}[...] = 0.0")
    if node.name == "matmul":
        comment = f"{place.text} += {texts[0]} @ {texts[1]}"
        loops.lines.append(f"np.dot({texts[0]}, {texts[1]}, {share})  # {comment}")
    elif node.name != "sum":
        raise AssertionError(f"{node.name} is no sum over rows")
    else:
        keep = ", True" if node.static.get("keepdims", False) else ""
        loops.lines.append(f"np.add.reduce({texts[0]}, 0, None, {share}{keep})")
    loops.lines.append(f"np.add({place.text}, {share}, {place.text})")
