#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The long tests, part by part; each ends with one line of figures, which are printed together at the end.
#   run.sh BUILD [PART...]     all parts, or the named ones; TORTURE_SEED=N plays the same again
set -uo pipefail
build=$1
shift
here=$(dirname "$0")
export MOORING_SOURCE_DIR=$PWD MOORING_BUILD_DIR=$PWD/$build PYTHONDONTWRITEBYTECODE=1
seed=${TORTURE_SEED:+--seed $TORTURE_SEED}

# A name, and what it runs.
parts=(
    "death python3 $here/death.py $build/mooring --deaths 2000 $seed"
    "death_live python3 $here/death_live.py $build/mooring all $seed"
    "death_matrix python3 $here/death_matrix.py $build/mooring $seed"
    "restarts_ergo python3 $here/../live/irc_restarts.py $build/mooring ergo --restarts 50 $seed"
    "restarts_ngircd python3 $here/../live/irc_restarts.py $build/mooring ngircd --restarts 50 --pace 1 $seed"
    "poison python3 $here/../live/poison.py $build/mooring $build/tests/plugins"
    "floor python3 $here/../live/floor.py $build/mooring $build/plugins"
    "nth python3 $here/nth.py $build/mooring-nth --show"
)

figures=build/torture.figures
: >"$figures"
bad=0
for part in "${parts[@]}"; do
    name=${part%% *}
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    echo "== torture: $name"
    started=$SECONDS
    # shellcheck disable=SC2086
    if ${part#* } | tee "build/torture.$name.log"; then verdict=passed; else verdict=FAILED bad=1; fi
    echo "$name: $verdict in $((SECONDS - started)) s: $(tail -n 1 "build/torture.$name.log")" >>"$figures"
done
echo "== figures"
cat "$figures"
exit "$bad"
