"""The parent's side of a worker process, and the machine that it runs on."""
