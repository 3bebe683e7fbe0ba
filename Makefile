# Needs Python 3.11 or newer, pip and make; everything else is installed into .venv.
# NNDL_DATA=<folder with the four MNIST files> is used where it is set; else the pages run on the embedded digits.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.stamp-installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup test lint pytest nbval book notebooks exercises bench address clean

help: ## this list
	@echo "make <target>, one of:"
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(READY) ## create .venv and install the package with all that tests and book need

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[book,grading,test]"
	@touch $@

test: lint book pytest nbval ## everything: style, the built book, tests, browser tests, notebooks
	@echo "All tests passed."

lint: $(READY) ## ruff check and ruff format --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pytest: $(READY)
	$(BIN)/python -m pytest -rs

nbval: $(READY)
	$(BIN)/python -m nndl.grading exercises check
	$(BIN)/python tools/notebooks.py check
	$(BIN)/python -m pytest --nbval-lax --nbval-cell-timeout=300 -p no:cacheprovider solutions book/notebooks

book: $(READY) ## build the book into _build/html, every warning an error
	@$(BIN)/python tools/book.py

notebooks: book ## write the chapters as plain notebooks to book/notebooks
	@$(BIN)/python tools/notebooks.py copy

exercises: $(READY) ## write exercises/ from solutions/
	$(BIN)/python -m nndl.grading exercises build

bench: $(READY) ## compare kernels with their twins and the package with its peers
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.conv
	$(BIN)/python -m benchmarks.inference

address: $(READY) ## change the public address everywhere: make address REPO=https://github.com/OWNER/NAME
	$(BIN)/python tools/address.py $(REPO)

clean: ## remove what was built; .venv stays
	rm -rf _build build dist screenshots .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
