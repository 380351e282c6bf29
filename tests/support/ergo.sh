#!/bin/sh
# SPDX-License-Identifier: MIT
# ergo.sh DIR: the IRC server Ergo (package ergochat, which Debian 12 does not have) of the next Debian, unpacked into DIR for
# tests/live/irc_ergo.py; nothing of this machine is changed.
set -eu
[ -x "$1/usr/bin/ergochat" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
cat > "$work/sources.list" <<END
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main
END
cat > "$work/apt.conf" <<END
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/nonexistent";
APT::Sandbox::User "root";
END
(cd "$work" && apt-get -qq -c apt.conf update && apt-get -qq -c apt.conf download ergochat)
mkdir -p "$1"
dpkg -x "$work"/ergochat_*.deb "$1"
