"""The steps that a plain function is made of, and their meaning over the whitelist."""
