# Everything is set up in .venv on first use; only Python 3.11 or later and make are needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
TABLES := palmerpenguins bokeh_sampledata mlxtend ISLP vega_datasets

.PHONY: run check test oldest lecture lint bench bench-tables clean

run: .venv/base  ## train the lecture's network on the embedded MNIST
	$(BIN)/nnspec run specs/mlp.yaml

test: .venv/all  ## the whole suite, on every backend
	$(BIN)/python -m pytest -n auto --dist worksteal

check: lint  ## lint, and the tests that need no framework
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not framework"

oldest: .venv/oldest  ## the language, with the oldest versions that pyproject.toml admits
	.venv/oldest/bin/python -m pytest -q -n auto -m "not framework" tests/language tests/options tests/components tests/spec tests/graph

lecture: .venv/all  ## every command of the lecture's walk; refreshes its outputs and pictures
	$(BIN)/python -m examples.lecture

lint: .venv/dev  ## style, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/all  ## measurements, side by side; prints ratios
	$(BIN)/python -m benchmarks $(BENCH)

bench-tables: .venv/all  ## `nnspec init` on real data, against scikit-learn's networks
	$(BIN)/python -m pip install --quiet --no-deps $(TABLES)  # for the files that they ship
	$(BIN)/python -m benchmarks.tables $(BENCH)

.venv/oldest: .venv/bin/python pyproject.toml
	$(PYTHON) -m venv .venv/oldest
	.venv/oldest/bin/python -m pip install --quiet 'pydantic==2.11.*' 'polars==2.0.*' --editable '.[tables]' pytest pytest-xdist hypothesis jsonschema types-PyYAML
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

# pip compiles what it installs, but nothing of an editable package: without this the first start,
# and every start where Python must not write bytecode, takes half as long again.
.venv/base: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m compileall -q nnspec
	touch $@

.venv/dev: .venv/base
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# torch goes first and pinned: a later one that another package asks for would bring CUDA along.
.venv/all: .venv/dev
	$(BIN)/python -m pip install --quiet 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --editable '.[all,bench,dev]'
	touch $@
