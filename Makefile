# make run            the service on http://127.0.0.1:8080 (PORT=8090 VAR=/some/folder)
# make test           all tests that are not slow; make test-slow: long races and kills; make check: style, types, imports
# make bench          figures (ONLY=prefix); make wheelhouse: everything to install without internet; make screenshots; make pins; make calendar

PORT ?= 8080
VAR ?= var
ONLY ?=
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
SOURCES := pyproject.toml hatch_build.py $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/tests/*' -not -path '*/stylepage/*')

.PHONY: run test test-slow check bench wheelhouse screenshots pins calendar clean
.DELETE_ON_ERROR:

run: .venv/run.stamp
	@echo "» starting on http://127.0.0.1:$(PORT), data in $(VAR)/ (Ctrl+C ends it)"
	@exec $(BIN)/confsvc serve --quickstart --var "$(VAR)" --port "$(PORT)"

test: .venv/test.stamp .venv/chromium.stamp .venv/dovecot.stamp
	@if command -v node >/dev/null; then echo "» node --test frontend/tests"; node --test frontend/tests/*.test.js >.venv/node.log || { cat .venv/node.log; exit 1; }; \
	else echo "» no Node here: the tests of frontend/ are left out"; fi
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" --durations=20

test-slow: .venv/test.stamp .venv/chromium.stamp .venv/dovecot.stamp
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow --durations=20

check: .venv/check.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/sizes.py

bench: .venv/test.stamp
	$(BIN)/python -m tests.bench $(ONLY)

screenshots: .venv/test.stamp .venv/chromium.stamp
	$(BIN)/python -m tests.screenshots

wheelhouse: .venv/run.stamp
	@echo "» collecting the service and all it needs in dist/wheelhouse"
	@mkdir -p dist/wheelhouse
	$(PIP) wheel --wheel-dir dist/wheelhouse -r requirements/run.txt
	$(PIP) wheel --wheel-dir dist/wheelhouse --no-deps .
	@ls dist/wheelhouse | wc -l | xargs echo "» wheels:"

pins:
	$(PYTHON) requirements/resolve.py

# The days of confsvc/data/calendar-vn.csv, from the package that knows Vietnam's holidays; look at the difference.
calendar: .venv/run.stamp
	$(PIP) install -r requirements/tools.txt
	$(BIN)/python tools/holidays_vn.py

clean:
	rm -rf .venv confsvc/web/static/dist dist frontend/node_modules

# The steps below run once and again when what they depend on changed.

.venv/made.stamp:
	@tools/venv.sh "$(PYTHON)" .venv
	@touch $@

.venv/run.stamp: .venv/made.stamp requirements/run.txt $(SOURCES)
	@echo "» installing the pinned requirements (once, one to two minutes)"
	@$(PIP) install -r requirements/run.txt
	@echo "» building the pages' styles and scripts, installing the project"
	@$(PIP) install --no-deps -e .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements/test.txt
	@echo "» installing what the tests need"
	@$(PIP) install -r requirements/test.txt
	@touch $@

.venv/check.stamp: .venv/test.stamp requirements/check.txt
	@echo "» installing what the checks need"
	@$(PIP) install -r requirements/check.txt
	@touch $@

.venv/chromium.stamp: .venv/made.stamp
	@tools/chromium.sh
	@touch $@

.venv/dovecot.stamp: .venv/made.stamp
	@tools/dovecot.sh
	@touch $@
