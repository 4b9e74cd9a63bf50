# One target for each task; `make help` lists them. The scripts are in tools/. Ports, addresses and directories come from
# the environment (RTMP_PORT, RTSP_PORT, HLS_PORT, API_PORT, METRICS_PORT, PLAYBACK_PORT, SERVICE_PORT, BIND, ADMIN_BIND, BUILD_DIR,
# RUN_DIR, ROUTER, ENGINE), so that two stacks can run side by side.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# On Debian, its own Python, which has pytest. On other systems, the one on PATH.
PYTHON := $(shell if command -v dpkg-query >/dev/null; then echo /usr/bin/python3; else echo python3; fi)
PRESET ?= dev
BUILD_DIR ?= build/$(PRESET)
STREAM ?= demo
SOURCE ?= ffmpeg
STREAMS := tests/fixtures/test-streams
export BUILD_DIR STREAM SOURCE

.PHONY: deps
deps: ## install the Debian packages for the usual targets (each target also installs what it needs)
	@tools/deps.sh

.PHONY: build
build: ## compile everything into BUILD_DIR (PRESET=dev|asan|tsan|fuzz|coverage|release)
	@tools/deps.sh build
	@tools/build.sh $(PRESET)

.PHONY: dev
dev: ## build, start everything in the background, wait until it is healthy (ENGINE=docker: in containers; DUB=demo; SECURE=1: TLS)
	@tools/deps.sh $(if $(filter docker,$(ENGINE)),python,build run $(if $(filter demo,$(DUB)),demo)) $(if $(SECURE),secure)
	@$(if $(filter docker,$(ENGINE)),,TARGETS=programs tools/build.sh $(PRESET))
	@$(PYTHON) tools/stack.py up

.PHONY: ps
ps: ## show each process with its pid, port, health, uptime and restarts
	@$(PYTHON) tools/stack.py ps

.PHONY: logs
logs: ## follow all logs (FOLLOW=0: print only the last lines)
	@$(PYTHON) tools/stack.py logs

.PHONY: down
down: ## stop everything that `make dev` started
	@$(PYTHON) tools/stack.py down

.PHONY: publish
publish: ## publish the test stream to live/STREAM/in (SOURCE=ffmpeg|gst, QUERY=, DURATION=seconds)
	@if command -v dpkg-query >/dev/null; then tools/deps.sh $(if $(filter gst,$(SOURCE)),gst,media); fi
	@$(PYTHON) tools/stack.py publish

.PHONY: play
play: ## play live/STREAM/in over RTSP (SIDE=out: the processed stream); without a display, print what arrives
	@tools/deps.sh media
	@$(STREAMS)/play.sh

.PHONY: api
api: ## print the list of paths from the router's Control API
	@tools/deps.sh run
	@answer=$$($(PYTHON) tools/stack.py api) && printf '%s\n' "$$answer" | jq .

.PHONY: metrics
metrics: ## print the router's metrics
	@tools/deps.sh run
	@$(PYTHON) tools/stack.py metrics

.PHONY: test
test: ## build, then run all tests (ONLY=unit,contract,...); the last line is "N passed, N failed"
	@tools/deps.sh build run media gst test secure
	@tools/unpack.sh
	@$(PYTHON) tools/run_tests.py --preset $(PRESET)

.PHONY: verify
verify: ## measure the success criteria on the running stack, or on one of its own (FORMAT=json, ONLY=SC-004,hook)
	@tools/deps.sh build run media >&2
	@TARGETS=programs tools/build.sh $(PRESET) >&2
	@$(PYTHON) tools/run_verify.py

.PHONY: asan tsan
asan tsan: ## run all tests with the address sanitizer (asan) or the thread sanitizer (tsan)
	@tools/deps.sh build run media gst test secure sanitize
	@tools/unpack.sh
	@BUILD_DIR=build/$@ $(PYTHON) tools/run_tests.py --preset $@

.PHONY: chaos
chaos: ## run the long form of the chaos tests, which kill, stop and disconnect programs (ROUTER=: another router)
	@tools/deps.sh build run media test
	@ONLY=chaos CHAOS=long $(PYTHON) tools/run_tests.py --preset $(PRESET)

.PHONY: coverage
coverage: ## run all tests and print the line coverage; fails below 80 % of all code or 100 % of mtx-hook
	@tools/deps.sh build run media gst test secure sanitize
	@tools/unpack.sh
	@BUILD_DIR=build/coverage $(PYTHON) tools/run_coverage.py

.PHONY: build-time
build-time: ## build from scratch without ccache and print the CPU seconds; fails at 1.3 times those of tools/build_time.json
	@tools/deps.sh build
	@$(PYTHON) tools/build_time.py

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZ_SECONDS (default 10), beginning with its corpus
	@tools/deps.sh build sanitize
	@BUILD_DIR=build/fuzz tools/fuzz.sh

.PHONY: bench bench-full
bench: ## compare the router with nginx-rtmp, MediaMTX and SRS in less than ten minutes (bench/README.md)
	@tools/deps.sh build media gst bench
	@TARGETS=bench tools/build.sh $(PRESET)
	@bench/run.py

bench-full: ## run the complete bench, which takes hours on a quiet machine (bench/run.py --full --resume continues it)
	@tools/deps.sh build media gst bench
	@TARGETS=bench tools/build.sh $(PRESET)
	@bench/run.py --full

SIM_STREAMS ?= 10000
.PHONY: sim
sim: ## simulate a day of many streams on 50 routers, with everything that breaks, and draw it (SIM_STREAMS=100000: docs/scale.md)
	@tools/deps.sh build bench
	@TARGETS=tidegate-sim tools/build.sh $(PRESET)
	@bench/sim.py --streams $(SIM_STREAMS) --plots docs/scale

# Packages and images contain a release build, unless somebody chooses another preset. `make test-cluster` makes images, too.
package test-package images test-cluster: PRESET := $(if $(filter file,$(origin PRESET)),release,$(PRESET))

.PHONY: package
package: ## build a Debian package into BUILD_DIR/package (PRESET=release by default)
	@tools/deps.sh build package
	@tools/package.sh $(PRESET)

.PHONY: test-package
test-package: ## build the package; install, run, upgrade and purge it on a clean Debian
	@tools/deps.sh build package run media test test-package
	@tools/package.sh $(PRESET)
	@ONLY=package $(PYTHON) tools/run_tests.py --preset $(PRESET) --no-build

.PHONY: images
images: ## write container images of the programs into BUILD_DIR/images.tar, without a container engine (PRESET=release by default)
	@tools/deps.sh build
	@TARGETS="media-service media-router stream-worker stream-worker-dub stream-forwarder mtx-hook sts-echo" tools/build.sh $(PRESET)
	@tools/make_images.py $(BUILD_DIR)/bin $(BUILD_DIR)/images.tar --sts-echo $(if $(ROUTER),--mediamtx $(ROUTER))

.PHONY: test-cluster
test-cluster: ## run the programs on a real Kubernetes in namespaces of its own (KUBE_BIN=folder, as tools/build_kubernetes.sh builds it; ROUTER=; PRESET=release by default)
	@tools/deps.sh build run media test secure cluster
	@tools/unpack.sh unpack-cluster
	@ONLY=cluster $(PYTHON) tools/run_tests.py --preset $(PRESET)

.PHONY: format
format: ## format the C++ files
	@tools/deps.sh lint
	@tools/format.sh

.PHONY: lint
lint: ## check formatting, layers, sizes, links, shell scripts and clang-tidy
	@tools/deps.sh build run lint
	@tools/lint.sh

.PHONY: screenshots
screenshots: ## render the pictures of the dashboard that the documentation shows (docs/screenshots), in about 3 minutes
	@tools/deps.sh build run media test
	@DUB=demo TARGETS=programs tools/build.sh $(PRESET)
	@$(PYTHON) tools/screenshots.py

.PHONY: clean
clean: ## stop the stack; remove everything that was built or logged
	@if command -v $(PYTHON) >/dev/null; then $(PYTHON) tools/stack.py clean; fi
	@rm -rf build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
