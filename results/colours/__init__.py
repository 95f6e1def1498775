"""Colour, marker and dash of a backend or optimiser, for ever."""
