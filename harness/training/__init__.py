"""Training: what happens step by step when a loss is descended, and who gets there first."""
