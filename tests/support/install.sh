# SPDX-License-Identifier: MIT
# Sourced by try.sh and test.sh: installs the Debian packages that are missing, as root or with sudo.

run_packages="build-essential cmake ninja-build pkg-config libuv1-dev libcurl4-openssl-dev libjansson-dev libconfig-dev
    libsqlite3-dev libsodium-dev libicu-dev libical-dev libmd4c-dev libedit-dev libmicrohttpd-dev tzdata ca-certificates"
test_packages="libcmocka-dev ngircd openssl python3 python3-yaml clang libclang-rt-14-dev llvm valgrind man-db groff time"

need_packages() { # run | test
    local wanted=$run_packages missing=() package as=
    [ "$1" = test ] && wanted="$wanted $test_packages"
    for package in $wanted; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "== install: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Run this as root, or install sudo: these packages are missing: ${missing[*]}" >&2; return 1; }
        as=sudo
    fi
    $as apt-get update -qq
    $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
