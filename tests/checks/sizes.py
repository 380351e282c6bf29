#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sizes of functions and files, with the ten worst of each; comments and tests in proportion."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTION_LIMIT, FILE_LIMIT = 80, 500
# Data in the form of C: as long as what they list.
TABLES = {"bot/settings/table.c", "bot/safety/fold_table.c", "bot/safety/lexicon.c"}


def functions(path):
    """(name, lines) of each function: from the line that opens its body to the one that closes it, at the margin."""
    lines = path.read_text().splitlines()
    start = None
    for i, line in enumerate(lines):
        if line == "{" and i > 0 and not lines[i - 1].startswith(("struct", "enum", "union")):
            start = i
        elif line == "}" and start is not None:
            head = lines[start - 1]
            for back in range(start - 1, max(start - 6, -1), -1):
                if re.match(r"[A-Za-z_]", lines[back]):
                    head = lines[back]
                    break
            name = re.search(r"(\w+)\s*\(", head)
            yield (name.group(1) if name else head.strip()), i - start + 1
            start = None


def is_table(path):
    return str(path.relative_to(ROOT)) in TABLES or path.name.startswith("rules_")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


sources = [p for folder in ("bot", "plugins") for p in sorted((ROOT / folder).rglob("*.c"))]
tests = [p for p in sorted((ROOT / "tests").rglob("*")) if p.suffix in (".c", ".h", ".py", ".scn", ".sh")]
found = [(size, name, path) for path in sources for name, size in functions(path)]
files = [(len(p.read_text().splitlines()), p) for p in sources]
comment = sum(len(re.findall(r"^\s*(?:/\*|\*|//)", p.read_text(), re.M)) + len(re.findall(r"\S.*?/\*", p.read_text())) for p in sources)
total = sum(size for size, _ in files)
test_total = sum(len(p.read_text(errors="replace").splitlines()) for p in tests)
sizes = [size for size, _, _ in found]
print(f"functions: {len(sizes)}, median {percentile(sizes, 0.5)} lines, 95th {percentile(sizes, 0.95)}")
print("longest:  " + ", ".join(f"{name} {size} ({path.relative_to(ROOT)})" for size, name, path in sorted(found, key=lambda f: -f[0])[:10]))
print(f"files: {len(files)}, {total} lines of C; comments on {100 * comment // max(total, 1)} % of lines; tests {test_total} lines")
print("longest:  " + ", ".join(f"{path.relative_to(ROOT)} {size}" for size, path in sorted(files, key=lambda f: -f[0])[:10]))
problems = [f"{path.relative_to(ROOT)}: {name}() has {size} lines, more than {FUNCTION_LIMIT}" for size, name, path in found if size > FUNCTION_LIMIT]
problems += [f"{path.relative_to(ROOT)}: {size} lines, more than {FILE_LIMIT}" for size, path in files if size > FILE_LIMIT and not is_table(path)]
print("\n".join(problems))
sys.exit(1 if problems else 0)
