"""What a cause is tested against, what rounding allows, and how long one may be looked for."""
