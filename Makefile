# Each target is a line or two over an npm script; `make demo` and `make test` are all a fresh machine needs.
.PHONY: install build demo test lint bench

install:
	npm ci --no-fund --no-audit
	npm run --silent build

build:
	npm run --silent build

demo: install
	npm run --silent demo

test: install
	npm test

lint: install
	npm run lint

# All of it, with other programs beside it; `make bench ARGS=--check` also fails where a limit is missed.
bench: install
	npm run --silent bench -- --all $(ARGS)
