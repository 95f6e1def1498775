"""Automatic differentiation over NumPy, from scratch. This page is the way through the folder.

A loss is a composition of a few dozen operations whose derivatives anybody can look up. The chain
rule composes the derivatives as the operations were composed. Nothing else happens here, and no
limit is taken: the answers are exact but for rounding.

1. `primitive.py`. A *primitive* is an operation without parts: `multiply`, `sum`, `getitem`. A
   *box* stands for an array and decides what a primitive means. Call a primitive on boxes, and the
   highest one takes over; what it computes inside may again be on boxes. All that follows are kinds
   of boxes. (`array_functions.py`, `keys.py`: what primitives do to plain arrays.)

2. `loss_array.py`, `operations.py`. What a loss may write: `x * y`, `x[1:]`, `xp.mean(x)`. Each
   becomes one primitive, or a few. Sixty primitives need a rule; `mean`, `clip` and `stack` need
   none. (`loss_operands.py`: what a loss may mix; `indexing.py`, `einsum_subscripts.py`: the two
   operations that take some taking apart.)

3. `reverse.py`. *Reverse mode*, which the world calls backpropagation. Write down each primitive as
   it is called, on a *tape*. Then walk the tape backwards. The adjoint of a value, x̄ = ∂loss/∂x,
   is the sum over the places where x was used of what `reverse_rules.py` makes of the adjoint
   there. The whole gradient costs a few times what the loss costs, whatever the number of
   parameters: that is why one can train a network at all.

4. `forward.py`. *Forward mode*. A box holds x and its tangent ẋ, the derivative of x along a
   direction, and `forward_rules.py` says how a primitive moves its result when its operands move.
   One pass gives one directional derivative: a column of the Jacobian, where reverse mode gives a
   row. What the Jacobian J does to tangents, Jᵀ does to adjoints, and so do the rules: `sum` and
   `broadcast_to`, `take` and `take_add` change places, and the elementwise ones
   (`elementwise.py`) stay as they are, since a diagonal matrix is its own transpose.

5. `derivatives.py`. The answers that one asks for. (`loss_call.py`: what goes into a loss, and what
   may come out.) The gradient's own computation is made of primitives, so it can be run on forward
   boxes: the tangent of the gradient along v is the Hessian times v, for a few times the cost of
   the gradient, and the Hessian is never formed. To form it, take all unit directions: `batch.py`
   is a box that holds many arrays and computes on all at once.

6. `symbol.py` and what follows it. A symbol is a box without a value, and what is done to it
   becomes a program. Run any function of `derivatives.py` on symbols, and its whole Python
   (dispatch, tape, rules) is paid for once: what is left is a list of NumPy calls, the backward
   pass that somebody would have written by hand.

An operation to add: the primitive in `primitive.py`, a line in each table of rules, a line in
`operations.py`. The tests compare every rule with differences of the loss in extended precision.

Sources: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008); Baydin, Pearlmutter, Radul
and Siskind (2018), Automatic differentiation in machine learning: a survey; Maclaurin, Duvenaud and
Johnson's Autodidact for the shape of the code; Pearlmutter (1994), Fast exact multiplication by the
Hessian.
"""
