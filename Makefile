# Everything runs from a virtual environment of its own, which the first target that needs it creates. `make` alone lists
# the targets. PYTHON=python3.12 make test picks another interpreter; ARGS="-k listen -x" reaches pytest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=

# Debian's own interpreter installs nothing by its side; root's pip would only warn about a choice that is already made.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z-]*:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(STAMP) ## Create .venv and install the package and its tools in it.

# Installed again only when pyproject.toml has changed: the package itself is read from the tree.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is missing or older than Python 3.11; name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; \
	  else \
	    echo "Python's venv module is not complete here. On Debian and Ubuntu: apt-get install python3-venv (as root)" >&2; \
	    exit 1; \
	  fi; \
	fi
	@test -x $(BIN)/python && $(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

.PHONY: demo
demo: $(STAMP) ## Watch jobs being added by a trigger and run by a worker, on the embedded PostgreSQL.
	@$(BIN)/python examples/demo.py

.PHONY: test
test: $(STAMP) ## Run every pgTAP and pytest test (TEST_DATABASE_URL names another server; ARGS go to pytest).
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Check format, style, types, SQL, PL/pgSQL bodies and generated files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint sql
	$(BIN)/python tools/plpgsql_check.py
	$(BIN)/python tools/generate_client.py --check
	@! grep -rnE --include='*.py' '_private_(jobs|job_queues|tasks|known_crontabs|workers)\b' py \
	  || { echo "py/ touches queue tables: that belongs into a function under sql/functions" >&2; exit 1; }

.PHONY: format
format: $(STAMP) ## Format Python and SQL, fix what can be fixed.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix sql

.PHONY: wheel
wheel: $(STAMP) ## Build the sdist and the wheel into dist/.
	rm -rf dist
	$(BIN)/python -m build

.PHONY: clean
clean: ## Remove .venv and everything built.
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
