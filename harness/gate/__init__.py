"""The gate: what a change did to gradients and to their times.

In the order in which a gate goes: `git.py`, `worktree.py` and `sides.py` lay out base and head;
`verdicts.py` judges the gradients; `pair.py` times base and head against each other in fresh
processes; `decision.py` says what the samples show; `arena.py` goes on until they show something;
`live.py` is all of that. `row.py` is what comes out, `words.py` and `output.py` print it.
`measured.py`, `baseline_file.py` and `baseline.py` compare with a file instead.
"""
