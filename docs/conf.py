"""The site's settings; `make docs` builds it. Pages are Markdown; what code knows, code writes.

A line `<!-- made: NAME ARGUMENTS -->` in a page becomes what `docs/made/` makes: see `made.MAKERS`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import gradparity
import made
import made.docstrings

project = "gradparity"
author = "the gradparity developers"
version = release = gradparity.__version__
html_title = f"gradparity {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["made"]
myst_heading_anchors = 4
nitpicky = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"

html_theme = "furo"
html_favicon = "favicon.svg"
html_copy_source = False
html_show_sourcelink = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


READ_ALOUD = {
    'role="heading">': 'role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
}
"""What Sphinx and its theme leave out for those who hear a page, or have no mouse."""


def read_aloud(app, error):
    """Write it into every page."""
    for path in Path(app.outdir).rglob("*.html") if error is None else ():
        text = path.read_text()
        for bare, told in READ_ALOUD.items():
            text = text.replace(bare, told)
        path.write_text(text)


def setup(app):
    """Make what is made from code, and read docstrings as they are written here."""
    app.connect("source-read", made.fill)
    app.connect("build-finished", read_aloud)
    app.connect("autodoc-process-docstring", made.docstrings.as_rst)
