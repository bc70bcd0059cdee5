# Two commands: `make demo` and `make test`. The rest is for those who work on outwatch.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DATA   ?= .outwatch/kafka
PORT   ?= 9092
# Everything, Detoxify and torch included, where nothing may be skipped.
TESTED := $(if $(CI),all,dev)

.PHONY: help demo test check bench kafka dashboards lock clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.demo  ## a broker, a worker, a pager and the console on sample traffic, in this terminal
	@$(BIN)/outwatch demo

test: $(VENV)/.$(TESTED)  ## the whole suite; starts a real Kafka where Java and Maven are there
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev  ## formats, lints, types and imports, without the tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.$(TESTED)  ## the benchmarks; writes tests/benchmarks/RESULTS.md
	$(BIN)/python -m tests.benchmarks.run

kafka:  ## a real Kafka in the foreground: make kafka DATA=folder PORT=9092
	$(PYTHON) deploy/kafka/run.py --data $(DATA) --port $(PORT)

dashboards: $(VENV)/.dev  ## writes grafana/dashboards/*.json anew
	$(BIN)/python -m grafana.generate

lock:  ## resolves all versions anew, in one run
	$(BIN)/python deploy/lock/compile.py --upgrade

clean:  ## removes what was built here
	rm -rf $(VENV) .red-teams build dist *.egg-info deploy/kafka/target .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "outwatch needs Python 3.11 to 3.13; call make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

.red-teams: deploy/lock/red-teams.txt | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
	  --target $@ -r $<
	@touch $@

$(VENV)/.%: deploy/lock/%.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what deploy/lock/$*.txt pins (a minute or two the first time)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
