"""A diagram of ARCHITECTURE.md, drawn: boxes on floors, an arrow for "imports"."""

import re

from made import ROOT

WIDTH, HEIGHT, GAP, FLOOR = 150, 30, 14, 78


def rooms_picture(title):
    """The SVG of the diagram of this title; what a room imports is below it."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    told = re.escape(title.replace("_", " "))
    body = re.search(rf"^title: {told}\n---\n(.*?)^```", text, re.S | re.M)[1]
    names = dict(re.findall(r"^  (\w+)\[\"(.+?)\"\]", body, re.M))
    arrows = re.findall(r"^  (\w+) --> (\w+)", body, re.M)
    floors = _floors(names, arrows)
    return _drawn(title, names, arrows, floors)


def _floors(names, arrows):
    """Each room's floor: one above the highest that it uses."""
    below = {name: [b for a, b in arrows if a == name] for name in names}
    found = {}

    def floor(name):
        if name not in found:
            found[name] = 1 + max(map(floor, below[name]), default=-1)
        return found[name]

    for name in names:
        floor(name)
    return found


def _drawn(title, names, arrows, floors):
    rows = [[n for n in names if floors[n] == f] for f in range(max(floors.values()) + 1)]
    across = max(map(len, rows)) * (WIDTH + GAP) + GAP
    place = {}
    for floor, row in enumerate(reversed(rows)):
        left = (across - len(row) * (WIDTH + GAP) + GAP) / 2
        for column, name in enumerate(row):
            place[name] = (left + column * (WIDTH + GAP), 10 + floor * FLOOR)
    deep = len(rows) * FLOOR
    told = [
        f'<svg viewBox="0 0 {across} {deep}" role="img" style="max-width: {across}px">',
        f"<title>{title.replace('_', ' ')}: which imports which; what is used is below</title>",
    ]
    for above, below in arrows:
        (x, y), (u, v) = place[above], place[below]
        told.append(
            f'<line x1="{x + WIDTH / 2}" y1="{y + HEIGHT}" x2="{u + WIDTH / 2}" y2="{v}" '
            'stroke="currentColor" stroke-opacity="0.45"/>'
        )
    for name, (x, y) in place.items():
        told.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" '
            'fill="var(--color-background-secondary)" stroke="currentColor"/>'
            f'<text x="{x + WIDTH / 2}" y="{y + 20}" text-anchor="middle" font-size="13" '
            f'fill="currentColor">{names[name]}</text>'
        )
    return "```{raw} html\n" + "\n".join([*told, "</svg>"]) + "\n```"
