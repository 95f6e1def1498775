"""Findings about claims, for a person and for other programs."""
