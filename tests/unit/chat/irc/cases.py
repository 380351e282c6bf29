# SPDX-License-Identifier: MIT
"""Prints one file of the common IRC parser cases as lines "KIND HEXNAME HEXVALUE", an empty line after each case."""
import sys

try:
    import yaml
except ImportError:
    print("python3-yaml is not installed", file=sys.stderr)
    sys.exit(77)


def field(kind, name, value):
    print(kind, name.encode().hex() or "-", value.encode().hex() or "-")


with open(sys.argv[1], encoding="utf-8") as file:
    cases = yaml.safe_load(file)["tests"]
for case in cases:
    for key in ("input", "source", "mask", "host"):
        if key in case:
            field(key, "", case[key])
    atoms = case.get("atoms", {})
    for key in ("source", "verb", "nick", "user", "host"):
        if atoms.get(key) is not None:
            field(key, "", atoms[key])
    for param in atoms.get("params", []):
        field("param", "", param)
    for key, value in atoms.get("tags", {}).items():
        field("tag", key, value)
    for match in case.get("matches", []):
        field("match", "", match)
    for fail in case.get("fails", []):
        field("fail", "", fail)
    print()
