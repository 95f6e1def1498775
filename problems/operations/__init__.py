"""Which operations may a loss use? A file per family; `families.py` joins them."""
