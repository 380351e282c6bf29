#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents name exists: links, paths, programs and their options, settings, commands, functions, tests."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
README_LINES_MAX, STEPS = 120, 10
GUIDES = sorted((ROOT / "plugins").glob("*/README.md"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name != "build" and not p.name.startswith("."))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
IDENTIFIER = re.compile(r"[A-Za-z]\w*_\w+")  # in a longer piece; a piece of one word is one itself
# What others wrote, or what a guide invents for its reader.
THEIRS = {"DCMAKE_INSTALL_PREFIX"}


def read(path):
    return path.read_text(errors="replace")


def tree(*patterns):
    return [p for pattern in patterns for p in ROOT.glob(pattern) if "build" not in p.relative_to(ROOT).parts[:1] and p.is_file()]


WORDS = set()
for source in tree("*", "bot/**/*", "plugins/**/*.[ch]", "config/**/*.cfg", "tests/**/*", "cmake/*", "systemd/*", "docs/*.[15p]*"):
    if "seeds" not in source.parts and source.suffix != ".md":
        WORDS |= set(re.findall(r"[A-Za-z_]\w*", read(source)))
ENDINGS = {word[i + 1:] for word in WORDS if word.isupper() for i in range(len(word)) if word[i] == "_"}  # SAY of MOORING_USES_SAY
NAMES = {p.name for p in tree("*", "bot/**/*", "plugins/**/*", "config/**/*", "tests/**/*", "docs/*", "cmake/*", "systemd/*")}
TABLES = "\n".join(read(p) for p in tree("bot/settings/table.c", "plugins/*/*.c"))
SECTIONS = sorted({name.split(".")[0] for name in re.findall(r'"([a-z_]+\.[a-z_.]+)"', read(ROOT / "bot/settings/table.c"))}
                  | {guide.parent.name for guide in GUIDES})
SOURCES = "\n".join(read(p) for p in tree("bot/commands/*.c", "plugins/*/*.c"))
PROMISES = re.compile(r"^\| promise .*\n((?:\|.*\n)+)", re.M)
TORTURES = "\n".join(read(ROOT / "tests/torture" / name) for name in ("run.sh", "CMakeLists.txt"))
TEXT = re.compile(r"\"([^\"]+)\"")


def commands_of(source):
    """The names and aliases of the commands that a piece of C declares."""
    bodies = re.findall(r"struct mooring_command \w+ = \{(.*?)\};", source, re.S)
    return {word for body in bodies for names in TEXT.findall(body)[:2] for word in names.split()}


COMMANDS = commands_of(SOURCES)
MAIN, TRY, TEST = (read(ROOT / name) for name in ("bot/main.c", "try.sh", "test.sh"))
PROGRAM = re.search(r"struct command commands\[\] = \{(.*?)\n\};", MAIN, re.S).group(1)


def headings(path):
    """A list: the same one twice is one too many, for a link reaches the first alone."""
    found = re.findall(r"^#+ +(.+)$", re.sub(BLOCK, "", read(path)), re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]


def check_links(path, text, tell):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if not other.exists():
            tell(f"the link to {target} leads nowhere")
        elif anchor and anchor not in headings(other):
            tell(f"{target}: there is no such heading")


def check_path(code, tell):
    name = code.rstrip("/").split(":")[0]
    if name.startswith("torture/"):
        if not re.search(rf"mooring_torture\({name.partition('/')[2]}\b", TORTURES):
            tell(f"there is no test {code}")
        return
    test = {"unit": "tests/unit/{0}/test_{1}.c", "scenario": "tests/scenario/{1}.*"}.get(name.split("/")[0])
    if test:
        folder, _, last = name.partition("/")[2].rpartition("/")
        name = test.format(folder, last)
    if not list(ROOT.glob(name)):
        tell(f"there is no {code}")


def check_program(words, tell):
    """`mooring console --config FILE`, `./test.sh --fast`."""
    program = words[0]
    if program.startswith("./"):
        if not os.access(ROOT / program, os.X_OK):
            tell(f"{program} is not there, or cannot be run")
        known = {"./try.sh": TRY, "./test.sh": TEST}.get(program, "")
        for part in words[2:] if words[1:2] == ["--torture"] else ():
            if not re.search(rf"\b{part}\b", TORTURES):
                tell(f"{program} --torture has no part {part}")
    else:
        known = PROGRAM + MAIN
        if len(words) > 1 and f'{{"{words[1]}",' not in PROGRAM:
            tell(f"there is no sub-command mooring {words[1]}")
    for option in (word.split("=")[0] for word in words if word.startswith("--")):
        if not re.search(rf"{option}\b|\"{option[2:]}\"", known):
            tell(f"{program} has no {option}")


def check_command(code, own, tell):
    name = re.match(r"!([a-z-]*)", code).group(1)
    if name and name not in COMMANDS | own:
        tell(f"there is no command !{name}")


def check_option(code, tell):
    """`metrics.listen`, `identity = "nick"`: in a table of options, whole or as the last part."""
    name = code.split(" = ")[0]
    if f'"{name}"' not in TABLES and f'.{name}"' not in TABLES:
        tell(f"there is no option {name}")


def check_code(code, own, tell):
    words = code.split()
    if words[0] == "mooring" and len(words) > 1 or re.match(r"\./\w+\.sh", words[0]):
        check_program(words, tell)
    elif code.startswith("!"):
        check_command(code, own, tell)
    elif re.fullmatch(rf"(?:{'|'.join(FOLDERS)}|unit|scenario|torture)/[\w./*:-]*", code):
        check_path(code, tell)
    elif re.fullmatch(r"[\w*-]+\.(?:c|h|py|sh|cfg|scn|md|in)", code):
        if "*" not in code and code not in NAMES:
            tell(f"there is no file {code}")
    elif re.match(r"[a-z_]+(?:\.[a-z_]+)* = ", code) or re.fullmatch(rf"(?:{'|'.join(SECTIONS)})\.[a-z_]+", code):
        check_option(code, tell)
    else:
        words = re.findall(r"[A-Za-z]\w*", code) if re.fullmatch(r"[\w-]+", code) else IDENTIFIER.findall(code)
        for identifier in words:
            if identifier not in WORDS | THEIRS | ENDINGS | own:
                tell(f"{identifier} is nowhere in the tree")


def check_proofs(text, tell):
    """`tests/unit/x/test_y.c`: `one_name`, `another`, `m17_...`: the file holds them, or such that begin so."""
    for path, names in re.findall(r"`(tests/[\w/.-]+)`: ((?:`\w+(?:\.\.\.)?`(?:, )?)+)", text):
        if not (ROOT / path).exists():
            continue
        held = read(ROOT / path)
        for name, end in re.findall(r"`(\w+)(\.\.\.)?`", names):
            if not re.search(rf"\b{name}{'' if end else chr(92) + 'b'}", held):
                tell(f"{path} has no {name}{end}")
    for table in PROMISES.findall(text):
        for promise, proof in re.findall(r"^\| (.+?) \| (.+) \|$", table, re.M):
            if "`" not in proof:
                tell(f"no test is named that proves: {promise}")


def check_block(language, body, tell):
    for line in body.splitlines() if language == "sh" else ():
        words = [word for word in line.split("#")[0].split() if word != "sudo"]
        if words and (words[0] == "mooring" or words[0].startswith("./")):
            check_program(words, tell)


def check_readme(text, tell):
    lines = len(text.splitlines())
    if lines >= README_LINES_MAX:
        tell(f"{lines} lines, and {README_LINES_MAX} are too many")
    section = re.search(r"^## The path of a message\n(.*?)^## ", text, re.M | re.S)
    steps = re.split(r"^\d+\. ", section.group(1), flags=re.M)[1:] if section else []
    if len(steps) != STEPS or not all(LINK.search(step) for step in steps):
        tell(f"the path of a message has {STEPS} steps, each with a link to its file")
    for needed in ("docs/session.svg", "./try.sh", "./test.sh"):
        if needed not in text:
            tell(f"{needed} is missing")


problems = []
for document in DOCUMENTS + GUIDES:
    where = document.relative_to(ROOT)

    def tell(what, where=where):
        problems.append(f"{where}: {what}")

    whole = read(document)
    plain = BLOCK.sub("", whole)
    examples = "\n".join(found.group(2) for found in BLOCK.finditer(whole))
    own = commands_of(examples) | set(re.findall(r"[A-Za-z_]\w*", examples))  # what its own examples declare
    check_links(document, plain, tell)
    anchors = headings(document)
    for twice in sorted({anchor for anchor in anchors if anchors.count(anchor) > 1}):
        tell(f"two headings are #{twice}")
    for found in BLOCK.finditer(whole):
        check_block(found.group(1), found.group(2), tell)
    for found in CODE.findall(plain):
        if document not in GUIDES:
            check_code(found, own, tell)
        elif found.startswith("!"):
            check_command(found, set(), tell)
    check_proofs(plain, tell)
    if where.name == "README.md" and where.parent == pathlib.Path("."):
        check_readme(whole, tell)
print("\n".join(problems) or f"docs: {len(DOCUMENTS) + len(GUIDES)} documents name what is there")
sys.exit(1 if problems else 0)
