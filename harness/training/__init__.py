"""Races: optimisers descend on the same losses from the same starts, and one gets there first.

In the order of reading: `race_options.py` (with `rates.py` and `options.py`) says what may be
chosen and `plan.py` which descents there are then; `race.py` carries them out, and `race_crew.py`
asks the workers of one core for them; `resume.py` takes up what was interrupted. What is said
afterwards is in `output.py` and `pictures.py`. What a descent is and
how it goes is in `descents/`.
"""
