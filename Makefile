# The commands a person types. Everything behind them is in infra/local/.

# Any Python from 3.11 on; it makes .venv and is not needed again after that.
PYTHON ?= python3

# make run PLACE=Nantes PROVIDERS=5000 SEED=7 PORT=8080 STORY=garden
export PLACE PROVIDERS SEED PORT STORY

LOCAL := @$(PYTHON) -m infra.local
BIN := .venv/bin
# Says nothing of its own; what it runs finds the Node beside it.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm --silent --prefix mobile_client
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run demo up down status shell client setup test test-deep check mutants bench chaos lock clean

help: ## Show this.
	@echo "Jobbing: make TARGET, in a clone of its own"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  With run, demo and up: PLACE=Nantes PROVIDERS=5000 SEED=7 PORT=8080 STORY=garden. With test: ARGS='-k offers'."

run: ## Set up, start, play three stories, then serve until Ctrl-C.
	$(LOCAL) run

demo: ## The same, but end after the stories; fails unless all of it happened.
	$(LOCAL) demo

up: ## Start everything in the background; returns when it serves.
	$(LOCAL) up

down: ## Stop everything.
	$(LOCAL) down

status: ## Tell what runs.
	$(LOCAL) status

shell: ## Open a shell in which Jobbing's own commands work.
	$(LOCAL) shell

client: ## Work on the app: each change shows at once, with the server that make up started.
	$(LOCAL) client

setup: ## Install what is missing, start nothing.
	$(LOCAL) setup

test: ## Run the tests, on private servers of their own.
	$(LOCAL) setup --all
	@$(BIN)/pytest --numprocesses auto --dist loadfile -m "not e2e and not deep" $(ARGS)
# One after the other: each is a load of its own. With ARGS there may be none.
	@$(BIN)/pytest -m e2e $(ARGS) || [ $$? -eq 5 ]
# ARGS are pytest's: whoever names some of its tests does not ask for those of the app.
	@$(if $(ARGS),true,$(NPM) test)

test-deep: ## Random lives for ten thousand steps, and a fortnight of visits; an hour.
	$(LOCAL) setup --all
	$(BIN)/pytest -m deep $(ARGS)
	$(BIN)/python -m benchmarks.visits

check: ## Check style, types, which room imports which, and the contracts.
	$(LOCAL) setup --all
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -m contract
	$(NPM) run check

mutants: ## Take rules out one at a time, to see which test misses each; a quarter of an hour.
	$(LOCAL) setup --all
	$(BIN)/python -m tests.mutants --only "$(RULE)"

bench: ## Measure beside the rivals; hours at a million providers, PROVIDERS=50000 is quicker.
	$(LOCAL) setup --all
	$(BIN)/python -m benchmarks.ranking --providers $(or $(PROVIDERS),1000000)
	$(BIN)/python -m benchmarks.ranking_http --providers $(or $(PROVIDERS),1000000)
	$(BIN)/python -m benchmarks.delivery
	$(BIN)/python -m benchmarks.acceptance
	$(BIN)/python -m benchmarks.recovery

chaos: ## Kill everything at random under load, and count what was lost; a quarter of an hour.
	$(LOCAL) setup --all
	$(BIN)/python -m benchmarks.chaos --offers $(or $(OFFERS),20000) --kills $(or $(KILLS),200)
	$(BIN)/python -m benchmarks.rolling

lock: ## Lock the Python requirements anew, with hashes.
	$(LOCAL) setup
	$(LOCK) --extra seed --extra s3 pyproject.toml --output-file requirements/app.txt
	$(LOCK) --all-extras pyproject.toml --output-file requirements/dev.txt

clean: ## Stop everything and remove what was made here, data included.
	$(LOCAL) clean
