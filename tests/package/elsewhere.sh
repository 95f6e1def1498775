#!/usr/bin/env bash
# usage: elsewhere.sh DIST. The wheel in a fresh environment, as a stranger has it; then a part of
# the suite from the unpacked source distribution, with the libraries of .venv.
set -euo pipefail
unset PYTHONPATH
dist=$(realpath "$1")
root=$(pwd)
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
cd "$elsewhere"

"$root/.venv/bin/python" -m venv environment
PATH=$elsewhere/environment/bin:$PATH
wheel=$(echo "$dist"/*.whl)
pip install --quiet --constraint "$root/constraints.txt" "$wheel[pytest]"
mkdir project
cp "$root/examples/huber_regression.py" project/my_loss.py
cat > project/test_mine.py << 'END'
import numpy as np


def test_mine(gradparity):
    gradparity.check(lambda w: np.sum(w**3), np.ones(3), gradient=lambda w: 3 * w * w)
END
cd project
gradparity --version
gradparity check my_loss.py
gradparity run my_loss.py --size tiny --rounds 5
pytest -q

cd "$elsewhere"
tar xzf "$dist"/*.tar.gz
cd gradparity-*/
PYTHONPATH=src "$root/.venv/bin/pytest" -q -n 2 tests/problems tests/test_arrows.py tests/test_readme.py
