"""How verdicts and times went over commits, and which commit slowed one down.

Every commit is timed beside the one before it and beside a fixed anchor, as a gate times two sides:
in fresh processes, in turns, on one machine. So a curve is made of ratios that were each measured
side by side; nothing is ever compared with a time of another day.
"""
