"""What teaches: each view turns the setting of its controls into a frame that a page draws."""
