"""The NumPy source that a program becomes, which is what runs."""
