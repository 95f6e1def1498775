"""Whether `run` returns only when the work is finished, as its law says.

A library that computes asynchronously returns from a call before it has computed. A run that does
not wait is timed for handing work over, not for doing it. It shows in what comes next: `decode`
needs the numbers, and must wait for what `run` left undone. So decoding that takes its time right
after a run is held against decoding after a rest in which the work would have been finished; what
is the same in both, copies and conversions, cancels. Decoding at once leaves nothing to ask.
"""

from __future__ import annotations

from time import perf_counter, sleep
from typing import Any

from gradparity.backends import Prepared

EVIDENCE = 9
"""Decodings that had to wait before a run is accused: a busy machine can make one of them slow."""

DOUBT = 2
"""Decodings that had not to wait, after which a run is believed: work can finish by chance."""

LEAST_S = 50e-6
"""A wait shorter than this is not told from noise."""

SHARE = 0.25
"""Nor is one that is shorter than this share of the run itself."""

LONGEST_REST_S = 1.0

SLOW_S = 5.0
"""Who takes longer than this in its first call is not asked: it would take minutes."""


class EarlyReturn(Exception):
    """Raised for a `run` that returns early; the text says by how much, and what to do."""


def refuse_early_return(prepared: Prepared, native: Any) -> None:
    """Run a few times; raises EarlyReturn if time after time `decode` had to wait for the work."""
    waits: list[tuple[float, float]] = []
    prompt = 0
    while len(waits) < EVIDENCE:
        run_s, decode_s = _timed(prepared, native, rest_s=0.0)
        least_s = max(LEAST_S, SHARE * run_s)
        if decode_s >= least_s:
            rest_s = min(2 * (run_s + decode_s), LONGEST_REST_S)
            _, rested_s = _timed(prepared, native, rest_s)
            if decode_s - rested_s >= least_s:
                waits.append((decode_s - rested_s, run_s))
                continue
        prompt += 1
        if prompt == DOUBT:
            return
    waited_s, run_s = min(waits)
    raise EarlyReturn(
        f"run returned after {1e3 * run_s:.3g} ms, {1e3 * waited_s:.3g} ms before its work was "
        "finished; let it wait (jax.block_until_ready, torch.cuda.synchronize)"
    )


def _timed(prepared: Prepared, native: Any, rest_s: float) -> tuple[float, float]:
    """Seconds of a run, and of decoding its result after a rest."""
    start = perf_counter()
    result = prepared.run(native)
    run_s = perf_counter() - start
    if rest_s:
        sleep(rest_s)
    start = perf_counter()
    prepared.decode(result)
    return run_s, perf_counter() - start
