# SPDX-License-Identifier: MIT
"""The process is taken away at every commit and every slot of `!forget me`: after the next start somebody is there whole, or gone
whole, with the key, the rows and the log.

forget_kills.py MOORING: a development build, which knows --die-at."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import sealed  # noqa: E402

CONFIG = os.path.join(ROOT, "config", "demo.cfg")
POINTS = ("before-commit", "after-commit", "keyring-slot")
BEFORE = """/as ana
/dm
consent checkins yes
checkin m3 c8 k2 "sauerkirschen"
timezone Europe/Lisbon
sos-plan write
pebblemarch
skip
skip
skip
/as ben
/dm
checkin m7 c1 k8 "juniperwhistle"
/as ana
"""
FORGET = "/as ana\n/dm\nforget me\n"
AFTER = "/as ben\n/dm\ncheckin history\n< dm ben: mood 7\n"
failures = []


def play(binary, state, script, *more):
    return subprocess.run([binary, "console", "--config", CONFIG, "--state", state, "--script", "-", *more], input=script, text=True,
                          capture_output=True, timeout=60, cwd=ROOT)


def key_of(state):
    """The rehearsal's own master key lies beside its state."""
    with open(os.path.join(state, "console-key"), "rb") as file:
        return file.read()


def look(state):
    """(slots, rows, intents) of ana: what is left of her."""
    keyring = sealed.Keyring(os.path.join(state, "keyring"), key_of(state))
    member = keyring.member_of("console", "ana")
    db = sqlite3.connect(f"file:{state}/mooring.db?mode=ro", uri=True)
    known = set(keyring.roots)
    rows, intents, opened = 0, 0, []
    for table, row, plain in sealed.opened(db, keyring):
        intents += table == "forget_intent"
        owner = row.get("member") if "member" in row else row["owner_id"] if row.get("owner_kind") == 1 else 0
        if table != "audit" and owner and (owner == member or owner not in known | {(1 << 63) - 1}):
            rows += 1
            opened += [value for value in plain.values() if value]
    db.close()
    return member is not None, rows, intents, b"\n".join(opened)


def points_of(text):
    return {name: int(count) for name, count in re.findall(r"^([a-z-]+) (\d+)$", text, re.M)}


def check(name, holds, why=""):
    print(f"{'ok  ' if holds else 'FAIL'} {name}" + ("" if holds else f": {why}"), flush=True)
    if not holds:
        failures.append(name)


def after_restart(binary, state, name, said_done):
    done = play(binary, state, AFTER)
    check(f"{name}: the others are there", done.returncode == 0, done.stdout + done.stderr)
    there, rows, intents, opened = look(state)
    whole = there and b"sauerkirschen" in opened and b"pebblemarch" in opened
    gone = not there and rows == 0
    check(f"{name}: {'there' if there else 'gone'}, whole, and nothing waits", (whole or gone) and intents == 0,
          f"slot {there}, {rows} rows, {intents} intents")
    check(f"{name}: who was told that it is done is gone", gone or not said_done)
    return gone


def main():
    binary = os.path.abspath(sys.argv[1])
    outcomes = set()
    with tempfile.TemporaryDirectory() as folder:
        base = os.path.join(folder, "base")
        done = play(binary, base, BEFORE)
        assert done.returncode == 0, done.stdout + done.stderr
        there, rows, intents, opened = look(base)
        check("before: she is there", there and rows > 5 and intents == 0 and b"sauerkirschen" in opened, f"{there} {rows} {opened}")
        counts = []
        for script in ("/as ana\n", FORGET):
            state = os.path.join(folder, f"count-{len(counts)}")
            shutil.copytree(base, state)
            counts.append(points_of(play(binary, state, script, "--die-at", "migration-half:1000").stderr))
        outcomes.add(after_restart(binary, state, "not killed", True))
        for point in POINTS:
            passed = counts[1].get(point, 0)
            check(f"{point}: forgetting passes it", passed > 0, f"{counts}")
            for number in range(1, passed + 1):
                state = os.path.join(folder, f"{point}-{number}")
                shutil.copytree(base, state)
                died = play(binary, state, FORGET, "--die-at", f"{point}:{number}")
                check(f"{point} {number}: it died", died.returncode == -9, f"exit {died.returncode}")
                outcomes.add(after_restart(binary, state, f"{point} {number}", "know nothing about you" in died.stdout))
    check("both ends were seen", outcomes == {True, False}, f"{outcomes}")
    print(f"{len(failures)} failed" if failures else "all hold", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
