"""Special functions of NumPy's arrays. `functions.py` is the way in: by dtype, SciPy's or ours."""
