#!/usr/bin/env bash
# Everything that has to hold before a change is handed over. Steps run in the order in which they
# are cheap; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
locked=
if [ -n "${CI:-}" ]; then
    locked=--locked
fi

step() {
    echo
    echo "== $1 (after ${SECONDS} s)"
}

step "what tests need"
scripts/setup.sh test

step "format"
cargo fmt --all --check -- -l || {
    echo "these files are not formatted: run \`make fmt\`" >&2
    exit 1
}

# A server of this run alone, so that two runs on one machine do not stop each other's.
server=
if [ -z "${YUTANG_TEST_POSTGRES:-}" ]; then
    step "PostgreSQL for tests"
    server=$(mktemp -d)
    export YUTANG_TEST_POSTGRES_HOME=$server
fi
finish() {
    if [ -n "$server" ]; then
        unset YUTANG_TEST_POSTGRES
        cargo xtask postgres stop || true
        rm -rf "$server"
    fi
}
trap finish EXIT
if [ -n "$server" ]; then
    YUTANG_TEST_POSTGRES=$(cargo xtask postgres start)
    export YUTANG_TEST_POSTGRES
fi

step "arrows"
cargo xtask arrows

step "clippy"
cargo clippy $locked --workspace --all-targets -- -D warnings

step "Rust tests"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run $locked --workspace
else
    cargo test $locked --workspace --no-fail-fast
fi

step "generated files, catalogues, codes, marks"
cargo xtask check

step "console"
npm --prefix console run --silent types
npm --prefix console test
npm --prefix console run --silent build

if [ -f e2e/package.json ]; then
    step "stories in a browser"
    # As `make demo` runs it: cargo hands what the build set on to the program, which refuses settings
    # that it does not know.
    cargo run $locked --package yutang-server -- config >/dev/null
    export YUTANG_BIN=${YUTANG_BIN:-${CARGO_TARGET_DIR:-$PWD/target}/debug/yutang}
    npm --prefix e2e test
fi

step "all passed"
