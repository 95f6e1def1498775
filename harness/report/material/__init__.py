"""What a report is made of, and what a view that keeps all of its frames is."""
