#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs each fuzz target on its seeds for some seconds, as many at once as there are cores.  run.sh BUILD_DIR [SECONDS]
set -euo pipefail
build=$(realpath "$1")
seconds=${2:-60}
cd "$(dirname "$0")"
work=$(mktemp -d)
MOORING_FUZZ_CONFIG=$(realpath ../../config/demo.cfg)
trap 'rm -rf "$work"' EXIT

one() { # PROGRAM
    local name=${1##*/fuzz_} log
    log="$work/$name.log"
    mkdir -p "$work/$name/corpus"
    local seeds=(); [ -d "seeds/$name" ] && seeds=("seeds/$name")
    local dict=(); [ -f "$name.dict" ] && dict=("-dict=$name.dict")
    if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        "${dict[@]}" -artifact_prefix="$work/$name/" "$work/$name/corpus" "${seeds[@]}" >"$log" 2>&1; then
        printf 'fuzz %-16s ok, %s executions\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    else
        printf 'fuzz %-16s FAILED\n' "$name"
        tail -n 40 "$log"
        return 1
    fi
}
export -f one
export work seconds MOORING_FUZZ_CONFIG
echo "== fuzz ($seconds s each)"
find "$build/fuzz" -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x -print0 | sort -z |
    xargs -0 -P "$(nproc)" -I{} bash -c 'one "$1"' _ {}
