"""One file that shows it all, and opens from disk without a network."""
