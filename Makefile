# Bare `make` lists the commands. Two of them are all one needs: `make demo` and `make test`.
PYTHON ?= python3
ARGS ?=
ROUNDS ?= 100

PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore
LOCKED = $(PIP) --require-hashes --only-binary :all:

# An environment that was moved, or whose Python is gone, is made anew.
MOVED := $(shell grep -qsF '$(CURDIR)/.venv/' .venv/bin/civic && .venv/bin/python -c '' 2>/dev/null || echo moved)

.DEFAULT_GOAL := help
.PHONY: help demo test torture bench mutants lint format types lock migration clean moved
.DELETE_ON_ERROR:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run ## set everything up and tell the main job as a story (ARGS=--exit ends after it)
	@exec .venv/bin/civic demo $(ARGS)

test: .venv/dev ## all tests
	@.venv/bin/python -m pytest -n 3 --dist loadgroup $(ARGS)

torture: .venv/dev ## long rounds of faults (ROUNDS=100 multiplies them)
	@ROUNDS=$(ROUNDS) .venv/bin/python -m pytest -m torture --timeout 0 -s --hypothesis-profile default $(ARGS)

bench: .venv/dev ## speeds as ratios, into benchmarks/bench.json and docs/benchmarks.md
	@.venv/bin/python -m benchmarks.run $(ARGS)

mutants: .venv/dev ## change each piece of the decision, the caps and the ledger's scripts; count what no test notices
	@.venv/bin/python benchmarks/rules_mutants.py
	@.venv/bin/python -m benchmarks.ledger_mutants $(ARGS)

lint: .venv/dev ## lint, formatting and the order of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports

types: .venv/dev ## type check
	@.venv/bin/mypy

format: .venv/dev ## format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.venv/run: requirements/run.txt pyproject.toml $(MOVED)
	@echo "setting up .venv with locked dependencies ..." >&2
	@$(if $(MOVED),rm -rf .venv && $(PYTHON) -m venv .venv)
	@$(LOCKED) -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	@echo "adding what the tests need ..." >&2
	@$(LOCKED) -r requirements/dev.txt
	@touch $@

moved:

migration: .venv/dev ## write the migration that leads to the models (M="what it adds")
	@.venv/bin/python -m backend.cli.new_migration "$(M)"

lock: ## write the hashed requirements anew (needs uv)
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --only-binary :all: pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --only-binary :all: pyproject.toml requirements/build.in --group dev -o requirements/dev.txt

clean: ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
