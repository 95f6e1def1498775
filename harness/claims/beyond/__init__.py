"""What readers of the course meet next, measured: claims 41 to 48."""
