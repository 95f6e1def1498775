"""A page that is opened and has its first answer."""


def opened(watched, origin, address="", **options):
    one = watched(origin, **options)
    one.page.goto(origin + address)
    one.page.wait_for_selector(".sentence:not(:empty)")
    return one


def complaints(one):
    """What axe-core finds, and whether the page is wider than its window, in both themes and widths.

    By turning the page that is open: loading each anew takes four times as long.
    """
    found = []
    for width in (1280, 390):
        one.page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            one.page.emulate_media(color_scheme=scheme)
            one.page.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
            )
            found += [(width, scheme, *each) for each in one.violations()]
            over = one.page.evaluate("() => document.documentElement.scrollWidth") - width
            found += [(width, scheme, "wider by", over)] * (over > 0)
    return found
