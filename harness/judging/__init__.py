"""Is it right, and if not, why? Truth, rounding, verdict, and then the diagnosis."""
