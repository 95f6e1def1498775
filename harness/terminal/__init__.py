"""How things are asked for and printed on a terminal."""
