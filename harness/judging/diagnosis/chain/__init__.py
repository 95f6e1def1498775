"""Causes in a step of the chain rule, or in all of a kind: the loss is differentiated again."""
