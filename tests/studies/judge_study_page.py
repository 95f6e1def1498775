"""The page of `judge_study`: outcomes in, Markdown out."""

from collections import Counter
from importlib.metadata import version

from tests.studies.bug_families import FAMILIES
from tests.studies.field_checkers import CHECKERS

SCIPY = 1e-5
"""The threshold on scipy's norm: public code has 1e-7 to 1e-2, and this most often."""

THRESHOLD = "1e-5"

NAMES = """\
Planted kind: the cause that was named. On a parameter of one number, a factor that is no simple
fraction cannot be told from a term or from anything else; the diagnosis then says "other"."""

LIBRARIES = ("torch", "jax", "autograd", "scipy", "numpy", "gradparity")

INTRODUCTION = """\
# Our judge beside other checkers of gradients

Written by `make judge-study`. {bugs} planted bugs of {kinds} kinds, in {instances} instances: every problem of
the catalogue and four models differentiated by hand, sizes tiny and small, seeds {seeds}. They are drawn at
random (seed {draw}) from {all_bugs}; every kind is among them. All checkers see the same wrong
gradients at the same points.
"""

METHOD = """\
## How to read it

- **gradparity**: the verdict on the float64 and the float32 answer together; caught is `formula`,
  `dtype-leak` or `nonfinite`, for too little precision also `unstable` or `low-precision`. **named**: of the
  bugs that have a cause (noise has none) and were caught, those for which the diagnosis names it. The
  truth, the bound and the diagnosis are those of `gradparity check`. A bug that is planted after the
  gradient was computed is planted in both answers; one that recomputes it elsewhere is computed in
  float64 and rounded.
- The others run with their default tolerances, in float64 unless it says float32, first order and
  reverse mode: `torch.autograd.gradcheck`, the same with `fast_mode=True`, `jax.test_util.check_grads`,
  `autograd.test_util.check_grads`. The planted gradient is the backward of a function whose forward is
  the loss. JAX is asked twice, for float32 is its default dtype; a factor of 1 + 1e-9 is none there.
  JAX, HIPS autograd and `fast_mode` look along one random direction, the others at every component.
- `scipy.optimize.check_grad` returns a norm and has no tolerance: **< {scipy}** is the threshold that
  public code states most often (seen from 1e-7 to 1e-2). **best** is what no user can have: for each
  instance twice the norm of the right gradient itself, known beforehand, is the threshold.
- Percentages are rounded down: 100 means all. A checker that accuses right gradients catches bugs by
  accident as well, so the last row counts only instances whose right gradient it passes.
- A planted bug that changes nothing is not counted, as when a matrix is symmetric and then
  transposed. That is decided by arithmetic in longdouble, before anything is judged: some component
  must change by more than 8 eps of itself plus 8 eps of the largest of its parameter. {left_out} of
  {tried} were left out.
- Two bugs that give the same numbers accept each other's causes.
"""


def page(found, networks, sets, awkward, seeds, draw):
    """The page, str, of a `Study`."""
    bugs, right, pooled, left_out = found.bugs, found.right, found.pooled, found.left_out
    columns = _columns(right)
    text = INTRODUCTION.format(
        bugs=len(bugs),
        kinds=len({b.kind for b in bugs}),
        instances=len(right),
        seeds=" and ".join(map(str, seeds)),
        draw=draw,
        all_bugs=f"{pooled:,}",
    )
    return "\n".join(
        [
            text,
            "Of each family of bugs, the share that is caught, in percent.\n",
            *_first_table(bugs, right, columns),
            "",
            *_stated(bugs, sets, awkward),
            "",
            *_network_table(networks),
            "",
            METHOD.format(scipy=THRESHOLD, left_out=left_out, tried=f"{pooled + left_out:,}"),
            *_missed(bugs),
            *_misnamed(bugs),
            *_accused(right, columns),
            *_kinds(),
            "Versions: " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES) + ".",
            "",
        ]
    )


def _columns(right):
    """Title -> whether an outcome is an accusation."""
    own = {one.where: one.scipy for one in right}
    titles = {"gradparity": lambda one: one.caught}
    for name in CHECKERS:
        titles[name] = lambda one, name=name: name in one.accused
    titles[f"scipy < {THRESHOLD}"] = lambda one: one.scipy >= SCIPY
    titles["scipy best"] = lambda one: one.scipy > 2 * own[one.where]
    return titles


def percent(part, whole, digits=0):
    """A share in percent, rounded down; "-" of nothing."""
    if not whole:
        return "-"
    scaled = 100 * 10**digits * part // whole / 10**digits
    return f"{scaled:.{digits}f}" if part < whole else "100"


def _share(bugs, accuses, digits=0):
    return percent(sum(map(accuses, bugs)), len(bugs), digits)


def _named(bugs, digits=0):
    caused = [one for one in bugs if one.named is not None and one.caught]
    return percent(sum(one.named for one in caused), len(caused), digits)


def _row(cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def _table(head, rows, left=1):
    """A Markdown table, its first columns to the left, the others to the right."""
    rule = ["---" if i < left else "---:" for i in range(len(head))]
    return [_row(head), _row(rule), *map(_row, rows)]


def _first_table(bugs, right, columns):
    others = list(columns)[1:]
    head = ["kind of bug", "bugs", "gradparity", "named", *others]
    rows = []
    for family, kinds in FAMILIES.items():
        own = [one for one in bugs if one.kind in kinds]
        if own:
            shares = [_share(own, columns[name]) for name in others]
            rows.append(
                [family, len(own), _share(own, columns["gradparity"]), _named(own), *shares]
            )
    shares = [f"**{_share(bugs, columns[name], 1)}**" for name in others]
    first = f"**{_share(bugs, columns['gradparity'], 1)}**", f"**{_named(bugs, 1)}**"
    rows.append(["**all bugs**", f"**{len(bugs)}**", *first, *shares])
    alarms = {name: {one.where for one in right if columns[name](one)} for name in columns}
    wrong = [f"{len(alarms[name])} of {len(right)}" for name in columns]
    rows.append(["**right gradients accused**", "", wrong[0], "", *wrong[1:]])
    passed = {
        name: _share([one for one in bugs if one.where not in alarms[name]], columns[name], 1)
        for name in columns
    }
    last = [passed[name] for name in others]
    rows.append(["caught where the right gradient passes", "", passed["gradparity"], "", *last])
    return _table(head, rows)


def _stated(bugs, sets, awkward):
    """sets: `WrittenSet` of the wrong gradients by hand. awkward: `AwkwardSet` of the right ones."""
    caused = [one for one in bugs if one.named is not None and one.caught]
    rows = [
        [
            "planted by the table above",
            len(bugs),
            sum(one.caught for one in bugs),
            f"{sum(one.named for one in caused)} of {len(caused)}",
            sum(one.false for one in bugs),
        ],
        *(
            [one.what, one.count, one.caught, f"{one.named} of {one.caused}", one.false]
            for one in sets
        ),
    ]
    every, caught, false = (sum(row[i] for row in rows) for i in (1, 2, 4))
    named = sum(one.named for one in caused) + sum(one.named for one in sets)
    of = len(caused) + sum(one.caused for one in sets)
    rows.append(
        ["**all**", every, caught, f"{named} of {of}", f"{false}, {100 * false / every:.2g} %"]
    )
    seconds = sorted(one.seconds for one in bugs)
    median, late = seconds[len(seconds) // 2], seconds[int(0.95 * len(seconds))]
    unnamed = [name for one in sets for name in one.unnamed]
    return [
        "## Causes",
        "",
        "False: a cause that is not the planted one, stated as a fact. Random gradients have none, or one "
        "by a random figure; they are there to be false.",
        "",
        *_table(["wrong gradients", "tried", "caught", "named", "false"], rows),
        "",
        f"- Of those written by hand not named: {', '.join(unnamed)}." if unnamed else "",
        f"- {awkward.count} right gradients in awkward places (`awkward_right_gradients.py`: "
        f"{', '.join(awkward.kinds)}), as users of NumPy, torch, JAX and optax write them: "
        f"{len(awkward.accused)} accused{''.join(f'; {x}' for x in awkward.accused)}; right but for digits: "
        f"{', '.join(awkward.inaccurate) or 'none'}.",
        f"- Verdict and diagnosis, without the truth of the problem: median {median:.2g} s, 95 % within "
        f"{late:.2g} s, at most {seconds[-1]:.2g} s, of processor time: the machine did other things as "
        "well.",
    ]


def _network_table(networks):
    """networks: (bug, the outcome, what gradparity says of it)."""
    tools = ["gradparity", *CHECKERS, f"scipy < {THRESHOLD}"]
    rows = []
    for name, one, _ in networks:
        hits = [one.caught, *(tool in one.accused for tool in CHECKERS), one.scipy >= SCIPY]
        wrong = one.kind != ""
        words = {
            True: "caught" if wrong else "**accused**",
            False: "**let through**" if wrong else "passes",
        }
        rows.append([name, *(words[bool(hit)] for hit in hits)])
    said = [f"- {name}: {sentence}" for name, _, sentence in networks if sentence]
    return [
        "## Six bugs in a network",
        "",
        "64 cases, 20 inputs, 32 tanh units, 10 classes: 1,002 parameters.",
        "",
        *_table(["bug", *tools], rows, left=len(tools) + 1),
        "",
        "What gradparity says:",
        "",
        *said,
    ]


def _missed(bugs):
    lines = [
        f"- {one.kind}, {one.where}: {one.status} (u = {one.u:.2g})"
        for one in bugs
        if not one.caught
    ]
    if not lines:
        return []
    told = (
        "What changes less than rounding of the inputs may (u below the bound, 64 or more) is let"
        " through: where terms of a gradient cancel, that may be more than 1e-12 of it.\n"
    )
    return ["## What gradparity lets through", "", told, *lines, ""]


def _misnamed(bugs):
    found = Counter((b.kind, b.cause) for b in bugs if b.caught and b.named is False)
    if not found:
        return []
    lines = [
        f"- {kind}: {cause}" + (f", {count} times" if count > 1 else "")
        for (kind, cause), count in sorted(found.items())
    ]
    return [
        "## Caught, but named otherwise",
        "",
        "Planted kind: the cause that was named.",
        "",
        *lines,
        "",
    ]


def _accused(right, columns):
    lines = []
    for name, accuses in columns.items():
        where = [one.where for one in right if accuses(one)]
        if where:
            lines.append(f"- {name}: {'; '.join(where)}.")
    return ["## Right gradients that are accused", "", *lines, ""] if lines else []


def _kinds():
    lines = [f"- {family}: {', '.join(kinds)}." for family, kinds in FAMILIES.items()]
    return ["## The kinds in each family", "", *lines, ""]
