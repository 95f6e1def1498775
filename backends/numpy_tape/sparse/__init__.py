"""Sparse Jacobians: which residual depends on what, and few directions for all of them."""
