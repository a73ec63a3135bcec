# Everything a person needs: `make run`, `make test`. The rest is for those who change the code.
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PORT ?= $(or $(WATTYARD_PORT),8080)
HOST ?= $(or $(WATTYARD_HOST),127.0.0.1)
DATA ?= $(or $(WATTYARD_DATA),wattyard-data)
# Test processes: one more than two cores, since some tests wait for other processes.
WORKERS ?= 3
# Of pip only errors are shown: what a configuration of pip warns of would fill the first screen.
PIP := $(PY) -m pip --disable-pip-version-check -qq
# An installation that can be edited is not compiled by pip, and each process would do it again
# (half a second) where the environment forbids Python to keep what it compiled.
COMPILE := $(PY) -m compileall -q src
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check format bench client figures generators integrations torture fuzz attack pins \
	image image-size clean

run: $(VENV)/.server
	@exec $(PY) -m wattyard serve --sample --host "$(HOST)" --port "$(PORT)" --data "$(DATA)"

# In random order; the seed is printed, and ARGS="--order-seed n" repeats it.
test: $(STAMP)
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(STAMP)
	$(PY) -m ruff format --check src tests benchmarks clients deploy
	$(PY) -m ruff check src tests benchmarks clients deploy
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(STAMP)
	$(PY) -m ruff check --fix src tests benchmarks clients deploy
	$(PY) -m ruff format src tests benchmarks clients deploy

# Kill processes with -9 while writers write, workers while webhooks are on their way, and moves of
# an account between cells: 20 times each, at random moments; other ones by TORTURE_SEED=n. The
# server on its own database, on an external one, and on a cluster that Patroni keeps. Then a server
# under load for 20 minutes (SOAK=seconds).
torture: $(STAMP) $(VENV)/.torture
	WATTYARD_TORTURE_KILLS=20 WATTYARD_TORTURE_SEED=$(or $(TORTURE_SEED),1) \
		$(PY) -m pytest --timeout 0 -s tests/journeys/test_robustness.py tests/journeys/test_webhooks.py \
		tests/journeys/test_cells.py tests/journeys/test_patroni.py \
		-k "nothing_acknowledged or killed_with_9 or moves_under_load or killed_at_any or patroni"
	WATTYARD_SOAK_SECONDS=$(or $(SOAK),1200) WATTYARD_TORTURE_SEED=$(or $(TORTURE_SEED),1) \
		$(PY) -m pytest -n 1 --timeout 0 -rP tests/journeys/test_soak.py

# Random requests made from the OpenAPI document, 300 an operation; 100,000 calls with hostile
# values, and every value in every field; 100,000 of one tenant with the ids of another; 100 random
# examples of every property, sites against the references of prices and costs among them.
fuzz: $(STAMP)
	WATTYARD_TEST_EXAMPLES=$(or $(SITES),100) $(PY) -m pytest -n 2 --dist worksteal --timeout 0 \
		tests/http -k against_the_reference
	WATTYARD_TEST_EXAMPLES=$(or $(SITES),100) $(PY) -m pytest -n 2 --dist worksteal --timeout 0 \
		tests/maths tests/feeds tests/stores/test_pool.py
	WATTYARD_FUZZ_EXAMPLES=$(or $(EXAMPLES),300) WATTYARD_FUZZ_CALLS=$(or $(CALLS),100000) \
		WATTYARD_FUZZ_SEED=$(or $(FUZZ_SEED),1) \
		$(PY) -m pytest -n 2 --dist worksteal --timeout 0 tests/sweeps/test_schemathesis.py \
		tests/sweeps/test_random_values.py tests/sweeps/test_isolation.py

# A gibibyte of hostile bytes of every kind; a minute of one tenant attacking beside another.
attack: $(STAMP)
	WATTYARD_ATTACK_MIB=$(or $(MIB),1024) WATTYARD_ATTACK_SECONDS=$(or $(SECONDS),60) \
		WATTYARD_ATTACK_SEED=$(or $(ATTACK_SEED),1) $(PY) -m pytest --timeout 0 tests/attacks

# Which figures of docs/benchmarks.md are older than the code that they measure.
figures: $(STAMP)
	WATTYARD_FIGURES=strict $(PY) -m pytest -q -n 0 tests/docs/test_figures.py

# The description of the API through generators of clients and a linter that others wrote.
generators: $(STAMP)
	$(PY) -m tests.generators

# Home Assistant and Node-RED themselves, with the configuration of their guides, against a server.
integrations: $(STAMP)
	$(PY) -m tests.integrations

# Write the generated files of the Python client from the endpoints' declarations.
client: $(STAMP)
	PYTHONPATH=clients/python $(PY) -m generator

bench: $(STAMP)
	PYTHONPATH=clients/python/src $(PY) -m benchmarks $(ARGS)

# Exact pins with hashes, from the ranges in pyproject.toml and its options for pip-tools.
PIN := $(PY) -m piptools compile -q
pins: $(STAMP)
	$(PIN) -o requirements/server.txt pyproject.toml
	$(PIN) --extra dev --extra bench -o requirements/dev.txt pyproject.toml
	$(PIN) --extra torture -o requirements/torture.txt pyproject.toml

# The container's image, by podman or docker; and how large it is, also where neither is installed.
image:
	BUILDAH_FORMAT=docker $(or $(shell command -v podman),docker) build -f deploy/Containerfile -t wattyard:0.1.0 .

image-size: $(STAMP)
	$(PY) deploy/image_size.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(PY):
	@python3 -m venv $(VENV)

$(VENV)/.server: $(PY) requirements/server.txt pyproject.toml
	@test -f $(STAMP) || echo "wattyard: installing into $(VENV), once for each release: about a minute …"
	@test -f $(STAMP) || $(PIP) install --require-hashes -r requirements/server.txt
	@test -f $(STAMP) || $(PIP) install --require-hashes --no-deps -r requirements/build.txt
	@test -f $(STAMP) || $(PIP) install --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.torture: $(STAMP) requirements/torture.txt
	$(PIP) install --require-hashes -r requirements/torture.txt
	@touch $@

$(STAMP): $(PY) requirements/dev.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@
