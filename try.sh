#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the release and opens the console with config/demo.cfg: nothing leaves this machine, nothing is kept.
set -euo pipefail
cd "$(dirname "$0")"
. ./tests/support/install.sh
need_packages run
build release
echo "== console (config/demo.cfg): !help asks the bot, /help explains, /quit leaves"
exec build/release/mooring console --config config/demo.cfg "$@"
