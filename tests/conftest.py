"""What the tests share: every backend × problem × variant × operator × dtype."""

import os
import random
import shutil
import signal
import sys
from itertools import product
from statistics import median

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from gradparity.backends import DTYPES, OPERATORS
from gradparity.backends.catalogue import BACKENDS
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import numpy_namespace
from gradparity.problems.networks.learners import NETWORKS
from gradparity.problems.science.catalogue import PROBLEMS as SCIENCE
from gradparity.problems.systems.catalogue import PROBLEMS as SYSTEMS
from tests import postgres

# The same examples in every run, and no example is too slow: how long one takes, a busy machine decides.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def _logaddexp(x, y):
    """np.logaddexp knows no complex numbers; at the points of these tests e^x cannot overflow."""
    return np.log(np.exp(x) + np.exp(y))


COMPLEX = numpy_namespace("numpy", logaddexp=_logaddexp)
"""NumPy for the complex step."""


# What a case costs seconds of: JAX without jit, Inductor, references on hundreds of parameters.
AFFORDABLE = {
    "jax-eager": {"price-linear", "booth", "xor-tanh"},
    "torch-compile": {"booth"},
    "dual": None,
    "complex-step": None,
    "finite-difference": None,
    "arb": None,
}
LARGE = {"softmax-digits", "mlp-digits", "regression-logistic"}
ENGINES = ("numpy", "tape", "jax", "torch")
"""Of science and networks these answer for the gradient in every run; the rest is slow."""


LOOPS = ("ode-decay", "ode-lotka", "kalman", "rnn-waves", "gru-waves", "lstm-waves", "gpt")
"""Whose derived source has lines beyond 100: a loop's step takes more, a scatter has long names."""


SPARED = set(NETWORKS) - {"conv-digits", "gru-waves", "gpt"}
"""Networks whose layers these three have: with every backend and engine they are slow."""


def everyday(names):
    """The names, those of `SPARED` marked slow."""
    return [pytest.param(n, marks=pytest.mark.slow) if n in SPARED else n for n in names]


def combinations():
    """(backend, problem, variant, operator, dtype) of everything in the registries.

    An idiomatic loss is another loss, not another operator: it is asked for value, gradient and hvp.
    Costly cases are marked slow.
    """
    for backend, (name, problem) in product(BACKENDS, PROBLEMS.items()):
        variants = ["portable"] + (["idiomatic"] if backend in problem.idiomatic else [])
        for variant, operator, dtype in product(variants, OPERATORS, DTYPES):
            if variant == "idiomatic" and operator not in ("value", "gradient", "hvp"):
                continue
            some = AFFORDABLE.get(backend, PROBLEMS)
            cheap = name not in LARGE and dtype == "float64" if some is None else name in some
            cheap = cheap and not (backend == "torch-compile" and operator != "gradient")
            cheap = cheap and (dtype == "float64" or operator in ("value", "gradient"))
            if name in {*SCIENCE, *NETWORKS, *SYSTEMS}:
                asked = (operator, dtype, variant) == ("gradient", "float64", "portable")
                cheap = asked and backend in (ENGINES if name not in SPARED else ENGINES[:1])
            marks = () if cheap else (pytest.mark.slow,)
            yield pytest.param(backend, name, variant, operator, dtype, marks=marks)


def copied(arrays):
    return {name: np.array(array) for name, array in arrays.items()}


def same(first, second):
    """Whether two dicts of arrays are bitwise the same."""
    return first.keys() == second.keys() and all(
        np.asarray(first[name]).dtype == np.asarray(second[name]).dtype
        and np.asarray(first[name]).tobytes() == np.asarray(second[name]).tobytes()
        for name in first
    )


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by playwright; skipped without, unless BROWSER_TESTS=required."""
    missing = None
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        missing = "playwright is not installed"
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    missing = missing or (None if path else "there is no chromium on this machine")
    if missing:
        assert os.environ.get("BROWSER_TESTS") != "required", missing
        pytest.skip(missing)
    quiet = ("background-networking", "component-update", "sync", "quic")
    software = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # WebGL without a GPU
    flags = ["--no-sandbox", "--no-first-run", *software, *(f"--disable-{what}" for what in quiet)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


DRAWING = """() => {
  const make = name => document.createElementNS("http://www.w3.org/2000/svg", name);
  const svg = make("svg");
  for (let k = 0; k < 1500; k += 1) {
    const dot = make("circle");
    dot.setAttribute("cx", (300 * Math.abs(Math.sin(k))).toPrecision(6));
    dot.setAttribute("cy", (150 * Math.abs(Math.cos(k * k))).toPrecision(6));
    dot.setAttribute("r", "2");
    svg.append(dot);
  }
  document.body.append(svg);
  svg.getBoundingClientRect();
  svg.remove();
}"""
FIXED_MS = 12.0
"""What a core of the machine that the figures are stated for takes for `DRAWING`, when it is quiet."""


PATIENCE_MS = 120_000
"""What is waited for on a page: a core with eight others' work draws a surface in a minute."""


class Watched:
    """A page whose requests and complaints are kept: `others` asked for, `errors` of its console."""

    def __init__(self, context, origin):
        self.page, self.errors, self.others = context.new_page(), [], []
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", lambda request: self._asked(request.url, origin))

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, url, origin):
        if not url.startswith((origin, "data:", "blob:")):
            self.others.append(url)

    def thread_ms(self, act):
        """Milliseconds of a core that the page's own thread takes for `act`, and to draw what it changes.

        Of the thread's own clock: what else the machine does is not in it.
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def taken():
            self.page.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
            )
            told = session.send("Performance.getMetrics")["metrics"]
            return next(1e3 * one["value"] for one in told if one["name"] == "TaskDuration")

        before = taken()
        act()
        return taken() - before

    def quiet_ms(self, act):
        """`thread_ms` of `act` as of a machine that does nothing else: its ratio to fixed drawing beside it.

        A core that shares its caches and its clock with another takes up to twice as long for the same work.
        """
        taken, fixed = zip(
            *((self.thread_ms(act), self.thread_ms(self._draw_fixed)) for _ in range(5)),
            strict=True,
        )
        return median(taken) / median(fixed) * FIXED_MS

    def _draw_fixed(self):
        self.page.evaluate(DRAWING)

    def violations(self, rules=()):
        """What axe-core finds, as (rule, element); by these rules alone, if any are named."""
        from pathlib import Path

        import axe_playwright_python

        script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
        self.page.evaluate(script)
        options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]


@pytest.fixture
def watched(chromium):
    """watched(origin, **context): a page of its own; in the end it has asked nobody else, and not complained."""
    opened = []

    def open_page(origin, **options):
        context = chromium.new_context(**options)
        opened.append((context, Watched(context, origin)))
        return opened[-1][1]

    yield open_page
    for context, one in opened:
        context.close()
        assert one.others == []
        assert one.errors == []


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of our own; skipped without its programs, unless POSTGRES_TESTS=required."""
    missing = postgres.lacking()
    if missing:
        assert os.environ.get("POSTGRES_TESTS") != "required", missing
        pytest.skip(missing)
    with postgres.started() as server:
        yield server


@pytest.fixture
def team_store(postgres_server, monkeypatch):
    """The URL of an empty database; its password is where the driver looks for it."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(postgres_server.passfile))
    name = postgres_server.database()
    yield postgres_server.url(name)
    postgres_server.admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def same_draws():
    """What draws from a library's own generator draws the same in any order and process."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)  # a process begins with any


@pytest.fixture(autouse=True)
def same_signals():
    """A command that is interrupted in this process is deaf afterwards; the next test is not."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)
