"""Windows of data with another stride: those that a convolution reads, taken one after the other.

Where the windows that a product meets lie on a line, each s entries behind the one before, the data
are put together again, and cut with another stride.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.harness.judging.diagnosis.chain.altered_chain import (
    Chain,
    Repeated,
    Step,
    at_steps,
    met_otherwise,
)
from gradparity.problems import Array


def other_strides(found: Chain) -> Iterator[Repeated]:
    """Yield, for each parameter that meets windows of data, other strides."""
    met: dict[tuple[str, str], list[tuple[Step, int, Array]]] = defaultdict(list)
    for k, j in reversed(found.steps):
        primitive, operands, _, _ = found.nodes[k].call
        place = found.nodes[k].parents[j][0]
        name = found.owner(operands[place])
        if primitive.name not in ("matmul", "multiply") or not name or len(operands) != 2:
            continue
        other = operands[1 - place]
        if id(other) in found.made or found.owner(other) or not np.ndim(other):
            continue
        met[primitive.name, name].append(((k, j), 1 - place, np.asarray(other)))
    for (operation, name), steps in met.items():
        if len(steps) > 1:
            windows = [x for _, _, x in steps]
            if windows[0].ndim != 1 or len({x.shape for x in windows}) > 1:
                continue
            for stride, moved in _moved(np.array(windows)):
                at = {
                    step: partial(met_otherwise, found, step, place, moved[i])
                    for i, (step, place, _) in enumerate(steps)
                }
                yield (
                    "off-by-one",
                    _said(f"every {operation} with {name}", *stride),
                    at_steps(at),
                    {},
                )
        elif steps[0][2].ndim == 2:
            step, place, matrix = steps[0]
            for turned in (False, True):
                for stride, moved in _moved(matrix.T if turned else matrix):
                    at = {
                        step: partial(
                            met_otherwise, found, step, place, moved.T if turned else moved
                        )
                    }
                    yield "off-by-one", _said(f"{operation} with {name}", *stride), at_steps(at), {}


def _said(where: str, right: int, wrong: int) -> str:
    return f"at {where}, the windows of data have the stride {wrong} instead of {right}"


def _moved(windows: Array) -> Iterator[tuple[tuple[int, int], Array]]:
    """((the stride of these windows, another), windows with the other) for each that there is."""
    count, width = windows.shape
    if width < 2 or count < 2:
        return
    stride = next((s for s in range(1, width + 1) if _overlap(windows, s)), None)
    if stride is None:
        return
    line = np.concatenate([windows[:-1, :stride].ravel(), windows[-1]])
    for other in range(1, stride):
        at = np.arange(count)[:, None] * other + np.arange(width)
        yield (stride, other), line[at]


def _overlap(windows: Array, stride: int) -> bool:
    return bool(np.array_equal(windows[:-1, stride:], windows[1:, : windows.shape[1] - stride]))
