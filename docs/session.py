#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws docs/session.svg: docs/session.scn, as the console of a real mooring plays it in a terminal.

docs/session.py PROGRAM           writes the picture
docs/session.py --check PROGRAM   plays the session again; ends with 1 when the picture shows anything else
"""
import difflib
import html
import os
import pathlib
import pty
import re
import subprocess
import sys
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRIPT, CONFIG, PICTURE = "docs/session.scn", "config/demo.cfg", ROOT / "docs" / "session.svg"
COLUMNS, INDENT = 124, 40  # further lines stand under the first, as a person would fold them
CHARACTER, LINE, SIZE, MARGIN, BAR = 7.2, 17, 12, 16, 30
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
COLOURS = {"": "#d8dee9", "2": "#7b8494", "1": "#eceff4", "36": "#7fc8d8", "35": "#c9a0dc"}
CODE = re.compile(r"\x1b\[([0-9;]*)m")


def play(program):
    """What the session shows in a terminal, with its colour codes; None when a line of the script fails."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen([program, "console", "--config", CONFIG, "--script", SCRIPT], cwd=ROOT, env=environment,
                               stdin=subprocess.DEVNULL, stdout=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how a terminal says that the other side went
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return shown.decode().replace("\r\n", "\n") if process.wait() == 0 else None


def cells(line):
    """[(character, style)] of a line; a style is a code of COLOURS."""
    found, style, at = [], "", 0
    for match in CODE.finditer(line):
        found += [(character, style) for character in line[at:match.start()]]
        style = match.group(1).split(";")[-1].strip("0")
        style = style if style in COLOURS else ""
        at = match.end()
    return found + [(character, style) for character in line[at:]]


def fold(row):
    """Rows of at most COLUMNS, cut between words."""
    rows = []
    while len(row) > COLUMNS:
        cut = next((i for i in range(COLUMNS, INDENT, -1) if row[i][0] == " "), COLUMNS)
        rows.append(row[:cut])
        rest = row[cut:]
        while rest and rest[0][0] == " ":
            rest = rest[1:]
        row = [(" ", "")] * INDENT + rest
    return rows + [row]


def spans(row):
    """[(column, text, style)] of a row, without the white space between."""
    found, start = [], 0
    for i in range(1, len(row) + 1):
        if i == len(row) or row[i][1] != row[start][1]:
            text = "".join(character for character, _ in row[start:i])
            lead = len(text) - len(text.lstrip())
            if text.strip():
                found.append((start + lead, text.strip(), row[start][1]))
            start = i
    return found


def draw(shown):
    rows = [row for line in shown.rstrip("\n").split("\n") for row in fold(cells(line))]
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), len(rows) * LINE + BAR + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           f'font-family="{FONT}" font-size="{SIZE}">',
           "<title>A morning with Mooring in its console</title>",
           "<!-- Drawn by docs/session.py from docs/session.scn; not to be changed by hand. -->",
           f'<rect width="{width}" height="{height}" rx="8" fill="#20242c"/>',
           *(f'<circle cx="{MARGIN + 6 + 18 * i}" cy="15" r="5" fill="{fill}"/>' for i, fill in enumerate(("#5a6270",) * 3)),
           f'<text x="{width // 2}" y="19" text-anchor="middle" fill="{COLOURS["2"]}">mooring console --config {CONFIG} --script {SCRIPT}</text>']
    for number, row in enumerate(rows):
        y = BAR + LINE * number + SIZE
        for column, text, style in spans(row):
            weight = ' font-weight="bold"' if style == "1" else ""
            x, length = MARGIN + column * CHARACTER, len(text) * CHARACTER
            out.append(f'<text xml:space="preserve" x="{x:.1f}" y="{y}" textLength="{length:.1f}" fill="{COLOURS[style]}"{weight}>'
                       f"{escape(text)}</text>")
    return "\n".join(out + ["</svg>", ""])


def main(arguments):
    check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + check:
        print(__doc__, file=sys.stderr)
        return 2
    shown = play(os.path.abspath(arguments[-1]))
    if shown is None:
        print(f"{SCRIPT} no longer plays: see above", file=sys.stderr)
        return 1
    picture = draw(shown)
    if not check:
        PICTURE.write_text(picture)
        return 0
    drawn = PICTURE.read_text() if PICTURE.exists() else ""
    if drawn != picture:
        before, today = ([html.unescape(re.sub(r"<[^>]*>", "", line)) for line in text.split("\n")] for text in (drawn, picture))
        print("docs/session.svg (-) shows something else than the bot says today (+): docs/session.py PROGRAM draws it anew.")
        print("\n".join(line for line in difflib.unified_diff(before, today, n=0, lineterm="") if line[0] in "+-"))
        return 1
    print("docs/session.svg shows what the bot says")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
