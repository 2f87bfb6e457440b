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
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
lint: $(STAMP) ## Check format, style, types, SQL, PL/pgSQL bodies, the view of functions and generated files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfluff lint sql
	$(BIN)/python tools/plpgsql_check.py
	$(BIN)/python tools/check_functions.py
	$(BIN)/python tools/generate_client.py --check
	$(BIN)/python tools/check_tests.py
	$(BIN)/python tools/check_words.py
	$(BIN)/python tools/closure.py --at-most 6819 2214
	@! grep -rnE --include='*.py' '_private_(jobs|job_queues|tasks|known_crontabs|workers)\b' py \
	  || { echo "py/ touches queue tables: that belongs into a function under sql/functions" >&2; exit 1; }

.PHONY: pyright
pyright: $(STAMP) ## Check tests/typing with pyright, too; mypy does in `make lint` (installs basedpyright, 100 MB, outside .venv).
	@test -x .pyright/bin/basedpyright || { $(PYTHON) -m venv .pyright && .pyright/bin/pip install --quiet 'basedpyright>=1.30'; }
	.pyright/bin/basedpyright --pythonpath $(BIN)/python

.PHONY: closure
closure: $(STAMP) ## Count the code behind Worker and AsyncClient (ARGS=--modules lists it; `make lint` holds the limits).
	@$(BIN)/python tools/closure.py $(ARGS)

.PHONY: format
format: $(STAMP) ## Format Python and SQL, fix what can be fixed.
	$(BIN)/python tools/generate_client.py
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix sql

.PHONY: wheel
wheel: $(STAMP) ## Build the sdist and the wheel into dist/.
	rm -rf dist
	$(BIN)/python -m build

.PHONY: faults
faults: $(STAMP) ## Kill, freeze and cut off workers and servers, and prove that no job is lost (ARGS="--seconds 5").
	@$(BIN)/python -m tools.faults $(ARGS)

.PHONY: interop-cron
interop-cron: $(STAMP) ## Run one crontab in Node's worker and ours at once, for two minutes (needs node and npm).
	@$(BIN)/python tools/interop_cron.py

.PHONY: clean
clean: ## Remove .venv and everything built.
	rm -rf $(VENV) .pyright dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: extension
extension: ## Install the extension's files for the PostgreSQL of PG_CONFIG (as whoever may write there).
	@$(MAKE) -C extension install

.PHONY: onefile
onefile: ## Write the file for psql and the one for pg_tle into dist/.
	@$(PYTHON) extension/build.py --out build/install
	@mkdir -p dist
	cp build/install/graphile_worker.sql build/install/graphile_worker.pg_tle*.sql dist/

.PHONY: snapshot
snapshot: $(STAMP) ## Write tests/schema/graphile_worker.txt, the schema to be read in review.
	@$(BIN)/python tools/snapshot.py

.PHONY: takeover
takeover: $(STAMP) ## Take over databases of the old npm releases of Graphile Worker (needs npm; ARGS="0.1.0 ...").
	@$(BIN)/python tools/takeover.py $(ARGS)

.PHONY: matrix
matrix: $(STAMP) ## Run the suite on PostgreSQL 12 to 18 (needs npm; ARGS="--majors 12,18 -k migrate").
	@$(BIN)/python tools/matrix.py $(ARGS)

.PHONY: bench
bench: $(STAMP) ## Measure this queue, the raw SQL floor and installed peers (ARGS=--quick; docs/performance.md).
	@$(BIN)/python -m bench compare $(ARGS)

.PHONY: bench-shapes
bench-shapes: $(STAMP) ## Measure this queue with other things lying in the table, named queues, a million jobs.
	@$(BIN)/python -m bench shapes $(ARGS)

.PHONY: bench-operations
bench-operations: $(STAMP) ## Measure stats, lists, the admin page and a cleanup among 5,000,000 rows.
	@$(BIN)/python -m bench operations $(ARGS)

.PHONY: bench-pairs
bench-pairs: $(STAMP) ## Measure BASE=COMMIT and the tree in turns: rates, processor time (ARGS="--rows drain,bulk").
	@test -n "$(BASE)" || { echo "before what? make bench-pairs BASE=COMMIT" >&2; exit 2; }
	@$(BIN)/python -m bench pairs --base $(BASE) $(ARGS)

.PHONY: bench-peers
bench-peers: $(STAMP) ## Install the peers for `make bench` into a folder outside the tree.
	@$(BIN)/python -m bench peers

.PHONY: bench-report
bench-report: $(STAMP) ## Write the figures and charts of the last runs into docs/performance.md.
	@$(BIN)/python -m bench report

.PHONY: interop
interop: $(STAMP) ## Let the published Node.js worker and ours share one schema, a line per behaviour (needs npm).
	@$(BIN)/python tools/interop.py
