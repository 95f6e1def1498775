"""How fast gradients are beside the libraries': measured, and written as docs/speed.md.

    python -m tests.benchmarks.speed [--rounds 9] [--milliseconds 2] [PROBLEM ...]

One process, one core, one thread, float64, everybody in turn and in random order in each round
(turns.py); each library by the faster of its two ways of writing the loss. What is counted is the
processor time of the process, all threads of it, so that what else the machine does costs little;
a library that hands its work to another thread is spared the waiting.

Rows are kept in docs/speed.json as they are measured: an interrupted call loses none, and
PROBLEM measures some of them anew.
"""
