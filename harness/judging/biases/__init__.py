"""What the errors of many numbers say together, though each is within the rounding of one."""
