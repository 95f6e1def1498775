"""What times say: estimates, intervals, noise, scaling, comparisons."""
