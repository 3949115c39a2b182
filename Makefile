# Everything runs in .venv, made from the lock. `make help` lists the targets.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
BIN := .venv/bin
PORT ?= 8000
LOCALES := reconciler/portal/i18n/locales reconciler/reports/locales

.PHONY: help demo portal quick test lint soak bench lock schemas messages clean
help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.venv/packages: requirements.lock pyproject.toml setup.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# the catalogs compiled from today's .po files
.venv/installed: .venv/packages $(foreach folder,$(LOCALES),$(wildcard $(folder)/*.po)) tools/catalogs.py
	$(BIN)/python -c "import pathlib; from tools.catalogs import compile_catalogs; \
	  [compile_catalogs(pathlib.Path(folder)) for folder in '$(LOCALES)'.split()]"
	@touch $@

demo: .venv/installed ## the ten-minute tour; ends by itself and leaves nothing running
	$(BIN)/reconciler demo

portal: .venv/installed ## a seeded portal that keeps running, to look at and to try the commands on
	@mkdir -p .demo
	@test -f .demo/password || $(BIN)/python -c 'import secrets; print("Demo-1-" + secrets.token_urlsafe(9))' > .demo/password
	@test -f .demo/portal.sqlite || $(BIN)/reconciler portal seed --database sqlite:///.demo/portal.sqlite \
	  --demo-password "$$(cat .demo/password)"
	@echo "Look at it: http://127.0.0.1:$(PORT), password $$(cat .demo/password), as"
	@echo "  ada.quist@provider.example     who administers the portal"
	@echo "  anna.schmidt@acme.example      a manager at a customer"
	@echo "  tom.lang@acme.example          a requester"
	@echo "In another terminal:"
	@echo "  export RECONCILER_PORTAL_URL=http://127.0.0.1:$(PORT)"
	@echo "  export RECONCILER_PORTAL_TOKEN=$$($(BIN)/reconciler portal token --database sqlite:///.demo/portal.sqlite --scope apply)"
	@echo "  $(BIN)/reconciler plan"
	@echo "Stop it with Ctrl-C; forget it with rm -r .demo"
	$(BIN)/reconciler portal serve --database sqlite:///.demo/portal.sqlite --port $(PORT) --log-level warning

quick: lint ## types, style and the tests of pure code, in a minute
	$(BIN)/python -m pytest -q -n 2 tests/model tests/planning tests/reports tests/house \
	  --ignore tests/planning/test_properties.py --ignore tests/planning/test_determinism.py

test: lint ## everything that proves the program
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/installed ## types, style, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: .venv/installed ## the random tests, much longer, and every statement killed
	SOAK=20 $(BIN)/python -m pytest -n 2 tests/runs tests/planning tests/rights tests/documents tests/reports \
	  tests/cli/test_kills.py tests/portal/test_schemathesis.py tests/portal/test_killed_server.py \
	  tests/portal/test_migrations.py tests/portal/test_handovers.py

bench: .venv/installed ## how time grows with the book, whether it tells who is known here, and what attacks do to it
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.enumeration
	$(BIN)/python -m tests.bench.attacks

lock: ## renew the locks, for development and for a portal: hashes, no addresses
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --all-extras --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --all-extras --constraints requirements.lock pyproject.toml -o requirements-portal.lock

schemas: .venv/installed ## write schemas/ anew from the types
	$(BIN)/python -c "import pathlib; from reconciler.documents.schemas import generate_schemas; \
	  [pathlib.Path('schemas', name).write_text(text) for name, text in generate_schemas().items()]"

messages: .venv/packages ## renew the template and the catalogs from the English texts, and compile them
	$(BIN)/python -m tools.messages

clean: ## forget what was made
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
