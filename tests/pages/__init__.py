"""What the pages show is what happens: their blocks are run, their links followed, their site built."""
