# Everything a developer runs. With uv on the PATH it is used; without it, venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLOT := .bench/plot
UV := $(shell command -v uv 2>/dev/null)

# What is installed comes from requirements.txt alone, each file checked against its hash; then
# the project itself, editable, built by the hatchling that is pinned there.
ifdef UV
MAKE_VENV := test -x $(BIN)/python || "$(UV)" venv --quiet --python "$(PYTHON)" $(VENV)
INSTALL := "$(UV)" pip install --quiet --python $(BIN)/python
else
# A venv that uv has made has no pip.
MAKE_VENV := test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
INSTALL := $(BIN)/python -c "import pip" 2>/dev/null || $(BIN)/python -m ensurepip >/dev/null; \
  $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile
# What pip compiles on one core.
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib
endif

.PHONY: help demo test check e2e pictures bench faults docs requirements clean python-is-new-enough
.DEFAULT_GOAL := help

help: ## show this
	@echo "make TARGET [PYTHON=python3.13]"
	@sed -n 's/^\([a-z0-9]*\):.*## /  \1	/p' Makefile | expand -t 16

demo: $(VENV)/installed ## a whole Urgent Action: look, rehearse, status, and a refusal; sends nothing
	@examples/demo.sh

# Many wait for most of their time: two more than there are cores leave none of these idle.
test: $(VENV)/installed ## all tests that need nothing but the venv, shared out among all cores
	@# Where Python may keep nothing that it compiled, each of the many commands compiles us anew.
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q --numprocesses $$(($$(nproc) + 2)) --dist worksteal

check: $(VENV)/installed ## what must be clean: format, lint, types, generated pages
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python docs/generate.py check

e2e: python-is-new-enough ## install it in every way, send mails and real faxes, kill it 100 times; as root, with Debian packages
	"$(PYTHON)" tests/e2e/run.py

pictures: python-is-new-enough ## make the README's picture of a dry-run anew; as root, with Debian packages
	KEEP_PICTURES=1 "$(PYTHON)" tests/e2e/run.py wheel-install pages

bench: $(VENV)/installed $(PLOT)/pinned ## messages per second beside others, and every figure of docs/performance.md; half an hour
	$(BIN)/python bench/compare.py
	$(BIN)/python bench/figures.py
	$(PLOT)/bin/python bench/report.py

faults: $(VENV)/installed ## the same faults against uadispatch, mailmerge and django-post_office; minutes
	$(BIN)/python bench/faults.py

docs: $(VENV)/installed ## write the pages and the schema that are made from the code
	$(BIN)/python docs/generate.py write

PIN = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --annotation-style line $(UPGRADE)

# Keeps the versions that stand there; `make requirements UPGRADE=--upgrade` takes new ones.
requirements: ## pin what is installed anew after a change in pyproject.toml; needs uv
	$(PIN) --group dev --extra testing --extra workers --extra notify --output-file requirements.txt pyproject.toml
	$(PIN) --group pages --output-file tests/e2e/pages-requirements.txt
	$(PIN) --group peers --output-file bench/peers-requirements.txt
	$(PIN) --group bench --output-file bench/requirements.txt

clean: ## remove the venv, caches and builds; journals and rehearsals (.uadispatch) stay
	rm -rf $(VENV) .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find src plugins tests docs bench -name __pycache__ -type d -exec rm -rf {} +

# Two steps, so that an edit of pyproject.toml does not check every pinned file again.
$(VENV)/pinned: requirements.txt | python-is-new-enough
	$(MAKE_VENV)
	$(INSTALL) --require-hashes -r requirements.txt
	$(COMPILE)
	@touch $@

$(VENV)/installed: pyproject.toml $(VENV)/pinned
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# What draws the plot of `make bench`, apart from everything else.
$(PLOT)/pinned: bench/requirements.txt | python-is-new-enough
	"$(PYTHON)" -m venv --clear $(PLOT)
	$(PLOT)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

python-is-new-enough:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "uadispatch needs Python 3.11 or newer, and $(PYTHON) is not one:" \
	    "$$("$(PYTHON)" --version 2>&1 | head -n 1). Name another: make PYTHON=python3.13" >&2; exit 1; }
