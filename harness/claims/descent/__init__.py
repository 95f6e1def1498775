"""Descent and optimisation, measured: claims 16 to 22."""
