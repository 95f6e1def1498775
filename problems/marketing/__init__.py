"""Advertising over time."""
