# Every target works as the first and only command in a fresh clone.

# Idle OpenMP threads sleep instead of spinning, so that several runs share a machine well.
export OMP_WAIT_POLICY = passive
# .venv holds all that is needed; packages from elsewhere must not get in.
unexport PYTHONPATH
# Commands that tests start take a second less where bytecode is kept.
unexport PYTHONDONTWRITEBYTECODE

BIN = .venv/bin

.PHONY: help run test lint docs package-test bench fuzz crash-campaign clean

help:
	@echo "make run             simulate the STDP window: HDF5 and picture in results/, and the scorecard"
	@echo "make test            run the tests"
	@echo "make lint            check format, style, types, models and protocols"
	@echo "make docs            build the pages in build/docs, run their examples, check their links"
	@echo "make package-test    build the wheel and try it in an empty environment"
	@echo "make bench           measure speed: benchmarks/results, docs/speed.md"
	@echo "make fuzz            give all readers of files what strangers might: 10,000 inputs each"
	@echo "make crash-campaign  kill and interrupt runs at random moments, and go on with them"
	@echo "make clean           remove .venv, builds and caches; results stay"

run:
	@mkdir -p results
	$(BIN)/neurospine run stdp_window -o results/stdp_window.h5 --force

test:
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/neurospine check --all

docs:
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/docs
	$(BIN)/python tools/check_links.py build/docs

package-test:
	$(BIN)/python -m pytest -m packaging

bench:
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.speed_page

fuzz:
	$(BIN)/python -m tools.hardening.fuzz

crash-campaign:
	$(BIN)/python -m tools.hardening.crashes
	$(BIN)/python -m tools.hardening.interrupts

clean:
	rm -rf .venv build dist docs/gallery .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +


# Setting up. Each set of packages contains the one before it: run, test, dev. All goals of one
# call wait for the same set, so that with make -j pip never works beside a test.

SET = $(if $(filter lint docs package-test,$(MAKECMDGOALS)),dev,$(if $(filter test fuzz,$(MAKECMDGOALS)),test,run))

EXTRAS_test = [test]
EXTRAS_dev = [dev]

STAMPS_run = .venv/with-run
STAMPS_test = $(STAMPS_run) .venv/with-test
STAMPS_dev = $(STAMPS_test) .venv/with-dev

run test lint docs package-test bench fuzz crash-campaign: .venv/with-$(SET)

.venv/with-$(SET): .venv/made pyproject.toml constraints.txt
	@echo "Installing neurospine$(EXTRAS_$(SET)) in .venv"
	@mv .venv/made .venv/making
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c constraints.txt -e '.$(EXTRAS_$(SET))'
	@mv .venv/making .venv/made
	@touch $(STAMPS_$(SET))

# .venv/made names the folder that .venv was made in, and is away while pip works. Where it is
# missing or wrong, or Python does not start, .venv is made anew: it was interrupted, moved or
# copied, or its Python is gone.
.venv/made:
	@python=$$(sh tools/find_python) && echo "Making .venv with $$python" && \
	    rm -rf .venv && "$$python" -m venv .venv && pwd -P > $@

ifneq ($(shell $(BIN)/python -c 'print(open(".venv/made").read())' 2>/dev/null),$(CURDIR))
.PHONY: .venv/made
endif

ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
