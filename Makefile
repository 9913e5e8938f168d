# make run    try everything on a sample marketplace (var/demo/)
# make up     run the real thing on var/
# make test   lint, types, contracts and all tests
# make install  only the environment in .venv with the faunawatch command
# make lock   resolve requirements*.lock anew from pyproject.toml (needs uv)

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml --extra install --extra embed

.PHONY: run up test lint install install-dev lock clean

run: install
	@$(RUN)/faunawatch demo

up: install
	@$(RUN)/faunawatch up

install: $(VENV)/.installed-run
install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "faunawatch needs Python 3.11 or newer; set PYTHON=python3.12 or install it."; exit 1; }
ifdef UV
	@uv venv --quiet --python $(PYTHON) $(VENV)
else
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
endif

$(VENV)/.installed-run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing faunawatch into $(VENV) ..."
ifdef UV
	@uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements.lock
	@uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
else
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed-run
	@echo "Installing what the tests need ..."
ifdef UV
	@uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements-dev.lock
else
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
endif
	@touch $@

lint: install-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports
	$(RUN)/mypy

test: lint
	$(RUN)/pytest -n auto --dist worksteal

lock:
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV)
