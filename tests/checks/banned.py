#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls that do not stand in this program, by name and reason; buffers that are given back before they are one; SPDX lines; no
paths of one machine."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEMORY = "memory comes from base/memory.h"
CLOCK = "time comes from loop/clock.h"
STRINGS = "text comes from base/str.h"
BANNED = {
    "malloc": MEMORY, "calloc": MEMORY, "realloc": MEMORY, "strdup": MEMORY, "strndup": MEMORY, "asprintf": MEMORY,
    "alloca": MEMORY, "strcpy": STRINGS, "strcat": STRINGS, "strncpy": STRINGS, "strncat": STRINGS, "sprintf": STRINGS,
    "vsprintf": STRINGS, "strtok": STRINGS, "strtok_r": STRINGS, "gets": STRINGS, "scanf": STRINGS, "sscanf": STRINGS,
    "atoi": "numbers come from base/number.h", "atol": "numbers come from base/number.h", "atof": "numbers come from base/number.h",
    "strtol": "numbers come from base/number.h", "strtoul": "numbers come from base/number.h",
    "strtoll": "numbers come from base/number.h", "time": CLOCK, "gettimeofday": CLOCK, "clock_gettime": CLOCK,
    "localtime": CLOCK, "gmtime": CLOCK, "mktime": CLOCK, "localtime_r": CLOCK, "system": "no shell",
    "popen": "no shell", "execl": "no shell", "execvp": "no shell", "rand": "base/random.h, or libsodium for secrets",
    "srand": "base/random.h", "random": "base/random.h", "sleep": "the loop never sleeps", "usleep": "the loop never sleeps",
    "nanosleep": "the loop never sleeps", "signal_": "loop_on_signal",
}
# Where the wrapper itself stands, and where a program of its own talks to the C library.
ALLOWED = {
    "bot/base/memory.c": {"malloc", "calloc", "realloc"},
    "bot/loop/clock.c": {"clock_gettime"},
    "bot/loop/notify.c": {"clock_gettime"},
    "bot/store/fault.c": {"nanosleep"},  # a slow disk does hold up the loop: that is the fault that is played
}
PLUGIN_ALLOWED = {"malloc", "calloc", "realloc"}  # a plugin has no base/: the C library is all it sees
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
BUFFER = re.compile(r"\bAUTO_BUF (\w+);")
BRANCH = re.compile(r"\b(?:if|else|for|while|switch|case|return|goto)\b|\?")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"", re.S)
PATHS = re.compile(r"/(?:work|root|farm)/|/tmp/[a-z]+[A-Z]")


def strip(text):
    return COMMENT.sub(lambda match: "\n" * match.group(0).count("\n") + " ", text)


def check_calls(path, problems):
    name = str(path.relative_to(ROOT))
    allowed = ALLOWED.get(name, set()) | (PLUGIN_ALLOWED if name.startswith("plugins/") else set())
    for number, line in enumerate(strip(path.read_text()).splitlines(), 1):
        for match in CALL.finditer(line):
            if match.group(1) not in allowed:
                problems.append(f"{name}:{number}: {match.group(1)}(): {BANNED[match.group(1)]}")


def check_buffers(path, problems):
    """Its scope's end gives a buffer back, whatever lies there: it is one before anything may branch, or declared as = {0}."""
    text = strip(path.read_text())
    for match in BUFFER.finditer(text):
        used = re.search(rf"&{match.group(1)}\b", text[match.end():])
        if not used or BRANCH.search(text, match.end(), match.end() + used.start()):
            number = text.count("\n", 0, match.start()) + 1
            problems.append(f"{path.relative_to(ROOT)}:{number}: {match.group(1)} may be given back without ever being a buffer")


problems = []
for folder in ("bot", "plugins"):
    for path in sorted((ROOT / folder).rglob("*.[ch]")):
        check_calls(path, problems)
        check_buffers(path, problems)
for path in sorted(ROOT.rglob("*.[ch]")):
    if "build" in path.relative_to(ROOT).parts:
        continue
    text = path.read_text()
    if "SPDX-License-Identifier: MIT" not in text.split("\n", 1)[0]:
        problems.append(f"{path.relative_to(ROOT)}: the first line is not its SPDX line")
for pattern in ("*.c", "*.h", "*.py", "*.sh", "*.md", "*.cmake", "*.cfg", "*.txt"):
    for path in sorted(ROOT.rglob(pattern)):
        relative = path.relative_to(ROOT)
        if "build" in relative.parts or relative.parts[:2] == ("tests", "checks"):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if PATHS.search(line):
                problems.append(f"{relative}:{number}: a path of one machine")
print("\n".join(problems) or "banned: none")
sys.exit(1 if problems else 0)
