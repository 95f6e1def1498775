"""Derivatives and gradients, measured: claims 1 to 4, 33 and 34."""
