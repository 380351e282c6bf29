#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A live test with the release, which is what people run: an optimiser has found what the sanitizers had not.

release.py SCRIPT [ARGUMENTS...]: builds build/release when it is not up to date, and runs SCRIPT on its mooring."""
import fcntl
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
RELEASE = os.path.join(SOURCE, "build", "release")


def build():
    """As ./try.sh does; nothing to do when it is up to date.  Several tests may ask at a time."""
    with open(os.path.join(SOURCE, "build", "release.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(RELEASE, "CMakeCache.txt")):
            subprocess.run(["cmake", "--preset", "release"], cwd=SOURCE, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", RELEASE], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    build()
    os.execv(sys.executable, [sys.executable, os.path.join(HERE, sys.argv[1]), os.path.join(RELEASE, "mooring"), *sys.argv[2:]])
