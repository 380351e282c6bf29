# SPDX-License-Identifier: MIT
"""The catalogue with each wording marked by its own id, so that what people saw is told apart by what it is, not by how it
is worded: "Got it: ..." becomes "§checkin.saved§ Got it: ..."."""
import os
import re

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
KEY = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)\s*=", re.M)
# Dates, words that are understood rather than said, and what is too short to be a message.
PIECES = re.compile(r"core\.(time|date|when|weekdays|months|duration)|dialogue\.words")
SHORTEST = 14


def mark(area, text):
    """One file of the catalogue, each wording marked."""
    keys = list(KEY.finditer(text))
    out, end = [], 0
    for i, key in enumerate(keys):
        start, stop = key.end(), keys[i + 1].start() if i + 1 < len(keys) else len(text)
        name = f"{area}.{key.group(1)}"
        value = text[start:stop]
        if not PIECES.match(name):
            value = "\n".join(line if line.lstrip().startswith("#") else
                              STRING.sub(lambda m, name=name: m.group(0) if len(m.group(1)) < SHORTEST
                                         else f'"§{name}§ {m.group(1)}"', line) for line in value.split("\n"))
        out += [text[end:start], value]
        end = stop
    return "".join(out) + text[end:]


def write_marked(config, folder):
    """`folder`/text/en from `config`/text/en; the other contents as they are."""
    for name in ("crisis", "networks", "lessons"):
        if os.path.isdir(os.path.join(config, name)):
            os.symlink(os.path.realpath(os.path.join(config, name)), os.path.join(folder, name))
    os.makedirs(os.path.join(folder, "text", "en"))
    os.makedirs(os.path.join(folder, "coping"))
    for name in os.listdir(os.path.join(config, "coping")):
        with open(os.path.join(config, "coping", name), encoding="utf-8") as file:
            tips = re.sub(r'(\btext\s*=\s*")', r"\1§coping.tip§ ", file.read())
        with open(os.path.join(folder, "coping", name), "w", encoding="utf-8") as file:
            file.write(tips)
    for name in sorted(os.listdir(os.path.join(config, "text", "en"))):
        with open(os.path.join(config, "text", "en", name), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(folder, "text", "en", name), "w", encoding="utf-8") as file:
            file.write(mark(name.removesuffix(".cfg"), text))


TAG = re.compile(r"§([A-Za-z0-9.-]+)§")
# On IRC a long message comes in lines, of which the first says what it is; a name or "(again)" may stand before it.
BEGINS = re.compile(r"^(?:\(again\) )?(?:[\w-]+: )?(?:\(again\) )?§")
# Lines of a list: a part of the message above them, and lost with it when it is cut off.
PARTS = re.compile(r"^(meetings\.line|checkin\.history-line|export\.|crisis\.choice-)")


def kind_of(text):
    """What a message is: its id; "card" for a crisis card, which is compiled in; "" for the rest of a message in lines."""
    if re.search(r"\b(988|911)\b|findahelpline", text) and not BEGINS.match(text):
        return "card"
    found = TAG.findall(text) if BEGINS.match(text) else []
    # What wraps another message says less than what it wraps.
    inner = [tag for tag in found if tag not in ("dialogue.ask", "outbox.again")]
    kind = (inner or found or [""])[0]
    return "" if PARTS.match(kind) else kind


def is_again(text):
    return "(again)" in text
