#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What log lines carry: numbers, names of the configuration, words of our own.  A text that is none of these is named here,
with what it can hold, or it does not stand in a log."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LITERAL = r'"(?:[^"\\]|\\.)*"'
# Expressions, by what they hold.  Names of networks, rooms, groups and plugins are the configuration's; the rest our own words.
FINE = [
    LITERAL,
    rf"[\w>.()-]+ \? (?:{LITERAL}|[\w>.-]+) : (?:{LITERAL}|[\w>.-]*name)",
    r"MOORING_VERSION",
    r"(?:\(?\w+\)?(?:->|\.))*(?:network|chat|room|group|plugin|def)(?:->|\.)name",
    r"network(?:->|\.)network\.name|\(session\)->network\.name|network",   # turn.c: a network's name
    r"host_self\(self\)->name",
    r"services->profile->name",                                            # a file's, in networks/
    r"(?:entry|job|row)->plugin",
    r"plugin|service|LIMITS\[\w+\]\.name|death->(?:name|what)",           # a plugin's name, its callback's, a service's
    r"(?:names|states|parts|words|causes|titles)\[[\w>-]+\]",                # tables of string constants
    r"texts\[[\w>-]+\]\.(?:line|action)",
    r"store_cause_name\([\w>-]+\)|log_errno_name\([^)]*\)|\w+_name\([\w>.-]+\)",
    r"call->what|what|command|notice|msgid|payload->msgid|log_reason",     # names in the code: callbacks, IRC commands, texts
    r"numeric->reason|str_of\(numeric->reason\)",                          # our own table of numerics
    r"word\(message->params\[\d\]\)",                                      # capitals and _ alone
    r"(?:why|error|mistake|again)(?:->|\.)text|why->code \? why->text : " + LITERAL,  # struct error: written by us, of files and hosts
    r"buf_str\(&(?:why|what|line|places|names)\)",                         # put together of such
    r"why|name",                                                           # parameters; see CALLERS
]
# Functions that log a parameter: what their callers may give.
CALLERS = {"refuse": r"bot/chat/irc/rooms\.c", "strike": r"bot/host/call\.c", "failed": r"bot/chat/irc/login\.c",
           "refused": r"bot/chat/irc/confirm\.c", "want": r"bot/chat/irc/rooms\.c",
           "host_rest_now": r"bot/host/poison\.c", "release": r"bot/watch\.c"}
# People's words and names, whatever the expression looks like.
NEVER = re.compile(r"\b(?:display|identity|account|sender|nick|user|event->text|member_text|address|mention|who|typed|said|words|secret|"
                   r"password|token|payload->verbatim|item->speaker|prefix)\b")
CALL = re.compile(r"\bLOG_(?:STR|TEXT)\(")
STRUCT = re.compile(r"\blog_event_fields\(|\bLOG_FIELD_TEXT\b")
OWN = {"bot/observe/log.c", "bot/observe/log.h", "bot/host/serve_time.c"}  # serve_time.c: plugins log numbers alone
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def argument(text, start):
    """From behind "LOG_TEXT(": its two arguments."""
    depth, at, parts, begin, quoted = 1, start, [], start, False
    while depth:
        c = text[at]
        if c == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += c in "([{"
            depth -= c in ")]}"
            if (c == "," and depth == 1) or depth == 0:
                parts.append(" ".join(text[begin:at].split()))
                begin = at + 1
        at += 1
    return parts


def problems_of(name, text):
    found = []
    text = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for match in CALL.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        parts = argument(text, match.end())
        if len(parts) != 2 or name in OWN:
            continue
        expression = parts[1]
        bare = re.sub(LITERAL, '""', expression)
        if NEVER.search(bare):
            found.append(f"{name}:{line}: {expression} is a person's: log a number")
        elif not any(re.fullmatch(pattern, expression) for pattern in FINE):
            found.append(f"{name}:{line}: what can {expression} hold? Say so in tests/checks/logs.py, or log a number")
        elif expression in ("why", "name") and name not in {path.replace("\\", "") for path in CALLERS.values()}:
            found.append(f"{name}:{line}: {expression}, of which caller?")
    for match in STRUCT.finditer(text):
        if name not in OWN:
            found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: log lines are made by log_event() with its macros")
    return found


def the_check_can_fail():
    """It would see what must not be."""
    for bad in ('log_event(LOG_LEVEL_INFO, "x", LOG_STR("a", event->text));',
                'log_event(LOG_LEVEL_INFO, "x",\n    LOG_STR("who", item->speaker.display));',
                'log_event(LOG_LEVEL_INFO, "x", LOG_TEXT("a", strange));', 'log_event_fields(3, "x", fields);',
                'log_event(LOG_LEVEL_INFO, "x", LOG_STR("code", message->params[1]));'):
        assert problems_of("bot/some.c", bad), f"the check lets pass: {bad}"
    assert not problems_of("bot/some.c", 'log_event(LOG_LEVEL_INFO, "x", LOG_TEXT("network", entry->network->name), LOG_INT("n", 1));')


the_check_can_fail()
problems, files = [], sorted((ROOT / "bot").rglob("*.[ch]")) + sorted((ROOT / "plugins").rglob("*.[ch]"))
for path in files:
    problems += problems_of(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
print("\n".join(problems) or f"logs: {len(files)} files carry numbers and names of the configuration alone")
sys.exit(1 if problems else 0)
