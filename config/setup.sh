#!/bin/sh
# Sets up what `make` needs, once: a Python, a virtual environment, locked packages, a browser for the tests,
# message catalogues.
#
#   sh config/setup.sh run     what the demo needs (requirements.txt)
#   sh config/setup.sh dev     the tools for tests and checks as well (requirements-dev.txt)
#   sh config/setup.sh test    the same, a browser, and a token in software (SoftHSM)
#   sh config/setup.sh python  prints the interpreter it would take
#
# POSIX sh: it must run before anything of ours exists. It says one plain sentence and ends with 1 when it cannot go on.
set -eu

cd "$(dirname "$0")/.."
what=${1:-run}
venv=.venv

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# --- 1. a Python that is new enough -----------------------------------------------------------------------

# Prints "<rank> <path>" for an interpreter that really runs and has what we need, nothing otherwise. A shim on
# PATH proves nothing: pyenv lays one for every version it holds, activated or not. Rank 3.13 first, then 3.12:
# every package we lock has a wheel for both; 3.14 and later work where their wheels exist, so they come last.
try_python() {
    "$1" -c '
import sys
import ctypes, ssl, venv
rank = {(3, 13): 1, (3, 12): 2, (3, 14): 3}.get(sys.version_info[:2], 4)
if sys.version_info >= (3, 12):
    sys.stdout.write("%d %s" % (rank, sys.executable))
' 2>/dev/null </dev/null || true
}

candidates() {
    for name in python3.14 python3.13 python3.12 python3 python; do
        command -v "$name" 2>/dev/null || true
    done
    for root in "${PYENV_ROOT:-}" "${HOME:-}/.pyenv"; do
        [ -n "$root" ] || continue
        for path in "$root"/versions/*/bin/python3; do say "$path"; done
    done
    if command -v uv >/dev/null 2>&1; then
        for version in 3.13 3.12 3.14; do
            uv python find --no-project --no-python-downloads "$version" 2>/dev/null </dev/null || true
        done
    fi
    for path in "${HOME:-}"/.local/share/uv/python/*/bin/python3; do say "$path"; done
    # Not on every PATH: a service's or a cron job's is short.
    for folder in ${PYTHON_FOLDERS:-/usr/local/bin /opt/homebrew/bin}; do
        for name in python3.13 python3.12 python3.14 python3; do say "$folder/$name"; done
    done
}

find_python() {
    best=
    best_rank=9
    # A file, not a pipe: a loop behind a pipe runs in a subshell and would lose its result.
    list=$(candidates)
    old_ifs=$IFS
    IFS='
'
    for path in $list; do
        [ -x "$path" ] || continue
        found=$(try_python "$path")
        [ -n "$found" ] || continue
        rank=${found%% *}
        if [ "$rank" -lt "$best_rank" ]; then
            best_rank=$rank
            best=${found#* }
        fi
        [ "$best_rank" -eq 1 ] && break
    done
    IFS=$old_ifs
    [ -n "$best" ] || fail "Sahut memerlukan Python 3.12 atau lebih baru, tetapi tidak ditemukan di PATH, pyenv, atau uv: pasang python3.13 dahulu, lalu ulangi."
    printf '%s\n' "$best"
}

# --- 2. one set-up at a time ------------------------------------------------------------------------------

# Not $venv/.lock: uv locks that one itself. The kernel lets go of a flock when its holder dies. Without flock(1)
# (macOS) a folder is the lock, and its holder's number in it tells whether it is stale.
lock() {
    mkdir -p "$venv"
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$venv/.setup.lock"
        flock 9
        return
    fi
    waited=0
    until mkdir "$venv/.setup.lock.d" 2>/dev/null; do
        holder=$(cat "$venv/.setup.lock.d/pid" 2>/dev/null || true)
        if { [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; } || { [ -z "$holder" ] && [ "$waited" -ge 5 ]; }; then
            rm -rf "$venv/.setup.lock.d"
            continue
        fi
        [ "$waited" -lt 600 ] || fail "Penyiapan lain (proses $holder) belum selesai setelah 10 menit; hentikan dulu, lalu ulangi."
        waited=$((waited + 1))
        sleep 1
    done
    echo $$ >"$venv/.setup.lock.d/pid"
    trap 'rm -rf "$venv/.setup.lock.d"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# --- 3. the virtual environment ---------------------------------------------------------------------------

# Whole, not only begun: one that was interrupted has a Python but nothing to install with.
venv_works() {
    [ -x "$venv/bin/python" ] && [ -n "$(try_python "$venv/bin/python")" ] &&
        { [ -x "$venv/bin/uv" ] || "$venv/bin/python" -c 'import pip' 2>/dev/null; }
}

make_venv() {
    venv_works && return
    python=$(find_python)
    say "Menyiapkan $venv dengan $("$python" --version) ..."
    rm -f "$venv/.setup-run" "$venv/.setup-dev"
    # Debian ships venv without ensurepip unless python3-venv is installed; then two other ways to the same end.
    # --clear is not used: it would delete the lock.
    rm -rf "$venv/bin" "$venv/lib" "$venv/lib64" "$venv/include" "$venv/pyvenv.cfg"
    if "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv "$venv" >/dev/null 2>&1; then
        return
    fi
    rm -rf "$venv/bin" "$venv/lib" "$venv/lib64" "$venv/include" "$venv/pyvenv.cfg"
    if command -v virtualenv >/dev/null 2>&1 && virtualenv -q -p "$python" "$venv" >/dev/null 2>&1; then
        return
    fi
    if command -v uv >/dev/null 2>&1 && uv venv -q --allow-existing --no-python-downloads --python "$python" --seed "$venv"; then
        return
    fi
    fail "Python di $python tidak dapat membuat lingkungan virtual: pasang paket python3-venv (atau virtualenv), lalu ulangi."
}

# --- 4. packages, exactly as locked -----------------------------------------------------------------------

# uv reads neither pip's configuration nor its variables; what the administrator told pip counts for uv too.
# (`pip config get` fails where one level has two files, `list` does not.)
pip_setting() {
    "$venv/bin/python" -m pip config list 2>/dev/null | sed -n "s/^global\.$1='\(.*\)'\$/\1/p" | tail -n 1
}

pass_on_index() {
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        index=${PIP_INDEX_URL:-$(pip_setting index-url)}
        [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
    fi
    if [ -z "${SSL_CERT_FILE:-}" ]; then
        cert=${PIP_CERT:-$(pip_setting cert)}
        [ -z "$cert" ] || export SSL_CERT_FILE="$cert"
    fi
    # Offices whose proxy opens TLS put its certificate into the system's store, which uv leaves aside by default.
    [ ! -f /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
}

find_uv() {
    if [ -x "$venv/bin/uv" ]; then
        uv=$venv/bin/uv
        return
    fi
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --only-binary :all: 'uv>=0.9' ||
        fail "Alat pemasang paket (uv) tidak dapat diunduh: periksa sambungan ke indeks paket Python, lalu ulangi."
    uv=$venv/bin/uv
}

stamp_of() {
    "$venv/bin/python" -c '
import hashlib, pathlib, sys
locks = b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:])
sys.stdout.write(sys.version + hashlib.sha256(locks).hexdigest())
' "$@"
}

# $1: run or dev. Dev holds all of run (checked: its stamp covers both lock files), so after `make test` the
# demo finds everything in place and removes nothing.
install() {
    both=$(stamp_of requirements.txt requirements-dev.txt)
    [ "$(cat "$venv/.setup-dev" 2>/dev/null || true)" = "$both" ] && return
    if [ "$1" = run ]; then
        lock_file=requirements.txt
        stamp=$(stamp_of requirements.txt)
        [ "$(cat "$venv/.setup-run" 2>/dev/null || true)" = "$stamp" ] && return
    else
        lock_file=requirements-dev.txt
        stamp=$both
    fi
    find_uv
    pass_on_index
    rm -f "$venv/.setup-run" "$venv/.setup-dev"
    say "Memasang paket dari $lock_file ..."
    UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 "$uv" pip sync -q --require-hashes --python "$venv/bin/python" "$lock_file" ||
        fail "Paket dari $lock_file tidak dapat dipasang: lihat pesan di atas, periksa sambungan ke indeks paket Python, lalu ulangi."
    printf '%s' "$stamp" >"$venv/.setup-$1"
}

# --- 5. message catalogues --------------------------------------------------------------------------------

# By Babel: GNU gettext is not on a fresh machine. Only those that changed.
compile_messages() {
    for po in locale/*/LC_MESSAGES/*.po; do
        [ -f "$po" ] || continue
        mo=${po%.po}.mo
        if [ ! -f "$mo" ] || [ -n "$(find "$po" -newer "$mo")" ]; then
            "$venv/bin/python" -m babel.messages.frontend -q compile -i "$po" -o "$mo" ||
                fail "Katalog bahasa $po tidak dapat disusun: perbaiki baris yang disebut di atas."
        fi
    done
}

# --- 6. a browser for the tests ---------------------------------------------------------------------------

# Leaving the browser tests out is a choice that a person makes (BROWSER=skip), never something that just happens.
find_browser() {
    [ "${BROWSER:-}" = skip ] && return
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return
    done
    "$venv/bin/python" -c '
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
' 2>/dev/null && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Memasang Chromium untuk uji peramban ..."
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >/dev/null 2>&1 </dev/null || true
        command -v chromium >/dev/null 2>&1 && return
    fi
    say "Mengunduh Chromium untuk uji peramban ..."
    "$venv/bin/python" -m playwright install chromium >/dev/null 2>&1 </dev/null ||
        fail "Uji peramban memerlukan Chromium: pasang paket chromium, atau lewati dengan BROWSER=skip make test."
}

# --- 7. a token in software for the tests of signatures ---------------------------------------------------

# Those tests leave themselves out without it, except in CI (CI=true), where they fail: nothing else needs it, so
# a machine on which nobody may install it still tests everything else.
find_token() {
    [ "${SOFTHSM:-}" = skip ] && return
    command -v softhsm2-util >/dev/null 2>&1 && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Memasang SoftHSM untuk uji token tanda tangan ..."
        export DEBIAN_FRONTEND=noninteractive
        { apt-get install -y -qq --no-install-recommends softhsm2 ||
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends softhsm2; }; } >/dev/null 2>&1 </dev/null || true
        command -v softhsm2-util >/dev/null 2>&1 && return
    fi
    say "SoftHSM tidak ada: uji token tanda tangan akan dilewati. Pasang paket softhsm2 untuk menjalankannya."
}

case $what in
python) find_python ;;
run | dev | test)
    lock
    make_venv
    if [ "$what" = run ]; then install run; else install dev; fi
    compile_messages
    if [ "$what" = test ]; then
        find_browser
        find_token
    fi
    ;;
*) fail "Pakai: sh config/setup.sh run|dev|test|python" ;;
esac
