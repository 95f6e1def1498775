"""May this be released? `make release-check`; what it asks is in `CHECKS`, a line each.

    python -m tests.package.release DIST

Needs twine (dependency group `release`), Chromium, and a place to install from. Most of its time goes
into looking at every page.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email import message_from_string
from pathlib import Path

from tests import ROOT
from tests.package import start
from tests.package.environments import closure
from tests.package.licences import EXCEPTIONS, licences, refused
from tests.pages.blocks import PAGES, installed


class Built:
    """The two distributions in a folder, and what they say of themselves."""

    def __init__(self, folder):
        (self.wheel,), (self.source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        with zipfile.ZipFile(self.wheel) as wheel:
            self.files = wheel.namelist()
            (name,) = (one for one in self.files if one.endswith(".dist-info/METADATA"))
            self.metadata = message_from_string(wheel.read(name).decode())
            face = wheel.read("gradparity/__init__.py").decode()
        self.stated = re.search(r'^__version__ = "(.+)"$', face, re.MULTILINE)[1]
        self.version = self.metadata["Version"]

    @property
    def is_release(self):
        """Whether the version is not one of development."""
        return "dev" not in self.version


def versions(built):
    """Names of the files, metadata and `__version__` say the same."""
    assert built.stated == built.version
    assert built.wheel.name.startswith(f"gradparity-{built.version}-")
    assert built.source.name == f"gradparity-{built.version}.tar.gz"
    kind = "a release" if built.is_release else "in development: tag a clean commit vX.Y.Z"
    return f"{built.version}, {kind}"


def contents(built):
    """The wheel has one top-level name and the rooms; the sdist has what builds and tests them."""
    tops = {name.partition("/")[0] for name in built.files}
    assert tops == {"gradparity", f"gradparity-{built.version}.dist-info"}, tops
    for room in ("problems", "backends", "results", "harness"):
        assert f"gradparity/{room}/__init__.py" in built.files
    with tarfile.open(built.source) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    needed = {
        "pyproject.toml",
        "setup.py",
        "Makefile",
        "constraints.txt",
        "LICENSE",
        "CHANGELOG.md",
    }
    assert needed | {"docs/conf.py", "tests/test_arrows.py"} <= names, needed - names
    return f"wheel of {len(built.files)} files, sdist of {len(names)}"


def changelog(built):
    """The changelog has a section of this version, and it comes first; in development `Unreleased`."""
    first = re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    wanted = built.version if built.is_release else "Unreleased"
    assert first.split()[0] == wanted, f"its first section is {first!r}, not {wanted!r}"
    return f"begins with {first}"


def metadata(built):
    """`twine check --strict`: complete metadata, and a README that an index can show."""
    _called(sys.executable, "-m", "twine", "check", "--strict", built.wheel, built.source)
    return f"{len(built.metadata.items())} fields"


def readme(built):
    """The README as an index renders it has its table, its picture and its links, all absolute."""
    from readme_renderer.markdown import render

    shown = render(built.metadata.get_payload())
    assert shown, "it is not rendered"
    links = re.findall(r'(?:href|src)="([^"]*)"', shown)
    assert len(links) >= 20
    assert "<table" in shown
    assert "<img" in shown
    relative = [link for link in links if not link.startswith(("https://", "#"))]
    assert relative == [], relative
    return f"rendered, {len(links)} links, all absolute"


def dependencies(built):
    """Every distribution that comes along has a licence that we accept."""
    extras = built.metadata.get_all("Provides-Extra")
    brought = sorted(closure(built.metadata.get_all("Requires-Dist"), extras))
    bad = {name: refused(name) for name in brought if refused(name)}
    assert bad == {}, bad
    kinds = sorted({kind for name in brought for kind in licences(name)})
    return f"{len(brought)}, under {', '.join(kinds)} ({', '.join(EXCEPTIONS)}: see licences.py)"


def site(built):
    """The site with this version, without a warning."""
    where = ROOT / "build" / "site"
    stated = [f"-D{name}={built.version}" for name in ("version", "release")]
    stated.append(f"-Dhtml_title=gradparity {built.version}")
    _called(sys.executable, "-m", "sphinx", "-q", "-W", "-E", *stated, ROOT / "docs", where)
    pages = list(where.rglob("*.html"))
    for page in pages:
        assert f">gradparity {built.version}<" in page.read_text(), (
            f"{page} does not say its version"
        )
    return f"{len(pages)} pages, in {where.relative_to(ROOT)}"


def accessibility(built):
    """Every page of the site, in both themes, with axe; links; the fifteen searches."""
    tests = ["tests/pages/test_site.py", "-q", "-m", "slow or not slow", "-p", "no:cacheprovider"]
    told = _called(sys.executable, "-m", "pytest", *tests)
    assert "skipped" not in told, "Chromium or playwright is missing"
    return told.strip().splitlines()[-1].strip("= ")


def extras(built):
    """What README and pages tell to install is installed, in one new environment."""
    told = sorted({one for page in PAGES for one in installed(page)})
    with tempfile.TemporaryDirectory() as folder:
        _called(sys.executable, "-m", "venv", folder)
        python = Path(folder) / "bin" / "python"
        for one in told:
            start.install(python, built.wheel, [one])
        version = _called(Path(folder) / "bin" / "gradparity", "--version").split()[-1]
        assert version == built.version
    return ", ".join(told)


def newcomer(built):
    """*Start*, word for word, from an empty environment."""
    return _called(sys.executable, "-m", "tests.package.start", built.wheel).strip()


CHECKS = (
    *(versions, contents, changelog, metadata, readme, dependencies),
    *(site, accessibility, extras, newcomer),
)


def _called(*command):
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def main():
    """Ask everything, whatever came before; exit code 1 if anything is not so."""
    built, wrong = Built(Path(sys.argv[1]).resolve()), 0
    for check in CHECKS:
        try:
            print(f"ok    {check.__name__}: {check(built)}", flush=True)
        except AssertionError as error:
            wrong += 1
            print(f"WRONG {check.__name__}: {error}", flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
