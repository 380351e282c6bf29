#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that people read: ids and arguments fit the code, the language is person-first, short and calm."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRING = r'"((?:\\.|[^"\\])*)"'
ENTRY = re.compile(r"^\s*([A-Za-z*][\w*-]*)\s*[=:]\s*((?:\[[^\]]*\]|(?:" + STRING + r"\s*)+))\s*;", re.M | re.S)
ARGUMENT = re.compile(r"\{([a-z][a-z0-9_-]*)\s*(?:,|\})")
PLAIN_BRACES = re.compile(r"'\{'|'\}'")
# DOMAIN: person-first. What members say of themselves is never corrected; this is what we say.
LANGUAGE = {
    r"\baddicts?\b": "person with a substance use disorder", r"\balcoholics?\b": "person with alcohol use disorder",
    r"\bjunkies?\b": "", r"\b(?:substance|drug|alcohol) abuse\b": "use", r"\babus(?:er|ers)\b": "", r"\bclean\b": "in recovery; negative test",
    r"\bdirty\b": "positive test", r"\b(?:drug )?habit\b": "use", r"\bfailures?\b|\bfailed\b(?! on)": "", r"\brelapsed\b": "returned to use",
    r"\bcommit(?:ted|s)? suicide\b|\bcommitted\b": "died by suicide", r"\bnon-?complian\w*\b": "", r"\bvictims?\b": "",
    r"\bshould\b": "the person decides", r"\bmust\b": "the person decides", r"\bgood (?:boy|girl|job)\b": "no praise that can turn into blame",
    r"\bsecret\b|\bbetween us\b": "promises no secrecy", r"\bI(?:'ve| have)? (?:just )?called (?:911|the police|an ambulance)\b": "never claims to have called",
    r"\bif you do not\b.*\bI will\b": "no threats", r"\bproud of you\b": "no praise that can turn into blame",
}
# Words that a rule means in another sense, by file and id.
KEYS = {"alerts.tier-two", "alerts.card", "alerts.card-room"}  # of rows, not of texts
FINE = {("core", "failed"), ("dialogue", "failed")}
MANY_QUESTIONS = {("alerts", "moderator-card")}  # a form for the team, not a message
IDS = re.compile(r'"((?:core|commands|export|alerts|notice|private|outbox|dialogue|checkin|coping|meetings|crisis)\.[a-z][a-z0-9-]*)"')


def read(path):
    """{key: [pattern, ...]} of a catalogue file."""
    text = re.sub(r"^\s*(?:#|//).*$", "", path.read_text(), flags=re.M)
    entries = {}
    for match in ENTRY.finditer(text):
        value = match.group(2)
        if value.startswith("["):
            parts = re.split(r'"\s*,', value)
            patterns = ["".join(re.findall(STRING, part if part.rstrip().endswith('"') or "]" in part else part + '"')) for part in parts]
        else:
            patterns = ["".join(re.findall(STRING, value))]
        entries[match.group(1)] = [p for p in patterns if p]
    return entries


def sources(area):
    if area in ("core", "commands", "export", "alerts", "notice", "private", "outbox", "dialogue"):
        return sorted((ROOT / "bot").rglob("*.[ch]"))
    return sorted((ROOT / "plugins" / area).rglob("*.[ch]"))


def arguments(pattern):
    return set(ARGUMENT.findall(PLAIN_BRACES.sub("", pattern)))


def check_language(where, text, problems):
    plain = re.sub(r"`[^`]*`|https?://\S+", " ", text)
    for word, instead in LANGUAGE.items():
        match = re.search(word, plain, re.I)
        if match:
            problems.append(f'{where}: "{match.group(0)}"' + (f": {instead}" if instead else ""))
    if "!" in re.sub(r"`[^`]*`|\{prefix\}|!(?=[a-z])", "", text):
        problems.append(f"{where}: an exclamation mark")


def check_catalogue(path, problems):
    area = path.stem
    code = "\n".join(p.read_text() for p in sources(area))
    names = set(re.findall(r'"([a-z][a-z0-9_-]*)"', code))
    for key, patterns in read(path).items():
        for pattern in patterns:
            where = f"{path.relative_to(ROOT)}: {key}"
            if (area, key) not in FINE:
                check_language(where, pattern, problems)
            unknown = arguments(pattern) - names - {"member_text", "hour", "hour12", "half", "minute", "day", "weekday", "month", "month-number", "year",
                                                     "days", "hours", "minutes", "seconds"}
            if unknown:
                problems.append(f"{where}: nobody gives the argument {', '.join(sorted(unknown))}")
            if pattern.count("?") > 2 and (area, key) not in MANY_QUESTIONS:
                problems.append(f"{where}: more than one question")


def check_ids(folder, problems):
    known = {f"{path.stem}.{key}" for path in folder.glob("*.cfg") for key in read(path)}
    for area in ("bot", "plugins"):
        for path in sorted((ROOT / area).rglob("*.[ch]")):
            before = ""
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if line.lstrip().startswith(("*", "/*", "//")):
                    continue
                # Keys of the store, names of options and series look like ids and are none.
                if "store" in path.parts or re.search(r"\b(?:STR|FIELD|OPTION)\(|->read\(|LOG_", line) or "series->read" in before:
                    before = line
                    continue
                before = line
                for msgid in IDS.findall(re.sub(r"/\*.*?\*/", "", line)):
                    if msgid not in known | KEYS and not msgid.endswith("-"):
                        problems.append(f"{path.relative_to(ROOT)}:{number}: there is no text {msgid}")


def check_content(problems):
    for path in sorted((ROOT / "config").rglob("*.cfg")):
        if "text" in path.parts or path.parent == ROOT / "config" or path.parent.name == "networks":
            continue
        text = re.sub(r"^\s*(?:#|//).*$", "", path.read_text(), flags=re.M)
        for value in re.findall(STRING, text):
            check_language(str(path.relative_to(ROOT)), value, problems)


problems = []
languages = [folder for folder in sorted((ROOT / "config" / "text").iterdir()) if folder.is_dir()]
for folder in languages:
    for path in sorted(folder.glob("*.cfg")):
        check_catalogue(path, problems)
check_ids(ROOT / "config" / "text" / "en", problems)
check_content(problems)
print("\n".join(problems) or f"texts: {sum(len(read(p)) for f in languages for p in f.glob('*.cfg'))} entries are fine")
sys.exit(1 if problems else 0)
