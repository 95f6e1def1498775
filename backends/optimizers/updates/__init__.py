"""Optimisers that are told gradients: descent, momentum, Adam and their kin."""
