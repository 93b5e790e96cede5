# `make run` and `make test` install what they need into .venv and .tools; nothing else on the machine is touched,
# but for Debian's chromium and fonts that the browser tests need (and install where they may).
export UV_COMPILE_BYTECODE := 1
export UV_PROJECT_ENVIRONMENT := .venv
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --no-sync
PYTHON ?= python3

.PHONY: install install-dev browser postgresql mariadb imap run test matrix check fix oracles peers bench clean

$(UV):
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.installed: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --no-dev
	@rm -f .venv/.installed-dev
	@touch $@

.venv/.installed-dev: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet
	@touch $@ .venv/.installed

install: .venv/.installed
install-dev: .venv/.installed-dev

run: install
	@.venv/bin/faultloop up

browser:
	@sh tests/install_browser.sh

postgresql:
	@sh tests/install_postgresql.sh

mariadb:
	@sh tests/install_mariadb.sh

imap:
	@sh tests/install_imap.sh

# Three workers on two cores: one of them waits for a server or a browser most of the time.
test: check browser postgresql mariadb imap
	$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder

# What the check leaves out to stay short: further languages, widths, moments and databases of the same tests.
matrix: install-dev browser postgresql mariadb imap
	$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder -m matrix

# Everything that reads and nothing that edits.
check: install-dev
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) mypy
	$(RUN) lint-imports

fix: install-dev
	$(RUN) ruff format
	$(RUN) ruff check --fix

# The libraries that the analysis is compared and timed with, apart from everything else.
.venv-oracles/.installed: tests/oracles/pyproject.toml tests/oracles/uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-oracles $(UV) sync --frozen --quiet --project tests/oracles
	@touch $@

oracles: .venv-oracles/.installed
	.venv-oracles/bin/python -m pytest -c tests/oracles/pytest.ini tests/oracles

# The same page in Vizro, to be measured beside ours; apart from everything else too.
.venv-peers/.installed: benchmarks/peers/pyproject.toml benchmarks/peers/uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-peers $(UV) sync --frozen --quiet --project benchmarks/peers
	@touch $@

peers: .venv-peers/.installed

bench: install-dev browser .venv-oracles/.installed peers
	$(RUN) python -m benchmarks

clean:
	rm -rf .venv .venv-oracles .venv-peers .tools .mypy_cache .ruff_cache .import_linter_cache .hypothesis
