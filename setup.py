"""What pyproject.toml cannot say: the version, and a refusal of a checkout without symbolic links.

The version is that of the tag where a clean checkout is at one (`v1.2.3`), else the one that
`gradparity.__version__` states; distributions are built with it written into their copy.
"""

import re
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
FACE = Path("gradparity", "__init__.py")
STATED = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)

sys.path.insert(0, str(ROOT / "src"))
try:
    import gradparity
except ImportError as error:
    sys.exit(str(error))


def tagged():
    """The version of the tag that the checkout is at, unchanged; None without git or such a tag."""
    if not (ROOT / ".git").exists():  # an unpacked source distribution, in whosever checkout
        return None
    ask = ["git", "describe", "--tags", "--exact-match", "--dirty", "--match", "v[0-9]*"]
    try:
        done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.fullmatch(r"v(\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)\n", done.stdout)
    return found and found[1]


VERSION = tagged() or gradparity.__version__


def state(folder):
    """Write the version into a copy of the package: anew, since a copy may be a hard link."""
    face = Path(folder) / FACE
    text = STATED.sub(f'__version__ = "{VERSION}"', face.read_text(encoding="utf-8"))
    face.unlink()
    face.write_text(text, encoding="utf-8")


class Modules(build_py):
    """The modules of a wheel; an editable install has those of the checkout."""

    def run(self):
        """Copy the modules, and state the version in the copy."""
        super().run()
        if not self.editable_mode:
            state(self.build_lib)


class Source(sdist):
    """The source distribution, which has no git to ask."""

    def make_release_tree(self, base_dir, files):
        """Copy or link the files, and state the version in the copy."""
        super().make_release_tree(base_dir, files)
        state(Path(base_dir) / "src")


setup(version=VERSION, cmdclass={"build_py": Modules, "sdist": Source})
