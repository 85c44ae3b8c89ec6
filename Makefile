# One environment, .venv, serves every target. Each target installs what it needs into it and leaves
# a stamp, so the next run starts at once: `demo` takes the core and scikit-learn, `test` adds the
# test tools, `venv` the developer's. PYTHON=python3.12 picks the interpreter of a new environment.

BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(BIN)/python -m pip install --quiet
# The tests of a file stay together: what they share is made once.
PYTEST_ARGS ?= -n auto --dist loadfile
# The rooms whose every line and branch is tested.
COVERED := src/holotype/graph/*,src/holotype/archive/*,src/holotype/digest.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help venv demo test coverage lint style types imports bench bench-scan bench-store frameworks fuzz js test-versions versions clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
		while IFS='|' read -r target what; do printf '%-22s %s\n' "$$target" "$$what"; done

venv: .venv/.dev ## Make .venv with everything a developer needs

frameworks: .venv/.ci ## Add every framework to .venv, so that no test skips for want of one

demo: .venv/.demo ## The main job on real data: fit, dump, show, verify, damage, load
	@$(BIN)/holotype demo

test: .venv/.test ## Run the tests with branch coverage (PYTEST_ARGS="-k name" for some of them)
	@$(BIN)/python -m pytest --cov --cov-report=term $(PYTEST_ARGS)

coverage: .venv/.test ## After `make test`: fail unless graph, archive and digest are fully covered
	@$(BIN)/coverage report --include='$(COVERED)' --fail-under=100

lint: style types imports ## Check style, types and the import contract

style: .venv/.dev ## Only ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev ## Only mypy, strict
	$(BIN)/mypy

imports: .venv/.dev ## Only import-linter: which room may import which
	$(BIN)/lint-imports --no-logo

bench: .venv/.test bench-store ## Compare with pickle, joblib, skops and others (BENCH_ARGS=--help says more)
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

bench-store: .venv/.peers ## Compare the store with joblib, zipnn, DVC and MLflow (STORE_ARGS=--help)
	@$(BIN)/python -m benchmarks.store $(STORE_ARGS)

bench-scan: .venv/.scanners ## Compare `holotype scan` with picklescan and fickling
	@$(BIN)/python -m benchmarks.scan $(BENCH_ARGS)

fuzz: .venv/.test ## Hostile files by the thousand for a minute (FUZZ_ARGS="--seconds 3600 --jobs 2")
	@$(BIN)/python -m fuzz $(FUZZ_ARGS)

js: ## The JavaScript reader's own tests (needs Node 18 or later; the Python tests run them too)
	@cd clients/js && node --test

test-versions: ## Test against scikit-learn 1.4 and every minor after it (ARGS="--only 1.4,1.5")
	@python=$$(scripts/python.sh) && "$$python" scripts/test_versions.py $(ARGS)

versions: ## Old models in later scikit-learns, beside pickle, joblib, skops (ARGS="--only 1.0,1.9")
	@python=$$(scripts/python.sh) && "$$python" -m scripts.versions $(ARGS)

clean: ## Remove the environments and everything else that the other targets made
	rm -rf .venv .venvs build dist benchmarks/.cache .coverage .coverage.* htmlcov
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# `venv` leaves a usable-looking python behind when it fails halfway, so the stamp comes last.
.venv/.made:
	@python=$$(scripts/python.sh) && rm -rf .venv && \
		echo "Making .venv with $$("$$python" --version)" && "$$python" -m venv .venv
	@touch $@

.venv/.demo: pyproject.toml .venv/.made
	@echo "Installing Holotype and scikit-learn into .venv (once)"
	@$(PIP) --editable '.[sklearn]'
	@touch $@

.venv/.test: pyproject.toml .venv/.made
	@echo "Installing Holotype and its test tools into .venv (once)"
	@$(PIP) --editable '.[test]'
	@touch $@ .venv/.demo

.venv/.dev: pyproject.toml .venv/.made
	@echo "Installing Holotype and its developer tools into .venv (once)"
	@$(PIP) --editable '.[dev]'
	@touch $@ .venv/.test .venv/.demo

.venv/.scanners: pyproject.toml .venv/.made
	@echo "Installing Holotype and other scanners into .venv (once)"
	@$(PIP) --editable '.[test,scanners]'
	@touch $@ .venv/.test .venv/.demo

.venv/.peers: pyproject.toml .venv/.made
	@echo "Installing Holotype and what its store is compared with into .venv (once)"
	@$(PIP) --editable '.[test,peers]'
	@touch $@ .venv/.test .venv/.demo

.venv/.ci: pyproject.toml .venv/.made
	@echo "Installing Holotype, its developer tools and every framework into .venv (once)"
	@$(PIP) --editable '.[ci]'
	@touch $@ .venv/.dev .venv/.test .venv/.demo
