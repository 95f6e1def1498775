"""Verdicts alone: `gradparity check` and `gradparity gradients`."""
