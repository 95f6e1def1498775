"""What else a process is set to, and what the judge sets it to while it is at work."""
