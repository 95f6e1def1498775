"""Chain rule and backpropagation, measured: claims 5 to 11."""
