"""The pictures of training: `draw_all` in `pictures.py` draws those that a list of descents allows.

In the order of reading: `styles.py`, `sheet.py`, `step_axis.py` and `loss_axis.py` say what a page
looks like. Then a file per picture, `loss_picture.py` and so on, beside what is drawn or said of it
alone: `loss_words.py`, `landscapes.py`, `norms.py`. What descents come to is in `results/races/`.
"""
