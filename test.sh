#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds with sanitizers and passes every test, then lets each fuzz target run for some seconds.
#   ./test.sh [--again] [--fast] [ctest arguments]   --fast: no fuzzing; --again: also when nothing changed
#   ./test.sh --fuzz [SECONDS]                       each fuzz target for a minute, or as long as you say
#   ./test.sh --torture [PART...]                    the long tests (tests/torture/run.sh): deaths, faults; up to an hour
#   ./test.sh --bench                                what things cost, on the release
set -euo pipefail
cd "$(dirname "$0")"
. ./tests/support/install.sh
. ./tests/support/passed.sh
mode=all
seconds=15
again=
while true; do
    case "${1:-}" in
    --again) again=yes; shift ;;
    --fast) mode=fast; shift ;;
    --bench) mode=bench; shift ;;
    --torture) mode=torture; shift; break ;;
    --fuzz) mode=fuzz; seconds=60; shift; if [[ "${1:-}" =~ ^[0-9]+$ ]]; then seconds=$1; shift; fi ;;
    -h | --help) sed -n '3,7s/^# //p' "$0"; exit 0 ;;
    *) break ;;
    esac
done
export MOORING_TEST_DATA="${MOORING_TEST_DATA:-$PWD/../shared/data}"
need_packages test

run_tests() { # CTEST_ARGUMENT...
    local log=build/tests.log bad=0 how=--quiet
    echo "== tests"
    [ -d "$MOORING_TEST_DATA" ] ||
        echo "   SKIPPED: the cases of $MOORING_TEST_DATA, which is not there (MOORING_TEST_DATA names another folder)"
    # At a terminal one line counts; elsewhere only the end is told.
    [ ! -t 1 ] || how=--progress
    ctest --test-dir build/dev --output-on-failure "$how" --parallel "$(nproc)" --output-log "$PWD/$log" "$@" || bad=$?
    [ -t 1 ] || tests_failures "$log"
    tests_summary build/dev/Testing/Temporary/LastTest.log "$log" | tee build/tests.summary
    echo "   all they said: $log and build/dev/Testing/Temporary/LastTest.log"
    return "$bad"
}

case "$mode" in
bench)
    need_matrix
    build release
    exec tests/bench/run.sh build/release
    ;;
fuzz)
    build fuzz fuzzers
    exec tests/fuzz/run.sh build/fuzz "$seconds"
    ;;
esac
need_matrix
need_ergo
build dev
if [ "$mode" = torture ]; then
    exec tests/torture/run.sh build/dev "$@"
fi
build release # which live/systemd installs into a Debian of its own
state=$(tree_state "$mode" "$@")
if [ -z "$again" ] && passed_before "$state"; then
    exit 0
fi
run_tests "$@"
if [ "$mode" = all ]; then
    build fuzz fuzzers
    tests/fuzz/run.sh build/fuzz "$seconds"
fi
remember_passed "$state"
