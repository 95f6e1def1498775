"""Searches that see values of the loss alone."""
