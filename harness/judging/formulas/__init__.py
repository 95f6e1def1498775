"""What comes out if the function were another: a mask one off, a factor forgotten, a mean kept."""
