# The habit of the hand; CMake does the work. `make help` lists what there is.
.DEFAULT_GOAL := help
PRESET ?= release
N ?= 100
SECONDS_EACH ?= 300
PREFIX ?= /usr/local

.PHONY: help build run test lint bench fuzz chaos install format dashboards pictures clean

help:  ## this list
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/: .*## /\t/' | expand -t 12

build:  ## the release binary, build/release/weir
	@tools/install.sh build
	@test -f build/$(PRESET)/build.ninja || cmake --preset $(PRESET) -DWEIR_TESTS=OFF >/dev/null
	@cmake --build build/$(PRESET) --target weir

run: build  ## install what is missing, build, start, send two samples, show what arrived, serve until Ctrl-C
	@tools/demo.sh build/$(PRESET)/weir

test:  ## install what the tests need and run all of them (about 20 minutes)
	@tools/install.sh test
	@tools/test.py

lint:  ## clang-format, clang-tidy, both compilers' warnings, limits of size and complexity
	@tools/install.sh test
	@tools/lint.sh

bench:  ## figures as text and JSON (build/bench.json); no verdict
	@tools/install.sh test
	@tools/bench.py

fuzz:  ## every fuzzer for SECONDS_EACH=300 seconds
	@tools/install.sh test
	@tools/fuzz.sh $(SECONDS_EACH)

chaos:  ## kill -9 under load, N=100 times
	@tools/install.sh test
	@tools/chaos.sh $(N)

install: build  ## weir into PREFIX=/usr/local (DESTDIR is honoured)
	@install -D -m 0755 build/$(PRESET)/weir $(DESTDIR)$(PREFIX)/bin/weir

format:  ## clang-format all of our C
	@git ls-files '*.c' '*.h' | xargs clang-format -i

dashboards:  ## Grafana's dashboards, from their description in dashboards/build.py
	@dashboards/build.py

pictures: build  ## docs/images: the dashboards drawn from a real Prometheus (two minutes)
	@tools/install.sh test
	@bash -c '. tools/venv.sh && "$$VENV/bin/pip" install -q --disable-pip-version-check -r tools/pictures-requirements.txt && "$$VENV/bin/python" tools/pictures.py'

clean:  ## remove build/
	@rm -rf build
