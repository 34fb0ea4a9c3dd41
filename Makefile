# `make demo` to look at it, `make test` before handing anything over.

.PHONY: help demo test soak bench console fmt lint gen

help:
	@echo "make demo     build everything and start the demo: prints a URL and a login"
	@echo "make test     install what tests need and run all of them"
	@echo "make soak     full sizes, ten kills for each story (long)"
	@echo "make bench    speed, against its targets (long)"
	@echo "make console  build the console alone"
	@echo "make fmt      format"
	@echo "make lint     formatting, clippy, arrows, generated files"
	@echo "make gen      write generated files anew"

demo: console
	cargo run --package yutang-server -- demo

test:
	scripts/test.sh

soak:
	scripts/soak.sh

bench:
	bench/run

console:
	scripts/setup.sh build
	npm --prefix console run --silent build

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo xtask arrows
	cargo xtask check

gen:
	cargo xtask gen
