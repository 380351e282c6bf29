# SPDX-License-Identifier: MIT
# Sourced by try.sh and test.sh: installs the Debian packages that are missing, as root or with sudo, and builds a preset.

run_packages="build-essential cmake ninja-build pkg-config libuv1-dev libcurl4-openssl-dev libjansson-dev libconfig-dev
    libsqlite3-dev libsodium-dev libicu-dev libical-dev libmd4c-dev libedit-dev libmicrohttpd-dev tzdata ca-certificates"
test_packages="libcmocka-dev ngircd inspircd atheme-services openssl python3 python3-yaml clang libclang-rt-14-dev llvm valgrind man-db groff time python3-venv systemd systemd-container mmdebstrap strace"

# quietly LOG COMMAND...: what it prints goes to LOG, and is shown when it fails.
quietly() {
    local log=$1; shift
    "$@" >>"$log" 2>&1 </dev/null && return 0
    # The first failure tells more than the last lines: ninja ends the steps under way after it.
    if grep -q '^FAILED: ' "$log"; then
        sed -n '/^FAILED: /,$p' "$log" | head -n 60 | cut -c1-400 >&2
    else
        tail -n 40 "$log" >&2
    fi
    echo "$1 failed; all it said is in $log" >&2
    return 1
}

need_packages() { # run | test
    local wanted=$run_packages missing=() package as=()
    [ "$1" = test ] && wanted="$wanted $test_packages"
    # Whoever has another Node than Debian's has its npm.
    [ "$1" = test ] && ! command -v npm >/dev/null && wanted="$wanted npm"
    for package in $wanted; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "== install from Debian: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "They need root: run this as root, or install sudo." >&2; return 1; }
        sudo -v || return 1 # may ask for the password, which quietly could not
        as=(sudo)
    fi
    mkdir -p build
    : >build/install.log
    quietly build/install.log "${as[@]}" apt-get update || return 1
    quietly build/install.log "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "${missing[@]}"
}

build() { # PRESET [TARGET...]
    local preset=$1 start=$SECONDS log=build/$1.log note=; shift
    mkdir -p build
    : >"$log"
    [ -f "build/$preset/build.ninja" ] || note=", for the first time: this takes minutes"
    echo "== build ($preset)$note"
    # Also when what a preset means has changed since.
    [ "build/$preset/build.ninja" -nt CMakePresets.json ] || quietly "$log" cmake --preset "$preset" || return 1
    # At a terminal ninja keeps to one line, and shows what failed.
    if [ -t 1 ]; then
        ninja -C "build/$preset" "$@" || return 1
    else
        [ -z "$note" ] || echo "   progress in $log"
        quietly "$log" ninja -C "build/$preset" "$@" || return 1
    fi
    echo "   up to date after $((SECONDS - start)) s"
}

# need_matrix: the homeserver, the members' client and the API's judge of the live Matrix tests, at the versions that
# tests/support/matrix/ pins, into folders under build/ that are named after the pins.  Once they are whole this costs nothing.
need_matrix() {
    local pins=tests/support/matrix log=build/matrix-packages.log python node jobs=() job bad=0 start=$SECONDS
    python=build/matrix-python-$(sha256sum $pins/requirements.txt | cut -c1-12)
    node=build/matrix-node-$(sha256sum $pins/package-lock.json | cut -c1-12)
    [ -f "$python/whole" ] && [ -f "$node/whole" ] && return 0
    echo "== install Synapse, matrix-nio and Prism under build/, for the live Matrix tests"
    mkdir -p build
    : >$log
    [ -f "$python/whole" ] || { matrix_python "$python" $pins >>$log 2>&1 </dev/null & jobs+=($!); }
    [ -f "$node/whole" ] || { matrix_node "$node" $pins >>$log 2>&1 </dev/null & jobs+=($!); }
    for job in "${jobs[@]}"; do
        wait "$job" || bad=1
    done
    [ $bad = 1 ] || { echo "   there after $((SECONDS - start)) s"; return 0; }
    tail -n 5 $log | cut -c1-200 >&2
    echo "   SKIPPED: what needs them; they could not be installed (all it said is in $log)"
    [ "${CI:-}" != true ] || { echo "CI=true: that is a failure" >&2; return 1; }
}

# need_ergo: the IRC server of the live tests that Debian 12 does not have, unpacked under build/ (ergo.sh).
need_ergo() {
    local log=build/ergo.log
    [ -x build/ergo/usr/bin/ergochat ] && return 0
    mkdir -p build
    tests/support/ergo.sh build/ergo >$log 2>&1 </dev/null && return 0
    tail -n 5 $log | cut -c1-200 >&2
    echo "   SKIPPED: what needs Ergo; it could not be unpacked (all it said is in $log)"
    [ "${CI:-}" != true ] || { echo "CI=true: that is a failure" >&2; return 1; }
}

matrix_python() { # FOLDER PINS
    local python=/usr/bin/python3
    [ -x $python ] || python=python3
    rm -rf build/matrix-python-*
    $python -m venv "$1" &&
        "$1/bin/pip" --disable-pip-version-check install --no-deps --only-binary :all: --requirement "$2/requirements.txt" &&
        touch "$1/whole"
}

matrix_node() { # FOLDER PINS
    rm -rf build/matrix-node-*
    mkdir -p "$1" && cp "$2/package.json" "$2/package-lock.json" "$1" &&
        (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) &&
        touch "$1/whole"
}
