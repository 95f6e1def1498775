"""What a hand-written derivative is, and what several of them are written with."""
