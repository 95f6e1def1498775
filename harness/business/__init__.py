"""What to charge and what to spend: `gradparity optimize`."""
