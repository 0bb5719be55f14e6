# Everything a newcomer needs, one word each. Nothing but Python 3.11+ and a way to the package registries is assumed.

.DEFAULT_GOAL := help
TOOLS := .tools
BIN := .venv/bin
PYTHON ?= python3
# Two workers share the test servers; tests/spread.py says which runs what. Plain `pytest` is one after the other.
WORKERS ?= 2
FUZZ_SECONDS ?= 60
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
# Hospital networks look into TLS with a certificate the machine knows and uv's own list does not.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help demo test test-slow fuzz lint format golden up down clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv/.synced ## see it all once: servers, messages, rebuild, answers
	@$(BIN)/carechain demo

test: .venv/.synced ## run the suite against real servers, some 11 minutes
	$(BIN)/pytest -n $(WORKERS)

test-slow: .venv/.synced ## run the long forms of the checks, some 15 minutes
	$(BIN)/pytest -n $(WORKERS) -m slow

fuzz: .venv/.synced ## look for input that breaks a parser, FUZZ_SECONDS for each
	$(UV) sync --frozen --inexact --group fuzz
	$(BIN)/python tests/fuzzing.py --seconds $(FUZZ_SECONDS)

lint: .venv/.synced ## check format, style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.synced ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: .venv/.synced ## accept today's output as the golden files; look at the diff
	$(BIN)/pytest --accept-golden

up: .venv/.synced ## start the local servers
	@$(BIN)/carechain up

down: .venv/.synced ## stop the local servers; their data stays
	@$(BIN)/carechain down

clean: ## remove what make made, the test servers' data too
	@if [ -x $(BIN)/carechain ]; then CARECHAIN_HOME=$(CURDIR)/build/test-home $(BIN)/carechain down; fi
	rm -rf .venv $(TOOLS) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/.synced: pyproject.toml uv.lock $(filter $(TOOLS)/bin/uv,$(UV))
	$(UV) sync --frozen
	@touch $@

# Some systems' Python comes without pip; then the program is fetched directly.
$(TOOLS)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed" >&2; exit 2; }
	@{ $(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.*'; } >/dev/null 2>&1 \
		|| $(PYTHON) .ci/fetch_uv.py $(TOOLS)/bin/uv
