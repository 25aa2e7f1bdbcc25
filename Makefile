# Bare `make` lists the commands.
PYTHON ?= python3
PIP = .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
ARGS ?=
ROUNDS ?= 100

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick lint format types bench torture lock openapi clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/run: requirements/run.txt
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@$(PIP) -r requirements/run.txt
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	@$(PIP) -r requirements/dev.txt
	@touch $@

demo: .venv/run ## set everything up and tell the main job as a story (ARGS=--exit ends after it)
	@.venv/bin/civic demo $(ARGS)

test: .venv/dev ## all tests
	@.venv/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: .venv/dev ## lint, formatting and the order of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports

format: .venv/dev ## format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

types: .venv/dev ## type check
	@.venv/bin/mypy

lock: ## write the hashed requirements anew (needs uv)
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --only-binary :all: pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --only-binary :all: pyproject.toml requirements/build.in --group dev -o requirements/dev.txt

clean: ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
