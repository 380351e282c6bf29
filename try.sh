#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the release and opens the console with config/demo.cfg: nothing leaves this machine, nothing is kept.
set -euo pipefail
cd "$(dirname "$0")"
. ./tests/support/install.sh
need_packages run
echo "== build (release)"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release | tail -n 1
echo "== console (config/demo.cfg); /help explains, /quit leaves"
exec build/release/mooring console --config config/demo.cfg "$@"
