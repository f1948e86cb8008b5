# The ways in: make demo, make test, make check. `make help` lists them all.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The newest Python that is there and new enough; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv/bin
RUN := $(VENV)/python
# What one process has compiled the next ones read, whatever the environment says: it halves the start of each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo '✗ 需要 Python 3.11 以上 / Python 3.11 or newer is needed: apt install python3 python3-venv'; exit 1; }

.PHONY: setup setup-dev
setup: python ## what the demo needs: .venv and front-end packages
	@$(PYTHON) -m casework.local.bootstrap base embedded

setup-dev: python ## the same and the tools of tests and checks
	@$(PYTHON) -m casework.local.bootstrap base embedded dev

.PHONY: demo stop
demo: setup ## the whole system with the 2021 campaign, in the foreground
	@exec $(RUN) manage.py up --demo

stop: setup ## end the running demo, or what is left of a killed one
	@$(RUN) manage.py stop

.PHONY: test
# Two processes more than the machine has cores: some tests mostly wait, for real services and for the browser.
JOBS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); test $$cores -gt 6 && echo 8 || echo $$((cores + 2)))

test: setup-dev ## the whole test suite, on embedded services; TESTS=… runs a part, JOBS=… in so many processes
ifdef TESTS
	@$(RUN) -m pytest $(TESTS)
else
	@$(RUN) -m pytest -q -n $(JOBS) tests
endif

.PHONY: retest
retest: setup-dev ## the tests that failed last, once more and alone; refused when there are many
	@$(RUN) -m tests.retest

.PHONY: check static-checks
check: static-checks test ## what CI runs

static-checks: setup-dev ## everything of `make check` except the tests
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-cache
	$(VENV)/djlint --lint --quiet casework units evidence cases
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m casework.local.generated --check

.PHONY: fmt generate lock bench clean
fmt: setup-dev ## format and mend what can be mended
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

generate: setup-dev ## renew the committed API schema and the compiled translations
	$(RUN) -m casework.local.generated

lock: setup-dev ## renew the lock files from requirements/*.in and package.json
	@cd requirements && for group in base embedded dev node uv; do \
		../$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header --no-annotate $$group.in -o $$group.lock || exit 1; done
	npm install --package-lock-only

bench: setup-dev ## the benchmarks, printed as ratios
	@$(RUN) -m benchmarks

clean: stop ## remove what set-up made; the data in $$CASEWORK_HOME stay
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
