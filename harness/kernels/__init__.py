"""Is a kernel's backward right? Vector-valued functions in low precision, over a deck of inputs."""
