# The one list of commands. `make help` prints it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 5000
DYNAMO_PORT ?= 8000
BENCH ?= notes
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(BIN)/.runtime ## the notes app on SQLite, in a browser within a minute (PORT, DATABASE_URL, SECRET_KEY)
	@PORT=$(PORT) exec $(BIN)/python -m devtools.run

up: $(BIN)/.dev ## as in production, on this machine: MariaDB, two app servers, nginx with TLS
	@$(BIN)/python -m devtools.local_stack up

up-flask: $(BIN)/.dev ## a command of the product on what make up started: ARGS="accounts create you@example.org"
	@$(BIN)/python -m devtools.local_stack flask $(ARGS)

down: ## stop what make up started, and delete its data
	@$(BIN)/python -m devtools.local_stack down

run-entries: export FEATURES := entries
run-entries: export ENTRIES_STORE := dynamodb
run-entries: export AWS_ENDPOINT_URL := http://127.0.0.1:$(DYNAMO_PORT)
run-entries: export AWS_ACCESS_KEY_ID := local
run-entries: export AWS_SECRET_ACCESS_KEY := local
run-entries: $(BIN)/.dev ## the entries page on an emulated DynamoDB, whose data is deleted at the end (PORT, DYNAMO_PORT)
	@$(BIN)/python -m devtools.dynamodb $(DYNAMO_PORT) >/dev/null 2>&1 & trap "kill $$!" EXIT; \
	until (exec 3<>/dev/tcp/127.0.0.1/$(DYNAMO_PORT)) 2>/dev/null; do kill -0 $$! || exit 1; sleep 0.2; done; \
	PORT=$(PORT) $(BIN)/python -m devtools.run

db-tunnel: ## a tunnel through the bastion to the database; prints how to use it (BASTION, DATABASE; or Terraform's outputs)
	@bastion/tunnel

test: $(BIN)/.dev build/audit/.done system-packages ## all tests except those with a target of their own below; installs missing Debian packages
	@$(BIN)/python -m devtools.mysql
	@$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/infra --ignore tests/rehearse

test-fast: $(BIN)/.dev ## tests without servers, in under a minute
	@$(BIN)/python -m pytest -n 2 -m "not server and not slow" $(addprefix --ignore tests/,e2e edge engines infra rehearse)

test-pythons: $(BIN)/.dev system-packages ## `make run` and `make test-fast` on newer Pythons, in Debians of their own; needs root (~10 minutes)
	@$(BIN)/python -m pytest tests/pythons/first_hour.py

test-image: $(BIN)/.dev system-packages ## build the image, run it hardened and in compose; install on a Debian with systemd; boot the AWS hosts; needs root and terraform
	@$(BIN)/python -m pytest tests/edge/image.py tests/edge/compose_project.py tests/edge/systemd_host.py \
	  tests/edge/booted_hosts.py

test-infra: $(BIN)/.dev build/checkov/.done ## apply the Terraform compositions to an emulated AWS and check the result (~20 minutes; needs terraform)
	@$(BIN)/python -m pytest tests/infra --confcutdir tests/infra -n 4 --dist loadfile --no-loadscope-reorder

# The tests of three-tier are all those that are not of one of the others.
OTHER_REHEARSALS := tests/rehearse/test_eight_digit.py tests/rehearse/test_task_manager.py tests/rehearse/test_three_tier_cluster.py
test-rehearsal: $(BIN)/.dev system-packages ## the short form of the rehearsal (COMPOSITION; ~5 minutes, after an apply of ~2 that is kept)
	@$(BIN)/python -m pytest $(if $(filter-out three-tier,$(COMPOSITION)),tests/rehearse/test_$(subst -,_,$(COMPOSITION)).py,\
	  tests/rehearse $(OTHER_REHEARSALS:%=--ignore %))

REHEARSAL := $(BIN)/python -m rehearsal

rehearse: $(BIN)/.dev system-packages ## simulate a composition on this machine, reachable on loopback (COMPOSITION, REHEARSAL_PORT)
	@$(REHEARSAL) up --composition $(or $(COMPOSITION),three-tier)

rehearse-shell: ## a shell in one of its hosts: HOST=bastion
	@$(REHEARSAL) shell --host $(HOST)

rehearse-down: ## stop it and delete its data
	@$(REHEARSAL) down

rehearse-report: $(BIN)/.dev system-packages ## run every failure of four compositions and write docs/rehearsal (~20 minutes)
	@$(REHEARSAL) report

fuzz: $(BIN)/.dev ## 20,000 made-up requests to the API, on every database (FUZZ_CASES for each operation), and a search for slow texts and slow searches
	@FUZZ_CASES=$${FUZZ_CASES:-1250} STEPS=$${STEPS:-200} SAVES=$${SAVES:-10000} INTENTS=$${INTENTS:-1000} SLOW_INPUTS=$${SLOW_INPUTS:-500} \
	  SEARCH_CASES=$${SEARCH_CASES:-2000} SCAN_WORDS=$${SCAN_WORDS:-2000} RENDERINGS=$${RENDERINGS:-1000} \
	  $(BIN)/python -m pytest tests/api/test_fuzz.py tests/api/test_stateful.py tests/api/test_concurrency.py tests/notes/test_slow_inputs.py \
	  tests/notes/test_search_bounds.py tests/notes/test_search_and_scan.py tests/notes/fuzz_*.py

mutate: $(BIN)/.dev build/mutation/.done ## mutation testing of the rules of notes (~1 hour; continues where it stopped)
	@$(BIN)/python -m devtools.mutate

openapi: $(BIN)/.dev ## write docs/openapi.json anew, after a change of the API that is meant
	@REGENERATE=1 $(BIN)/python -m pytest -m "not server" tests/api/test_specification.py

reference: $(BIN)/.dev ## write docs/reference.md anew: limits, metrics, alarms and routes
	@$(BIN)/python -m operations.reference

lint: $(BIN)/.dev ## ruff and mypy
	@$(BIN)/python -m ruff format --check . && $(BIN)/python -m ruff check . && $(BIN)/python -m mypy

bench: $(BIN)/.dev system-packages ## one question of benchmarks/ (BENCH=notes, ~20 minutes; or peers, stack, crossings, api, entries, files, rolling_restart ...)
	@$(BIN)/python -m benchmarks.$(BENCH)

screenshots: $(BIN)/.dev ## take the pictures in docs/screenshots, with Debian's chromium
	@$(BIN)/python -m devtools.screenshots

demo: $(BIN)/.dev ## record docs/demo.gif, the story of a note, with Debian's chromium
	@$(BIN)/python -m devtools.demo

lock: $(BIN)/.dev ## pin and hash requirements/*.in
	@for name in runtime dev checkov mutation audit flask-admin otterwiki; do $(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet requirements/$$name.in --output-file requirements/$$name.txt; done

audit: $(BIN)/.dev build/audit/.done ## which pinned library has a known weakness (asks osv.dev)
	@$(BIN)/python -m operations.audit

cost: $(BIN)/.dev ## a month's bill: COMPOSITION=three-tier [SIZE=try|small|multi-az], or PLAN=plan.json; alone it writes docs/cost.md
	@$(BIN)/python -m $(if $(PLAN),operations.cost $(PLAN) --size $(or $(SIZE),small),operations.cost_page $(COMPOSITION) $(SIZE))

diagrams: $(BIN)/.dev system-packages ## draw docs/diagrams from applied compositions (emulated; ~10 minutes), or STATE=state.json OUT=picture
ifdef STATE
	@$(BIN)/python -m operations.diagram $(STATE) $(OUT)
else
	@REGENERATE=1 $(BIN)/python -m pytest tests/infra --confcutdir tests/infra -n 4 --dist loadfile -k the_diagram_is_what_stands
endif

restore-drill: $(BIN)/.dev ## restore the database's newest snapshot beside it and compare: INSTANCE=notes [DRILL="--go"]; without --go it only prints its steps
	@$(BIN)/python -m operations.restore_drill $(INSTANCE) $(DRILL)

restore-files: $(BIN)/.dev ## on AWS, bring back the content of files that was deleted since a moment: BUCKET=... SINCE=2026-11-27T06:00 [GO=--go]; without, it only counts
	@$(BIN)/python -m operations.restore_files $(BUCKET) --since $(SINCE) $(GO)

aws-flask: $(BIN)/.dev ## a command of the product on AWS: COMPOSITION=three-tier ARGS="accounts create you@example.org"
	@$(BIN)/python -m operations.aws_flask $(or $(COMPOSITION),three-tier) $(ARGS)

release: $(BIN)/.dev ## write the version, date its changes, commit and tag: VERSION=1.2.3; it pushes nothing
	@$(BIN)/python -m operations.release $(VERSION)

lock-providers: ## write the lock files of the Terraform roots anew, for the platforms people use; asks the registry
	@for root in bootstrap three-tier task-manager eight-digit; do terraform -chdir=terraform/$$root providers lock \
	  -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64 -platform=windows_amd64; done

system-packages: ## the Debian packages that tests need, where apt-get can install them
	@tests/system_packages

clean: ## remove what the commands above made, except your notes in instance/
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A half-made environment would hide for ever that something was missing, so it goes.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed. On Debian and Ubuntu: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 run")'
	@echo "Making a Python environment in .venv ..."
	@$(PYTHON) -m venv --clear .venv && $(BIN)/python -m pip --version >/dev/null || { rm -rf .venv; \
	  echo "The environment .venv could not be made; the lines above say why. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(BIN)/.runtime: requirements/runtime.txt | $(BIN)/python
	@echo "Installing what the app needs ..."
	@$(PIP) -r requirements/runtime.txt && touch $@

build/checkov/.done: requirements/checkov.txt
	@echo "Installing what reads the Terraform sources ..."
	@$(PYTHON) -m venv build/checkov
	@build/checkov/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $< && touch $@

build/audit/.done: requirements/audit.txt
	@echo "Installing what asks about the libraries ..."
	@$(PYTHON) -m venv build/audit
	@build/audit/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $< && touch $@

build/mutation/.done: requirements/mutation.txt
	@echo "Installing what plants faults ..."
	@$(PYTHON) -m venv build/mutation/venv
	@build/mutation/venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $< && touch $@

$(BIN)/.dev: requirements/runtime.txt requirements/dev.txt | $(BIN)/python
	@echo "Installing what tests and checks need ..."
	@$(PIP) -r requirements/dev.txt && touch $@ $(BIN)/.runtime
