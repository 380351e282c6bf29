# SPDX-License-Identifier: MIT
"""What a script itself promises: a failure ends with 1 and says line, expected and what came; a mistake in a step is named;
the same script gives the same output, byte for byte, on every run."""
import os
import subprocess
import sys
import tempfile

mooring = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
failures = []


def play(steps, config="config/demo.cfg", extra=()):
    with tempfile.NamedTemporaryFile("w", suffix=".scn") as script:
        script.write(steps)
        script.flush()
        done = subprocess.run([mooring, "console", "--config", config, "--script", script.name, *extra],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.replace(script.name, "SCRIPT")


def check(name, holds, seen):
    if not holds:
        failures.append(name)
        print(f"FAILED: {name}\n{seen}\n")


def fails(name, steps, line, *said):
    code, out, err = play(steps)
    found = code == 1 and f"SCRIPT:{line}:" in err and all(text in err for text in said)
    check(name, found, f"code {code}\n{err}")
    return out


# An expectation that does not hold: exit code 1, its line, what was expected, what came instead.
fails("a message that does not come", "!about\n\n< room harbor: no such words\n", 3,
      "< room harbor: no such words", "what came", "room harbor: I'm a bot")
fails("a message in another place", "/dm\nhelp\n< room harbor: .\n", 3, "dm ana:")
fails("nothing came at all", "# silence\nhello all\n< dm ana: hello\n", 3, "nothing")
fails("one that must not come", "!help\n! room harbor: !sos\n", 2, "! room harbor: !sos", "room harbor: ")
fails("nothing more than was taken", "!help\n< nothing\n", 2, "room harbor: ")
fails("one message is taken once", "!help\n< room harbor: .\n< room harbor: .\n", 3, "what came")
fails("what an earlier step brought is gone", "!help\n/wait 1s\n< room harbor: .\n", 3, "nothing")
# After the failure nothing more is played.
out = fails("the rest is not played", "hello\n< room harbor: zzz\nand nothing after it\n", 2, "zzz")
check("the rest is not played", "nothing after" not in out, out)
# Steps that are wrong are named; nothing is guessed.
fails("an unknown step", "/wiat 1h\n", 1, "/wiat")
fails("a time that is none", "/wait soon\n", 1, "/wait")
fails("a time in the past", "/at 2020-01-01 09:00\n", 1, "past")
fails("a zone that is none", "/at 2026-12-01 09:00 Mars/Base\n", 1, "Mars/Base")
fails("a pattern that is none", "!help\n< room harbor: (\n", 2, "pattern")
fails("a fault that is none", "/fail everything\n", 1, "disk-full")
fails("a network that is none", "/fail network-down mars\n", 1, "mars")
fails("a plugin that is none", "/fail plugin mars\n", 1, "/fail")
fails("a reaction to nothing", "/as ana\n/room harbor\n/react x\n", 3, "nothing of that kind")
# Held expectations: exit code 0, in silence.
code, _, err = play("!help\n< room harbor: !sos\n! room harbor: zzz\n< nothing\n//about\n")
check("all holds", code == 0 and "SCRIPT" not in err, err)
# Where time moves by itself, it is not moved by hand.
with tempfile.TemporaryDirectory() as folder:
    with open("config/demo.cfg", encoding="utf-8") as demo:
        real = demo.read().replace('start_at = "2026-11-23 08:55";', "")
    for name in ("text", "coping", "crisis", "networks"):
        os.symlink(os.path.abspath(os.path.join("config", name)), os.path.join(folder, name))
    with open(os.path.join(folder, "real.cfg"), "w", encoding="utf-8") as config:
        config.write(real)
    for step in ("/wait 1h", "/at 09:00", "/step 1h", "/suspend 1h"):
        code, _, err = play(step + "\n", os.path.join(folder, "real.cfg"))
        check(f"{step} in real time", code == 1 and "time moves by itself" in err, f"code {code}\n{err}")
# What is kept in a folder goes on where it was: people, and the moment, also after the process was taken away.
with tempfile.TemporaryDirectory() as folder:
    state = ["--state", os.path.join(folder, "state")]
    code, out, err = play("/as ana\n/dm\ncheckin m6 c3 k8\n/wait 26h\n/suspend 30m\n/mark here\n", extra=state)
    check("kept: the first day", code == 0 and "Tue 11:25:00  *" in out, out + err)
    code, out, err = play("/mark again\n/as ana\n/dm\ncheckin history\n< dm ana: Mon 23 Nov.*mood 6\n", extra=state)
    check("kept: goes on where it was", code == 0 and "Tue 11:25:00  *" in out, out + err)
# A script that is not there.
done = subprocess.run([mooring, "console", "--config", "config/demo.cfg", "--script", "/nonexistent.scn"],
                      capture_output=True, text=True, timeout=60)
check("no such script", done.returncode == 1 and "/nonexistent.scn" in done.stderr, done.stderr)
# The same again, byte for byte: a first day, clock steps, restarts, faults.
for name in ("first-day", "clock-step", "disk-full", "restart-due", "week"):
    with open(os.path.join(here, f"{name}.scn"), encoding="utf-8") as script:
        steps = script.read()
    first, second = play(steps), play(steps)
    check(f"{name} twice", first[1] == second[1] and first[0] == second[0], "the two runs differ")
    check(f"{name} says something", first[1].count("\n") > 10, first[1] + first[2])

print(f"{len(failures)} failed" if failures else "all hold")
sys.exit(1 if failures else 0)
