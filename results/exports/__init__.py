"""A stored run for other programs: one module per format, each with `export(run, cells)`."""
