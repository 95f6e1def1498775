"""One descent, step by step, in a worker process: one optimiser on one problem, from one start.

In the order of reading: a `DescentSpec` (`harness/messages/descent_spec.py`) says what it is to be,
`problem.py`, `schedules.py` and `batches.py` what that means, and `checks.py` what cannot be;
`steppers.py` makes the steps, `stopping.py` ends them, `history.py` keeps the iterates, and
`convergence.py`, `landscape_end.py` and `accuracy.py` say what it was. `descent.py` puts them
together, and `prepared_cache.py` keeps what the next descent can use again.
"""
