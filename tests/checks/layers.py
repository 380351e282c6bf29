#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The include order of docs/ARCHITECTURE.md: a folder sees only those below it; plugins see only mooring.h."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Lowest first; folders on one line do not see each other.
LAYERS = [
    ["base"],
    ["loop", "observe"],
    ["settings"],
    ["store", "net"],
    ["people", "text", "safety"],
    ["chat", "schedule"],
    ["outbox"],
    ["alerts"],
    ["dialogue"],
    ["host"],
    ["inbox"],
    ["dispatch"],
    ["commands"],
    ["turn"],
    ["control"],
    ["bot"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
TOP = {"stage": "bot", "tools": "bot"}  # beside bot.c: the console's stage, the sub-commands
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def folder_of(path):
    """The folder of bot/ that a file belongs to: bot/turn* is a layer of its own, other files of bot/ are the top."""
    relative = path.relative_to(ROOT / "bot")
    if len(relative.parts) > 1:
        return TOP.get(relative.parts[0], relative.parts[0])
    return "turn" if relative.stem.startswith("turn") else "bot"


def target_of(include):
    parts = include.split("/")
    if len(parts) > 1:
        return TOP.get(parts[0], parts[0])
    return {"turn.h": "turn", "turn_internal.h": "turn", "mooring.h": "base"}.get(include, "bot")


def check_bot(problems):
    for path in sorted((ROOT / "bot").rglob("*.[ch]")):
        own = folder_of(path)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = target_of(match.group(1))
            if target == own or (own == "bot" and target in LEVEL):
                continue
            if target not in LEVEL or LEVEL[target] >= LEVEL[own]:
                problems.append(f"{path.relative_to(ROOT)}:{number}: {own} must not include {match.group(1)}")


def check_plugins(problems):
    for path in sorted((ROOT / "plugins").rglob("*.[ch]")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or match.group(1) == "mooring.h" or (path.parent / match.group(1)).exists():
                continue
            problems.append(f"{path.relative_to(ROOT)}:{number}: a plugin includes mooring.h and its own headers, not {match.group(1)}")


def check_sql(problems):
    for path in sorted((ROOT / "bot").rglob("*.[ch]")):
        if folder_of(path) != "store" and "sqlite3" in path.read_text():
            problems.append(f"{path.relative_to(ROOT)}: only store/ speaks SQL")


problems = []
check_bot(problems)
check_plugins(problems)
check_sql(problems)
print("\n".join(problems) or "layers: every include points down")
sys.exit(1 if problems else 0)
