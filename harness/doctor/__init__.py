"""Is this machine fit to measure on, and what would make it fitter? Start at `examination.py`."""
