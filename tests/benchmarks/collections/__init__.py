"""Two published collections on which searches are measured, as problems of ours.

`more_garbow_hillstrom.py` has the first 31 problems of Moré, Garbow and Hillstrom (1981),
`strd.py` the 27 nonlinear regressions of NIST's Statistical Reference Datasets, each from both of
its starts. All are sums of squares, written from their published definitions: residuals over `xp`
for the tape, and the Jacobian by hand, on NumPy arrays, for the hand-written gradient.
"""
