# The one list of commands. `make help` prints it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 5000
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint lock bench screenshots system-packages clean

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(BIN)/.runtime ## the notes app on SQLite, in a browser within a minute (PORT, DATABASE_URL, SECRET_KEY)
	@$(BIN)/flask --app crudapp db upgrade
	@echo "Notes: http://127.0.0.1:$(PORT)   (Ctrl+C ends it)"
	@BIND=$${BIND:-127.0.0.1} PORT=$(PORT) exec $(BIN)/gunicorn --log-level warning crudapp:app

test: $(BIN)/.dev system-packages ## everything that can be tested here; installs Debian packages it lacks
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-fast: $(BIN)/.dev ## what needs no server, in under a minute
	@$(BIN)/python -m pytest -n 2 -m "not server"

lint: $(BIN)/.dev ## ruff and mypy
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

screenshots: $(BIN)/.dev ## take the pictures in docs/screenshots, with Debian's chromium
	@PYTHONPATH=.:tests $(BIN)/python -m e2e.screenshots

lock: $(BIN)/.dev ## pin and hash requirements/*.in
	@for name in runtime dev; do $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet requirements/$$name.in --output-file requirements/$$name.txt; done

system-packages: ## the Debian packages that tests need, where apt-get can install them
	@tests/system_packages

clean: ## remove what the commands above made, except your notes in instance/
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 run")'
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(BIN)/.runtime: requirements/runtime.txt | $(BIN)/python
	@echo "Installing what the app needs ..."
	@$(PIP) -r requirements/runtime.txt && touch $@

$(BIN)/.dev: requirements/runtime.txt requirements/dev.txt | $(BIN)/python
	@echo "Installing what tests and checks need ..."
	@$(PIP) -r requirements/dev.txt && touch $@ $(BIN)/.runtime
