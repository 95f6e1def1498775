"""Automatic differentiation over NumPy, from scratch. This page is the way through the folder.

A loss is a composition of a few dozen operations whose derivatives anybody can look up. The chain
rule composes the derivatives as the operations were composed. Nothing else happens here, and no
limit is taken: the answers are exact but for rounding.

There are five rooms, and each uses those before it alone: `primitives` (what is computed),
`operations` (what a loss may write), `engine` (derivatives), `programs` (what a derivative
computes, as a list of calls), `source` (the text that runs). One loss goes through all of them,
with x of 100 numbers:

    def loss(xp, params, data):
        return xp.sum(xp.tanh(params["x"]))

Primitives
----------
1. `box.py`. A *primitive* is an operation without parts: `multiply`, `sum`, `getitem`. A *box*
   stands for an array and decides what a primitive means. Call a primitive on boxes, and the
   highest one takes over; what it computes inside may again be on boxes. All that follows are kinds
   of boxes.

2. `elementwise.py`. Most primitives work entry by entry, and each is one record (`record.py`). That
   of tanh says, in this order, what NumPy calls it, what Python floats call it (`scalar_form.py`),
   that it costs as much as a function, and what its derivative 1 - tanh² makes of t; z is the
   result:

       "tanh", np.tanh, math.tanh, FUNCTION, lambda t, z, x: multiply(t, subtract(1.0, square(z)))

   `primitive.py` has the others, such as sum (`array_functions.py`, `keys.py`: what they do to
   plain arrays; `shapes.py`, `products.py`: what their rules share). Those that bring their rules
   along are records, too (`array_record.py`): `order.py`, and `matrices.py` for linear algebra.
   `special.py` has special functions, `transforms.py` Fourier's, `self_ruled.py` what a loop is a
   case of, `table.py` all primitives by name.

Operations
----------
3. `loss_array.py`, `namespace.py`. What a loss may write: `x * y`, `x[1:]`, `xp.mean(x)`. Each
   becomes one primitive, or a few: `mean`, `clip` and `stack` need no rule. A file for each kind:
   `elementwise.py`, `reductions.py`, `products.py`, `shapes.py`, `creation.py`, `order.py`,
   `linear_algebra.py`, `fourier.py`, `control.py` (loops and branches).
   (`loss_operands.py`, `arguments.py`: what a loss may mix, and pass; `indexing.py`,
   `einsum_subscripts.py`: the two operations that take some taking apart.)

Engine
------
4. `reverse.py`. *Reverse mode*, which the world calls backpropagation. Write down each primitive as
   it is called, on a *tape*: tanh, then sum. Then walk the tape backwards. The adjoint of a value,
   x̄ = ∂loss/∂x, is the sum over the places where x was used of what the rule there makes of the
   adjoint. `reverse_rules.py` makes 100 ones of the 1 that it starts with, since sum adds up 100
   entries, and the line of tanh makes 1 - tanh² of those. The whole gradient costs a few times what
   the loss costs, whatever the number of parameters: that is why one can train a network at all.

5. `forward.py`. *Forward mode*. A box holds x and its tangent ẋ, the derivative of x along a
   direction, and `forward_rules.py` says how a primitive moves its result when its operands move.
   One pass gives one directional derivative: a column of the Jacobian, where reverse mode gives a
   row. What the Jacobian J does to tangents, Jᵀ does to adjoints, and so do the rules: `sum` and
   `broadcast_to`, `take` and `take_add` change places, and the line of tanh stays as it is, since a
   diagonal matrix is its own transpose.

6. `derivatives.py`. The answers that one asks for. (`loss_call.py`: what goes into a loss, and what
   may come out.) The gradient's own computation is made of primitives, so it can be run on forward
   boxes: the tangent of the gradient along v is the Hessian times v, for a few times the cost of
   the gradient, and the Hessian is never formed. To form it, take all unit directions: `batch.py`
   is a box that holds many arrays and computes on all at once.

7. `perturbed.py`. One more box, for the judge: it carries along how rounding alone moves a result
   (`runs.py`: by which random numbers; `exact_results.py`: from which exact results;
   `rounding_sources.py`, `product_sources.py`, `accumulation.py`: how large each primitive's own
   error is).

Programs
--------
8. `symbol.py`, `trace.py`. A symbol is a box without a value, and what is done to it becomes a
   program (`program.py`; `shape_rules.py` knows the results' shapes). Run a function of
   `derivatives.py` on symbols, and its whole Python (dispatch, tape, rules) is paid for once.

9. `simplify.py`. The program is built anew (`builder.py`) with better calls wherever a rule of
   `algebra.py` or `array_algebra.py` knows one. Nine lines are left as five: to multiply by ones is
   nothing. This is the backward pass that somebody would have written by hand:

       %0 = input()
       %1 = tanh(%0)
       %2 = sum(%1)
       %3 = square(%1)
       %4 = subtract(1.0, %3)

   `columns.py` and `fusion.py` rearrange what is to become NumPy calls. (`cost.py`: what a program
   costs on paper; `counting.py`: a box that counts what the eager tape does.) A loop stays a loop:
   `scan.py` is one primitive of the program, `loop_trace.py` runs its body once, on symbols, and
   `loop_body.py` makes of that the bodies of its derivatives. `loop_fission.py` leaves in a
   step what depends on the step before, and does the rest for all steps at once.

Source
------
10. `compile.py` takes the form that runs fastest. Here that is flat calls into planned buffers:
    `emit.py`, with `statements.py`, `product_statements.py`, `indexing_statements.py` and
    `scan_statements.py` for the calls, `writer.py` and `buffers.py` for where values live,
    `literals.py` for constants. The result of tanh is dead once it is squared, so all is done in
    the buffer of the answer:

        np.tanh(x, d_x)  # d_x = tanh(x)
        value = np.add.reduce(d_x)
        np.square(d_x, d_x)  # d_x = d_x²
        np.subtract(c_1, d_x, d_x)  # d_x = 1.0 - d_x

11. Three numbers instead of 100 are quicker on Python floats: `scalars.py` takes the program apart,
    `expressions.py`, `scalar_arguments.py` and `emit_scalars.py` write it down; `scan_scalars.py`
    does so with a loop of a few numbers a step.

        return value, 1.0 - t1 * t1, 1.0 - t2 * t2, 1.0 - t3 * t3

12. A million is quicker in blocks that stay in the cache: `loop_plan.py`, or `row_plan.py` and
    `rows.py` where a matrix is read twice; `emit_loops.py`, `loops.py`, `loop_state.py`,
    `stencils.py` and `row_statements.py` write the loops.

        np.subtract(1.0, block, d_x_cut)

A Jacobian most of whose entries are 0 takes as few passes as it has colours (`jacobian.py`): which
residual depends on which parameter is read off the program (`dependencies.py`, `pattern.py`).

`backend.py` runs that text, `eager_backend.py` the engine alone (`eager_operators.py`). An
operation to add is in CONTRIBUTING; the tests compare every rule with differences of the loss in
extended precision.

Sources: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008); Baydin, Pearlmutter, Radul
and Siskind (2018), Automatic differentiation in machine learning: a survey; Maclaurin, Duvenaud and
Johnson's Autodidact for the shape of the code; Pearlmutter (1994), Fast exact multiplication by the
Hessian.
"""
