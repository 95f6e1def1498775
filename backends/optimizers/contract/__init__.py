"""What an optimiser is, what its options may be, and the laws that it keeps."""
