"""A market of one's own: what a seat should cost, and what posters are worth.

gradparity optimize examples/cinema_tickets.py --spread 6 --posters-help 12
"""

import numpy as np

import gradparity as gp


def loss(xp, params, data):
    """Minus the profit: demand (m + k √x) e^(-p/s) at the price p, with x spent on posters."""
    p, x = params["ticket"], params["posters"]
    reached = data["people"] + data["posters_help"] * xp.sqrt(x)
    return x - (p - data["cost"]) * reached * xp.exp(-p / data["spread"])


def gradient(params, data):
    """By hand: with q = demand, q′ = -q/s by the price and ½ k e^(-p/s)/√x by the posters."""
    p, x = params["ticket"], params["posters"]
    margin, root = p - data["cost"], np.sqrt(x)
    come = np.exp(-p / data["spread"])
    q = (data["people"] + data["posters_help"] * root) * come
    by_posters = 1 - margin * data["posters_help"] * come / (2 * root)
    return x - margin * q, {"ticket": margin * q / data["spread"] - q, "posters": by_posters}


def draw(rng, *, people=200.0, posters_help=10.0, spread=5.0, cost=1.0):
    """A price around the best, cost + spread; a few coins' worth of posters."""
    start = {"ticket": cost + spread * rng.uniform(0.2, 2.0), "posters": rng.uniform(1.0, 50.0)}
    figures = {"people": people, "posters_help": posters_help, "spread": spread, "cost": cost}
    return gp.Instance(*({k: np.asarray(float(x)) for k, x in d.items()} for d in (start, figures)))


PROBLEM = gp.Problem(
    "cinema-tickets",
    loss,
    draw,
    {"tiny": {}},
    "exponential demand; see Phillips, Pricing and Revenue Optimization, ch. 3",
    gradient=gradient,
    units={"ticket": "EUR per seat", "posters": "EUR", "": "EUR"},
)
