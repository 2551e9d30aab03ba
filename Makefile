# make repro: install what is missing, then run the whole workflow. make report: only the page, of what is there.
# make test: install, then the tests. make mutants: see whether the tests notice when the code is broken.
PYTHON ?= python3
# Quoted wherever the shell reads it: the folder may have blanks and the like in its name.
BIN := $(CURDIR)/.venv/bin
# The stages call python, and DVC's queue workers call dvc: both must be those of the environment.
export PATH := $(BIN):$(PATH)

.PHONY: repro report test mutants
repro: .venv/installed
# DVC writes these in place: killed while writing one, it would refuse to start.
	@find . -maxdepth 3 '(' -path ./.dvc/tmp/rwlock -o -path ./dvc.lock ')' -empty -delete
	"$(BIN)/dvc" repro
	@printf '\nThe study:\n'
	@sed -n '/^- /p' metrics/report/sweep.md
	@printf 'The audit of these photos:\n'
	@cat metrics/report/audit.md
	@printf 'All of it, on one page: metrics/report.html. The suspects, to decide about each: metrics/audit.html\n'

report: .venv/installed
	@"$(BIN)/python" -m stages.report

test: .venv/installed
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy" stages
# One BLAS thread a process: two processes of two threads each on two cores would run ten times slower.
	OMP_NUM_THREADS=1 "$(BIN)/python" -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

mutants: .venv/installed
	"$(BIN)/python" -m pip install --quiet --constraint constraints.txt '.[mutants]'
	"$(BIN)/python" -m tests.mutants 320 1

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed, this is " + sys.version.split()[0])'
	@printf 'Installing into .venv what constraints.txt pins, about 900 MB; this takes a minute or two.\n'
	$(PYTHON) -m venv .venv
	"$(BIN)/python" -m pip install --quiet --constraint constraints.txt '.[dev]'
	touch $@
