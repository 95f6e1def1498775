"""Why a gradient is wrong: a cause, the place, and a sentence with figures.

In the order of reading:

1. `evidence/`: what a cause is tested against. A cause is a hypothesis, an array that the answer
   should then be; it is stated only if the whole parameter agrees with it to rounding. What is
   returned is in `harness/findings/`; `figures.py` writes its figures, `deadline.py` ends a search.
2. `comparisons/`: hypotheses made of the true gradient alone: `ratio_causes.py` (what a constant
   ratio means: `evidence/known_ratios.py`), `place_causes.py`, `order_causes.py`,
   `value_causes.py`, `term_causes.py`, `precision_causes.py`.
3. Hypotheses that differentiate the loss again: `point_causes.py` (at another point, on other
   data), and in `chain/` `case_causes.py` (with other weights of the cases) and `chain_causes.py`
   (with one step of the chain rule done wrongly), both on `altered_chain.py`. What is done wrongly:
   `alterations.py`, of it `wrong_derivatives.py` (of operations and of `composites.py`),
   `mistaken_values.py` and `scatters.py`; `repeated_steps.py`: at all steps of a kind.
   `projections.py` tells by inner products which of them are worth a walk.
4. `hessian_causes.py`: triangles, blocks and orders of a Hessian.
5. `search.py`: the order in which they are tried, the more specific first.
"""

from gradparity.harness.judging.diagnosis.search import diagnose

__all__ = ["diagnose"]
