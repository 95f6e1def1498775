# Two commands on a fresh machine: `make bench` and `make test`. Nothing else installs anything.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: bench test test-all dist dist-test judge-study kernel-study right-gradients gate-study abuse lint map clean

bench: $(READY)
	$(BIN)/gradparity run

test: $(READY)
	$(BIN)/pytest -n auto -q

# Every backend on every problem: half an hour.
test-all: $(READY)
	$(BIN)/pytest -n auto -q -m 'slow or not slow'

# Our judge beside the field's checkers, on planted bugs: five minutes; writes docs/judge-study.md.
judge-study: $(READY)
	$(BIN)/python -m tests.studies.judge_study

# Kernels in bfloat16 and float16, right, planted and real: hours; writes docs/kernel-study.md.
kernel-study: $(READY)
	$(BIN)/python -m tests.studies.kernel_study

# Is a right gradient ever accused? Every backend, 20 seeds, four states: a quarter of an hour.
right-gradients: $(READY)
	$(BIN)/python -m tests.studies.right_gradients_study 20 --out docs/right-gradients.md

# Wheel and source distribution, in dist/.
dist: $(READY)
	rm -rf dist build src/*.egg-info
	$(BIN)/python -c 'import setuptools.build_meta as b; b.build_sdist("dist"); b.build_wheel("dist")'

# The wheel in a fresh environment elsewhere: check, run, the pytest fixture. Then a part of the
# suite from the unpacked source distribution.
dist-test: dist
	tests/package/elsewhere.sh dist

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The map of the rooms in ARCHITECTURE.md, from the imports as they are.
map: $(READY)
	$(BIN)/python -m tests.rooms

# False and missed alarms of the gate, on a quiet machine: hours. STUDY="--gates 5" for a taste.
gate-study: $(READY)
	$(BIN)/python -m tests.studies.gate_study --out docs/gate-study.md $(STUDY)

# Kills, misbehaving losses, drawn command lines, damaged files and stores, hostile names, odd
# surroundings: what is lost, hangs or leaks. Minutes to an hour; ABUSE="--lines 100" for a part of it.
abuse: $(READY)
	$(BIN)/python -m tests.studies.abuse $(ABUSE)

# Installed anew only when the dependencies change.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("gradparity needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]' --group dev
	touch $(READY)

clean:
	rm -rf .venv dist build .gradparity .pytest_cache .mypy_cache .ruff_cache *.egg-info
