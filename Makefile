# The two commands of the README: `make demo` and `make test`. Both make the environment they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: demo test lint types unit conformance conformance-books cassettes bench drills simulate wheel clean

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"replayx needs Python 3.11 or newer; {sys.executable} is {v.major}.{v.minor}. Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(VENV)/.installed  ## Replay the bundled cassette and watch it
	$(BIN)/replayx demo

test: lint types unit  ## Everything: lint, types, tests

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed
	$(BIN)/mypy

# Many tests start processes: compiled once, they start in half the time.
unit: $(VENV)/.installed
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(abspath $(VENV))/pycache \
		$(BIN)/pytest -n $(WORKERS) --dist loadgroup

conformance: $(VENV)/.installed  ## Real third-party clients against a replay of the project's cassettes
	$(BIN)/python tests/conformance/run.py
	$(BIN)/python tests/conformance/streams_only.py
	$(BIN)/python tests/conformance/limited.py

conformance-books: $(VENV)/.installed  ## Their local order books on real captures: no resync
	$(BIN)/python tests/conformance/books.py

cassettes: $(VENV)/.installed  ## Make the bundled cassettes again; they come out byte for byte
	$(BIN)/python scripts/make_demo.py
	$(BIN)/python scripts/make_golden.py

bench: $(VENV)/.installed  ## The figures of docs/benchmarks.md
	$(BIN)/python scripts/bench_cassette.py
	$(BIN)/python scripts/bench_replay.py
	$(BIN)/python scripts/bench_record.py
	$(BIN)/python scripts/bench_time.py
	$(BIN)/python scripts/bench_faults.py

drills: $(VENV)/.installed  ## Real clients through an exchange's worst days: docs/reference/drills.md
	$(BIN)/python scripts/drill_clients.py --docs

simulate: $(VENV)/.installed  ## 24 virtual hours of random sessions
	$(BIN)/python scripts/simulate.py --hours 24

wheel: $(VENV)/.installed
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
