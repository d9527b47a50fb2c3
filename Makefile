# Everything runs in .venv; a stamp file per set of requirements says that it is complete.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest

.PHONY: help install check format test test-slow quickstart system clean

help:
	@echo "make quickstart   set up and search a small space on real digits, in about a minute"
	@echo "make install      .venv with autocnn and all it needs"
	@echo "make test         set up, install what the tests use, run all but the next"
	@echo "make test-slow    search each family for a minute, run the README's commands"
	@echo "make check        lint, format and type checks"
	@echo "make format       rewrite the sources as the linter wants them"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

# Real images, a browser and a database for the tests, where the machine is Debian and we may install.
system:
	@bash tests/install_system.sh

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP) system
	$(PYTEST) -n 2 --dist worksteal --ignore tests/searches

# One after the other: each search takes all cores.
test-slow: $(STAMP) system
	$(PYTEST) tests/searches

quickstart: $(STAMP)
	$(BIN)/autocnn search search_spaces/quickstart.yaml

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
