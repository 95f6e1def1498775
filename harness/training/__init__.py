"""Training: what happens step by step when a loss is descended, and who gets there first.

A descent, in the order of reading: `course.py` says what it is to be, `walks.py` makes the steps,
`stopping.py` ends it, `recording.py`, `convergence.py` and `landscape_end.py` say what it was, and
`descent.py` puts them together. A race of many: `plan.py` (with `rates.py` and `options.py`),
`lane.py` and `requests.py` (the two sides of a worker), `execution.py`, `resume.py`; what is said
meanwhile and afterwards is in `progress.py`, `output.py` and `pictures.py`.
"""
