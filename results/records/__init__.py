"""What was found: the records that everything else is made of."""
