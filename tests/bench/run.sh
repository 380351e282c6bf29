#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints what things cost, on the release.  run.sh BUILD_DIR
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
cmake --build "$build" --target mooring-bench | tail -n 1
bench=$build/mooring-bench
config=config/demo.cfg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
instructions() { # COUNT
    valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" "$bench" quiet "$config" "$1" 2>&1 |
        sed -n 's/.*Collected : *//p'
}

echo "== quiet message, whole path with crisis reading (median of 5)"
for _ in 1 2 3 4 5; do "$bench" quiet "$config" 200000; done | tee "$work/quiet" | median | sed 's/$/ us of CPU/'
a=$(instructions 2000); b=$(instructions 12000)
echo "$(( (b - a) / 10000 )) instructions"

echo "== command with commit (median of 5)"
for _ in 1 2 3 4 5; do "$bench" command "$config" 300; done | sort -n | sed -n 3p

echo "== start with a million pending timers"
"$bench" jobs "$work/state" 1000000
for _ in 1 2 3 4 5; do "$bench" start "$config" "$work/state"; done | sort -n | sed -n 3p
echo "== start, empty store in memory: whole process"
for _ in 1 2 3 4 5; do /usr/bin/time -f '%e s wall, %U s user' "$build/mooring" console --config "$config" --script /dev/null 2>&1; done | sort -n | sed -n 3p

echo "== Matrix, against a homeserver that answers at once"
cmake --build "$build" --target mooring plugins/all | tail -n 1
tests/bench/matrix.py "$build/mooring"
tests/bench/matrix_latency.py "$build/mooring" || [ $? = 77 ]

echo "== IRC, against a server on loopback that answers at once"
tests/bench/irc.py "$build/mooring"

echo "== the daemon, idle"
mkdir -p "$work/run/credentials"
"$build/mooring" key new "$work/run/credentials/master-key" >/dev/null
sed -e 's/^console = .*//' "$config" >"$work/run/mooring.cfg"
printf 'state_folder = "%s";\ncredentials_folder = "%s";\n' "$work/run/state" "$work/run/credentials" >>"$work/run/mooring.cfg"
cp -r config/text config/coping config/crisis "$work/run/"
"$build/mooring" run --config "$work/run/mooring.cfg" 2>"$work/run/log" &
daemon=$!
sleep 2
grep RssAnon "/proc/$daemon/status"
before=$(awk '/voluntary/ {n += $2} END {print n}' "/proc/$daemon/status")
sleep 10
after=$(awk '/voluntary/ {n += $2} END {print n}' "/proc/$daemon/status")
echo "$((after - before)) context switches in 10 idle seconds"
kill "$daemon"
wait "$daemon" || { echo "the daemon did not end well"; tail -n 5 "$work/run/log"; }
