"""What was asked for? Names and suites become workloads and subjects."""
