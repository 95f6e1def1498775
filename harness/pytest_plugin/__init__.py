"""The fixture `gradparity`, and the benchmarks of a suite."""
