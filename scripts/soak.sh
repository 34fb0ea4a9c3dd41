#!/usr/bin/env bash
# The long run before a piece of work is called done: full sizes, ten kills for each story, both
# engines. Tests read YUTANG_SOAK.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh test
export YUTANG_SOAK=1

server=$(mktemp -d)
export YUTANG_TEST_POSTGRES_HOME=$server
finish() {
    unset YUTANG_TEST_POSTGRES
    cargo xtask postgres stop || true
    rm -rf "$server"
}
trap finish EXIT
YUTANG_TEST_POSTGRES=$(cargo xtask postgres start)
export YUTANG_TEST_POSTGRES

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --profile soak
else
    cargo test --workspace --no-fail-fast
fi

if [ -f e2e/package.json ]; then
    # The program carries the console that is there when it is built.
    npm --prefix console run --silent build
    cargo build --package yutang-server
    export YUTANG_BIN=${YUTANG_BIN:-${CARGO_TARGET_DIR:-$PWD/target}/debug/yutang}
    npm --prefix e2e test
fi
