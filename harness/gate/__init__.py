"""The gate: what a change did to gradients and to their times.

In the order in which a gate goes: `worktree.py` and `sides.py` lay out base and head;
`gradients.py` judges the gradients, with `base_answers.py`; `paired_processes.py` times base and
head against each other in fresh processes (`trial.py`: what is known of a row); `screening.py`
finds who looks slow, `confirmation.py` tests those again, by `decision.py`, as long as `effort.py`
allows; `bench.py` is where they are timed; `live.py` is all of that. `row.py` is what comes out,
`words.py` and `output.py` print it. `measured.py`, `baseline_file.py` and `baseline.py` compare
with a file instead.
"""
