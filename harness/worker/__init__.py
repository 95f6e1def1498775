"""The child's side of a worker process: prepare, run, judge, train."""
