"""A page that is opened and has its first answer."""


def opened(watched, origin, address="", **options):
    one = watched(origin, **options)
    one.page.goto(origin + address)
    one.page.wait_for_selector(".sentence:not(:empty)", timeout=60_000)
    return one
