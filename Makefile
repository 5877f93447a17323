# Each target installs into .venv when that is missing or older than what it is made from; once it stands, none calls pip.
VENV ?= .venv
PYTHON ?= python3
PIPFLAGS ?= -q
BIN = $(VENV)/bin
TEXT ?= 医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次
# $(value) and the environment carry quotes and dollar signs of TEXT="..." to the command as they were typed.
override TEXT := $(value TEXT)
export TEXT

# What tries less in `make test`; the counts stand in tests/soak/conftest.py and tests/agent/store_contract.py.
SOAKED = tests/soak $(wildcard tests/agent/test_store*.py)

.PHONY: advise test check bench soak snapshot

advise: $(VENV)/.ready
	@$(BIN)/modelwise advise "$$TEXT"

test: check
	$(BIN)/pytest -n auto --dist loadgroup $(PYTESTFLAGS)

check: $(VENV)/.ready .dev/modelwise
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .dev/modelwise/
	$(BIN)/mypy
	PYTHONPATH="$(CURDIR)/.dev" $(BIN)/lint-imports

bench: $(VENV)/.ready
	$(BIN)/python -m modelwise.evals bench

soak: $(VENV)/.ready
	MODELWISE_SOAK=1 $(BIN)/pytest -n auto --dist loadgroup -m 'not llm and not browser' $(PYTESTFLAGS) $(SOAKED)

snapshot: $(VENV)/.ready
	$(BIN)/python -m modelwise.knowledge.build

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Installing into $(VENV): once, a few minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(PIPFLAGS) -c constraints.txt -e '.[dev,slack,mcp,postgres,otel]'
	@touch $@

# The root under the name `modelwise`, for tools that take a module's name from its path: in a clone named `tools`, ruff
# would read `from .agent` as a bare `tools`, and mypy would find no modelwise at all.
.dev/modelwise:
	mkdir -p .dev
	ln -sfn .. $@
