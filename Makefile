# make demo: run Sightline with its demo catalog.   make test: every check.   PORT and DATABASE_URL are honoured.
# make world: render what is missing of the demo catalog (hours).   make lint: the quick checks alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# Without --no-compile pip compiles all of torch, of which the tests import a part.
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check

.PHONY: demo test lint world clean

demo: $(VENV)/.demo-installed
	@exec $(BIN)/python manage.py demo

test: $(VENV)/.test-installed lint
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --no-loadscope-reorder

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/lint-imports

world: .venv-world/.installed
	.venv-world/bin/python -m ml.world all

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sightline needs Python 3.11 or newer; set PYTHON=")'
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-installed: pyproject.toml | $(BIN)/python
	@echo "Installing dependencies (about 250 MB, a minute or two)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml | $(BIN)/python
	@echo "Installing dependencies for tests, torch included (some GB, a few minutes)"
	@$(PIP) --editable '.[test,train]'
	@touch $@ $(VENV)/.demo-installed

# Blender is large, and nothing else needs it.
.venv-world/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-world
	.venv-world/bin/python -m pip install --quiet 'bpy>=4.2' pillow
	@touch $@

clean:
	rm -rf var
