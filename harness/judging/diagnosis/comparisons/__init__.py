"""Causes that the two gradients alone can tell: a ratio, a place, an order, a term, precision."""
