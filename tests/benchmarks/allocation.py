"""What a hand-written gradient allocates: `python -m tests.benchmarks.allocation [PROBLEM ...]`.

The most memory that preparing and two calls hold at a time (`tracemalloc`), buffers included, over that of the
parameters and activations together. Activations are the results of all operations of the loss, as
the tape's program of the value has them, views left out. No gradient should take more than 3 times
as much; arrays below a mebibyte are not told, since the interpreter's own objects are of that size.
"""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np

BOUND = 3.0
TOLD = 1 << 20


def main(names: list[str]) -> None:
    from gradparity.problems.catalogue import PROBLEMS

    print(
        "| problem | size | parameters and activations [MiB] | peak of a gradient [MiB] | ratio |"
    )
    print("|---|---|--:|--:|--:|")
    for name in names or PROBLEMS:
        size = list(PROBLEMS[name].sizes)[-1]
        held, peak = measured(name, size)
        if held < TOLD:
            continue
        over = " over" if peak > BOUND * held else ""
        print(
            f"| `{name}` | {size} | {held / 2**20:.1f} | {peak / 2**20:.1f} | {peak / held:.2f}{over} |",
            flush=True,
        )


def measured(name: str, size: str) -> tuple[int, int]:
    """Bytes of parameters and activations, and the peak of one call."""
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.backends.numpy_tape.programs.program import LEAVES, VIEWS
    from gradparity.backends.numpy_tape.programs.simplify import simplified
    from gradparity.backends.numpy_tape.programs.trace import trace
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS[name]
    instance = problem.instance(size, seed=0)
    program = simplified(trace("value", problem.loss, instance.params, instance.data))
    held = sum(np.asarray(x).nbytes for x in instance.params.values())
    held += sum(x.size * x.dtype.itemsize for x in program.nodes if x.name not in LEAVES | VIEWS)
    backend = load("numpy")
    encoded = backend.prepare(problem, "gradient", instance.zeros(), Setting())
    native = encoded.encode(instance)
    encoded.run(native)
    del encoded
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    prepared = backend.prepare(problem, "gradient", instance.zeros(), Setting())
    prepared.run(native)
    prepared.run(native)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return held, peak


if __name__ == "__main__":
    main(sys.argv[1:])
