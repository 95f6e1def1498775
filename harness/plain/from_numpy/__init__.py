"""A loss of NumPy arrays becomes steps."""
