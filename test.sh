#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds with sanitizers and passes every test, then lets each fuzz target run for some seconds.
#   ./test.sh [--fast] [ctest arguments]   --fast: no fuzzing
#   ./test.sh --fuzz [SECONDS]             each fuzz target for a minute, or as long as you say
#   ./test.sh --bench                      what things cost, on the release
set -euo pipefail
cd "$(dirname "$0")"
. ./tests/support/install.sh
mode=all
seconds=15
case "${1:-}" in
--fast) mode=fast; shift ;;
--bench) mode=bench; shift ;;
--fuzz) mode=fuzz; seconds=60; shift; if [[ "${1:-}" =~ ^[0-9]+$ ]]; then seconds=$1; shift; fi ;;
esac
need_packages test

build() { # PRESET [TARGET...]
    local preset=$1; shift
    echo "== build ($preset)"
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
    cmake --build "build/$preset" ${1:+--target "$@"} | tail -n 1
}

if [ "$mode" = bench ]; then
    build release
    exec tests/bench/run.sh build/release
fi
if [ "$mode" != fuzz ]; then
    build dev
    echo "== tests"
    export MOORING_TEST_DATA="${MOORING_TEST_DATA:-$PWD/../shared/data}"
    ctest --test-dir build/dev --output-on-failure --parallel "$(nproc)" "$@"
fi
if [ "$mode" != fast ]; then
    build fuzz fuzzers
    tests/fuzz/run.sh build/fuzz "$seconds"
fi
