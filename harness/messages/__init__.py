"""What travels between a parent and a worker process: requests, answers, and their lines."""
