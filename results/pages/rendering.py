"""HTML from templates, everything in it escaped."""

from __future__ import annotations

from typing import Any


def rendered(name: str, **values: Any) -> str:
    """Return the HTML of a template of `templates/`, its values escaped.

    Raises ModuleNotFoundError without Jinja2, jinja2.UndefinedError for a value that is missing.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("gradparity.results.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template(name).render(values)
