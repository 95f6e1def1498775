"""What gradients cost, and doing without them, measured: claims 12 to 15."""
