"""Derivatives: what an operation is, and its meanings."""
