"""Certified balls: every number comes with a radius."""
