"""Do the course's claims hold? `gradparity claims`: a small experiment for each."""
