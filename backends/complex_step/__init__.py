"""The complex step: a derivative without a difference."""
