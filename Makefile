# make help says what there is. Only make and git must be there: setup brings the rest.

PACKAGES ?= python3 python3-venv gcc g++ libc6-dev clang cmake ccache gcc-arm-none-eabi \
    libnewlib-arm-none-eabi qemu-system-arm dataset-fashion-mnist
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
SQZ2C := $(VENV)/bin/sqz2c
WORKERS ?= 2
EXAMPLES ?= 1
DEMO := build/demo
BOARD ?= mps2_an386

# Tests compile the same C again and again: ccache, where it is installed, does so once. Headers
# that a test wrote a moment ago are compared by their contents all the same.
CCACHE := PATH=/usr/lib/ccache:$$PATH CCACHE_DIR=$(CURDIR)/build/ccache \
    CCACHE_SLOPPINESS=include_file_ctime,include_file_mtime

# Two test workers with a thread each are faster on two cores than two that fight over both.
PYTEST := $(CCACHE) OMP_NUM_THREADS=1 SQZ2C_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup packages demo check lint test bench clean

help: ## what these commands do
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
	    printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: packages $(READY) ## install what is missing: Debian packages, then .venv

packages:
	@command -v dpkg-query >/dev/null || { \
	    echo "setup: not a Debian system; install these yourself: $(PACKAGES)"; exit 0; }; \
	missing=; \
	for name in $(PACKAGES); do \
	    case "$$(dpkg-query -W -f='$${db:Status-Status}' $$name 2>/dev/null)" in \
	        installed) ;; *) missing="$$missing $$name" ;; esac; \
	done; \
	case " $(PACKAGES) " in *" clang "*) \
	    echo 'int main(void) { return 0; }' | clang -fsanitize=address,undefined -x c -o /dev/null - \
	        2>/dev/null || missing="$$missing libclang-rt-dev" ;; esac; \
	[ -n "$$missing" ] || exit 0; \
	sudo=; \
	if [ "$$(id -u)" != 0 ]; then \
	    command -v sudo >/dev/null || { \
	        echo "setup: as root, run: apt-get install$$missing"; exit 1; }; \
	    sudo=sudo; \
	fi; \
	echo "setup: installing$$missing"; \
	$$sudo apt-get -q update && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $$missing

# The first Python on PATH that is new enough and can make a virtual environment.
$(READY): pyproject.toml constraints.txt | packages
	@for python in python3 python3.11 python3.12 python3.13 /usr/bin/python3; do \
	    $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	        2>/dev/null && break; \
	    [ $$python != /usr/bin/python3 ] || { echo "setup: needs Python 3.11 or newer"; exit 1; }; \
	done; \
	echo "setup: $(VENV) with $$($$python --version), packages as in constraints.txt"; \
	[ -x $(PYTHON) ] || $$python -m venv $(VENV)
	@$(PYTHON) -m pip install -qq -c constraints.txt hatchling editables
	@$(PYTHON) -m pip install -qq -c constraints.txt --no-build-isolation -e '.[test]'
	@touch $@

demo: $(READY) ## compile the shipped Fashion-MNIST network, prove it, run it on a Cortex-M4
	@echo "1. C sources out of examples/fashion_mnist/model.pt, in $(DEMO)"
	$(SQZ2C) generate examples/fashion_mnist/model.pt -o $(DEMO) --name fashion_mnist \
	    --images examples/fashion_mnist/images --board $(BOARD)
	@echo "2. Every layer of that C, on this machine, against PyTorch"
	$(SQZ2C) verify $(DEMO)
	@echo "3. Firmware for $(BOARD), with test pictures inside"
	$(SQZ2C) build $(DEMO) --board $(BOARD)
	@echo "4. The firmware in QEMU: are its logits PyTorch's?"
	$(SQZ2C) run $(DEMO) --board $(BOARD)

lint: $(READY)
	@$(VENV)/bin/ruff check --quiet .

check: lint ## the fast tests: under a minute on two cores
	$(PYTEST) -m "not slow"

test: lint ## everything: real networks, every core, whole data sets; EXAMPLES=10 tries more
	$(PYTEST)

bench: $(READY) ## speed on all cores and on this machine, against other kernels
	@set -e; for name in kernels host requantize rows plan; do \
	    echo "benchmarks/$$name.py"; $(PYTHON) -m benchmarks.$$name; done

clean: ## delete what was built; .venv stays
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find sqz2c tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
