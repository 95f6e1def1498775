"""SciPy's minimisers, an iteration at a time, to measure ours by."""
