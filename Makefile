# Short names for `python3 dev.py ...`; `make help` prints the targets from their own comments.
# Arguments: make run ARGS="search lease", make test ARGS="tests/demo -x", make real SITE=folder

PYTHON ?= python3
ARGS ?=
DEV = $(PYTHON) dev.py
export SITE

.DEFAULT_GOAL := help
.PHONY: help demo run test lint format types contracts check real soak bench shell lock clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

demo: ## crawl and search the bundled site, offline
	@$(DEV) demo $(ARGS)

run: ## run quaero with ARGS
	@$(DEV) run $(ARGS)

test: ## run the tests
	@$(DEV) test $(ARGS)

lint: ## look for mistakes
	@$(DEV) lint $(ARGS)

format: ## lay out the code
	@$(DEV) format $(ARGS)

types: ## check the types
	@$(DEV) types $(ARGS)

contracts: ## check the direction of imports
	@$(DEV) contracts

check: ## lint, format, types, contracts and tests
	@$(DEV) check

real: ## crawl real documentation, also killed on the way, and compare; SITE=folder for your own
	@$(DEV) real

soak: ## run the long tests; ARGS="--backend postgres kills zombies statements races pairs histories table"
	@$(DEV) soak $(ARGS)

bench: ## run the benchmark that ARGS names
	@$(DEV) bench $(ARGS)

shell: ## open a shell in the environment
	@$(DEV) shell

lock: ## choose the locked versions anew
	@$(DEV) lock

clean: ## remove the private environment
	rm -rf .quaero-dev
