"""The pictures of training: `draw_all` in `pictures.py` draws those that a list of descents allows.

In the order of reading: `contenders.py` says who is compared with whom, `spread.py` what many seeds
are summed up by; `optimizer_palette.py`, `sheet.py`, `step_axis.py` and `height.py` what a page
looks like. Then a file per picture, `loss_picture.py` and so on, beside what it is drawn from:
`loss_words.py`, `rates.py`, `instances.py` and `profiles.py`, `landscapes.py`, `norms.py`.
"""
