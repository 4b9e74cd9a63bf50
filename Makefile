# One word a task; `make help` lists them. The work is in tools/. Ports, addresses and directories come from
# the environment (RTMP_PORT, RTSP_PORT, API_PORT, METRICS_PORT, PLAYBACK_PORT, SERVICE_PORT, BIND, ADMIN_BIND,
# BUILD_DIR, RUN_DIR, ROUTER, ENGINE), so that two copies can run side by side.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Debian's own has pytest; another system's is the one on PATH.
PYTHON := $(shell if command -v dpkg-query >/dev/null; then echo /usr/bin/python3; else echo python3; fi)
PRESET ?= dev
BUILD_DIR ?= build/$(PRESET)
STREAM ?= demo
SOURCE ?= ffmpeg
STREAMS := tests/fixtures/test-streams
export BUILD_DIR STREAM SOURCE

.PHONY: deps
deps: ## install the Debian packages of the everyday targets (each target installs its own when missing)
	@tools/deps.sh

.PHONY: build
build: ## compile everything into BUILD_DIR (PRESET=dev|asan|tsan|fuzz|coverage|release)
	@tools/deps.sh build
	@tools/build.sh $(PRESET)

.PHONY: dev
dev: ## build, start everything in the background, wait until it is healthy (ENGINE=docker: in containers)
	@tools/deps.sh $(if $(filter docker,$(ENGINE)),python,build run)
	@$(if $(filter docker,$(ENGINE)),,TARGETS=programs tools/build.sh $(PRESET))
	@$(PYTHON) tools/stack.py up

.PHONY: ps
ps: ## each process with its pid, port, health, uptime and restarts
	@$(PYTHON) tools/stack.py ps

.PHONY: logs
logs: ## follow all logs (FOLLOW=0: only the last lines)
	@$(PYTHON) tools/stack.py logs

.PHONY: down
down: ## stop everything that `make dev` started
	@$(PYTHON) tools/stack.py down

.PHONY: publish
publish: ## publish the test stream to live/STREAM/in (SOURCE=ffmpeg|gst, QUERY=, DURATION=seconds)
	@if command -v dpkg-query >/dev/null; then tools/deps.sh $(if $(filter gst,$(SOURCE)),gst,media); fi
	@$(PYTHON) tools/stack.py publish

.PHONY: play
play: ## play live/STREAM/in over RTSP (SIDE=out: the processed one); without a display print what arrives
	@tools/deps.sh media
	@$(STREAMS)/play.sh

.PHONY: api
api: ## the Control API's list of paths
	@tools/deps.sh run
	@answer=$$($(PYTHON) tools/stack.py api) && printf '%s\n' "$$answer" | jq .

.PHONY: metrics
metrics: ## the router's metrics
	@tools/deps.sh run
	@$(PYTHON) tools/stack.py metrics

.PHONY: test
test: ## build, then unit, contract, conformance, interop, integration, browser and chaos tests; ends in "N passed, N failed"
	@tools/deps.sh build run media gst test
	@$(PYTHON) tools/run_tests.py --preset $(PRESET)

.PHONY: verify
verify: ## measure the success criteria on the running stack, or on one of its own (FORMAT=json, ONLY=SC-004,hook)
	@tools/deps.sh build run media >&2
	@TARGETS=programs tools/build.sh $(PRESET) >&2
	@$(PYTHON) tools/run_verify.py

.PHONY: asan tsan
asan tsan: ## the whole suite under the address (asan) or thread (tsan) sanitizer
	@tools/deps.sh build run media gst test sanitize
	@BUILD_DIR=build/$@ $(PYTHON) tools/run_tests.py --preset $@

.PHONY: chaos
chaos: ## the long form of the chaos tests: kill, stop, cut and fight for some minutes (ROUTER= another router)
	@tools/deps.sh build run media test
	@ONLY=chaos CHAOS=long $(PYTHON) tools/run_tests.py --preset $(PRESET)

.PHONY: coverage
coverage: ## the whole suite with line coverage per folder; fails below 80 % in all or 100 % of mtx-hook
	@tools/deps.sh build run media gst test sanitize
	@BUILD_DIR=build/coverage $(PYTHON) tools/run_coverage.py

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZ_SECONDS (default 10) on its corpus
	@tools/deps.sh build sanitize
	@BUILD_DIR=build/fuzz tools/fuzz.sh

.PHONY: bench bench-full
bench: ## the router beside nginx-rtmp, MediaMTX, SRS and the kernel's floor; below ten minutes, bench/README.md
	@tools/deps.sh build media gst bench
	@TARGETS=bench tools/build.sh $(PRESET)
	@bench/run.py

bench-full: ## all of it: some hours, on a machine that does nothing else (bench/run.py --full --resume goes on)
	@tools/deps.sh build media gst bench
	@TARGETS=bench tools/build.sh $(PRESET)
	@bench/run.py --full

# What is installed is a release, unless somebody chooses another preset.
package test-package: PRESET := $(if $(filter file,$(origin PRESET)),release,$(PRESET))

.PHONY: package
package: ## a Debian package of the programs, in BUILD_DIR/package (PRESET=release unless given)
	@tools/deps.sh build package
	@tools/package.sh $(PRESET)

.PHONY: test-package
test-package: ## build the package; install, run, upgrade and purge it on a clean Debian; ends in "N passed, N failed"
	@tools/deps.sh build package run media test test-package
	@tools/package.sh $(PRESET)
	@ONLY=package $(PYTHON) tools/run_tests.py --preset $(PRESET) --no-build

.PHONY: format
format: ## rewrite the C++ files in the project's style
	@tools/deps.sh lint
	@tools/format.sh

.PHONY: lint
lint: ## formatting, clang-tidy, shellcheck, layers and sizes
	@tools/deps.sh build run lint
	@tools/lint.sh

.PHONY: clean
clean: ## stop the stack; remove what was built and logged
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) tools/stack.py clean; fi
	@rm -rf build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
