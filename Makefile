# Every target makes the environment first if it is missing. Needs CPython 3.11 or newer with pip, and a C++ compiler for compiled models.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# One thread a process: more makes small tensors slower, not faster.
PYTEST := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/pytest -n 2

.PHONY: setup test test-all lint demo bench docs fmt clean

setup: $(READY)

# torch first: its own line fixes the build, and nothing that follows may choose another.
# timm without its dependencies: torchvision has no build for every machine.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable ".[torch,test,references]"
	$(BIN)/pip install --quiet --no-deps "timm>=1,<2"
	touch $(READY)

test: lint
	$(PYTEST) -m "not slow and not gpu"

test-all: lint
	$(PYTEST)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: setup
	$(BIN)/catnn check examples/digits.cat
	$(BIN)/catnn type examples/digits.cat:digits
	$(BIN)/catnn cost examples/digits.cat:digits --at b=64
	$(BIN)/catnn emit examples/digits.cat:digits
	OMP_NUM_THREADS=1 $(BIN)/python examples/train_digits.py

# Half an hour on a quiet machine; `benchmarks/README.md` has figures and says how to read them.
bench: setup
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks --compiled
	$(BIN)/python -m benchmarks.cold
	$(BIN)/python -m benchmarks.checking

docs: setup
	$(BIN)/python docs/errors.py
	$(BIN)/python docs/library.py
	$(BIN)/python docs/gallery.py

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/catnn fmt catnn/std examples

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
