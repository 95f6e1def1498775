"""How figures and texts are written, whoever shows them."""
