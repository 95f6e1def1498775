"""The pictures of training: `draw_all` in `pictures.py` draws those that a list of descents allows.

In the order of reading: `contenders.py` says who is compared with whom, `spread.py` what many seeds
are summed up by, `sheet.py` and `step_axis.py` where things stand on a page; then one file per
picture, those with statistics of their own (`rates.py`, `profiles.py`) before them.
"""
