"""What a loss may compute with beside real arrays: complex ones, and trees of arrays."""
