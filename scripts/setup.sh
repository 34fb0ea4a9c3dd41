#!/usr/bin/env bash
# Sees to what building (`setup.sh build`) or testing (`setup.sh test`) needs, through the ordinary
# package clients, and touches nothing that is there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-build}
missing=()

has() { command -v "$1" >/dev/null 2>&1; }

stop() {
    echo "setup: $1" >&2
    exit 1
}

has cargo || stop "Rust is not installed: see https://rustup.rs"
has node || stop "Node.js is not installed: version 20.19 or later is needed"
has npm || stop "npm is not installed: it comes with Node.js"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    stop "Node.js $(node --version) is too old: version 20.19 or later is needed"

has cc || missing+=(build-essential)

if [ "$purpose" = test ]; then
    postgres=(/usr/lib/postgresql/*/bin/initdb)
    if [ -z "${YUTANG_TEST_POSTGRES:-}" ] && [ ! -x "${postgres[0]}" ] && ! has initdb; then
        missing+=(postgresql)
    fi
    if [ -z "${YUTANG_CHROMIUM:-}" ] && ! has chromium && ! has chromium-browser && ! has google-chrome; then
        missing+=(chromium)
    fi
    if ! has fc-list || [ -z "$(fc-list :lang=zh-cn 2>/dev/null | head -n 1)" ]; then
        missing+=(fontconfig fonts-noto-cjk)
    fi
    if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
        missing+=(python3 python3-venv)
    fi
fi

if [ ${#missing[@]} -gt 0 ]; then
    has apt-get || stop "please install, with your system's package manager: ${missing[*]}"
    as_root=env
    if [ "$(id -u)" != 0 ]; then
        has sudo || stop "please install, as root: apt-get install ${missing[*]}"
        as_root="sudo env"
    fi
    echo "setup: installing ${missing[*]}"
    $as_root apt-get update -qq </dev/null
    $as_root DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
fi

# A folder's packages, when its lock file has changed since they were installed.
packages() {
    [ -f "$1/package-lock.json" ] || return 0
    if [ ! -f "$1/node_modules/.package-lock.json" ] ||
        [ "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]; then
        npm --prefix "$1" ci --no-audit --no-fund --loglevel=error </dev/null
        touch "$1/node_modules/.package-lock.json"
    fi
}

# Programs of Python that tests hold the adapters against, each set in a folder of its own. A set is
# complete once its mark is there; an installation that was cut short begins again.
python_set() {
    local folder=${XDG_CACHE_HOME:-$HOME/.cache}/yutang/$1
    shift
    [ ! -f "$folder/complete" ] || return 0
    echo "setup: installing $* for tests"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" </dev/null
    touch "$folder/complete"
}

packages console
if [ "$purpose" = test ]; then
    packages e2e
    [ -n "${YUTANG_SYNAPSE:-}" ] || python_set synapse matrix-synapse==1.163.2
    [ -n "${YUTANG_TELEGRAM_JUDGES:-}" ] || python_set telegram python-telegram-bot==22.8 aiogram==3.31.0
    [ -n "${YUTANG_WEBHOOK_JUDGES:-}" ] || python_set webhook standardwebhooks==1.1.0
fi
