# Two commands on a fresh machine: `make bench` and `make test`. Nothing else installs anything,
# but `make release-check`, which tries what a newcomer does.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: bench docs test test-all dist dist-test release-check judge-study kernel-study gpu claims right-gradients gate-study abuse lint map clean

bench: $(READY)
	$(BIN)/gradparity run

test: $(READY)
	$(BIN)/pytest -n auto --dist worksteal -q

# Every backend on every problem: half an hour.
test-all: $(READY)
	$(BIN)/pytest -n auto --dist worksteal -q -m 'slow or not slow'

# Our judge beside the field's checkers, on planted bugs: half an hour; writes docs/judge-study.md. In
# pieces: JUDGE="--minutes 20" goes on where build/judge-study.jsonl ends.
judge-study: $(READY)
	$(BIN)/python -m tests.studies.judge_study --record build/judge-study.jsonl $(JUDGE)

# Kernels in bfloat16 and float16, right, planted and real: hours; writes docs/kernel-study.md. In
# pieces: KERNELS="--minutes 20" goes on where build/kernel-study.jsonl ends.
kernel-study: $(READY)
	$(BIN)/python -m tests.studies.kernel_study $(KERNELS)

# All that a GPU is needed for; writes docs/gpu.md. Without one: a line, and exit code 2.
gpu: $(READY)
	$(BIN)/python -m tests.studies.gpu_session

# The course's claims, measured whole: a quarter of an hour; writes docs/claims.md. One that was interrupted
# goes on with CLAIMS="--resume RUN".
claims: $(READY)
	mkdir -p build
	$(BIN)/gradparity claims $(CLAIMS) --store build/claims.db --format markdown > build/claims.md
	mv build/claims.md docs/claims.md

# Is a right gradient ever accused? Every backend, four states, 20 seeds (1 of what is slow to judge):
# half an hour of a core. RIGHT="--minutes 20" goes on where build/right-gradients.jsonl ends; the page
# comes at the end.
right-gradients: $(READY)
	$(BIN)/python -m tests.studies.right_gradients_study 20 --fewer 1 --out docs/right-gradients.md \
		--record build/right-gradients.jsonl $(RIGHT)

# The site, in build/site/; a warning is an error, and so is a link that leads nowhere.
docs: $(READY)
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/site

# Wheel and source distribution, in dist/.
dist: $(READY)
	rm -rf dist build src/*.egg-info
	$(BIN)/python -c 'import setuptools.build_meta as b; b.build_sdist("dist"); b.build_wheel("dist")'

# The wheel in a fresh environment elsewhere: check, run, the pytest fixture. Then a part of the
# suite from the unpacked source distribution.
dist-test: dist
	tests/package/elsewhere.sh dist

# All that a release must be: distributions, metadata, README, changelog, licences, site, every page
# for everybody, every `pip install` of the pages, *Start* from an empty environment. A quarter of an
# hour and more.
release-check: dist
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group release
	$(BIN)/python -m tests.package.release dist

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
