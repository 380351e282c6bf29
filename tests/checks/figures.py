#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Dashboard and alert rules against the program: starts it, reads /metrics, and compares every name in them with those
that it really prints; names, units and types by Prometheus' conventions.  figures.py MOORING PLUGIN_FOLDER"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import daemon  # noqa: E402

import yaml  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "docs/prometheus-rules.yml"
DASHBOARD = ROOT / "docs/grafana-dashboard.json"
NAME = re.compile(r"\b((?:mooring|process)_[a-z0-9_]+)\b")
LABEL = re.compile(r"((?:mooring|process)_[a-z0-9_]+)\{([a-z]+)(?:=~?|!=)")
FOREIGN = {"up"}  # Prometheus' own


def names_printed(text):
    """{name: (type, {labels})}, histograms with their three."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    labels = {}
    for line in text.splitlines():
        match = re.match(r"(\w+)(?:\{(\w+)=)?", line)
        if not line.startswith("#") and match:
            labels.setdefault(match.group(1), set()).add(match.group(2))
    names = {}
    for name, kind in kinds.items():
        for whole in ([name + "_bucket", name + "_sum", name + "_count"] if kind == "histogram" else [name]):
            names[whole] = (kind, labels.get(whole, set()))
    return names


def check_conventions(text, problems):
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        if not re.fullmatch(r"(mooring|process)_[a-z][a-z0-9_]*", name):
            problems.append(f"/metrics: {name}: lower case, with its prefix")
        if (kind == "counter") != name.endswith("_total"):
            problems.append(f"/metrics: {name}: a counter ends in _total, and nothing else does")
        if re.search(r"_(ms|milliseconds|minutes|hours|kb|mb|percent)(_|$)", name):
            problems.append(f"/metrics: {name}: base units, seconds and bytes")
        if not re.search(rf"^# HELP {name} [A-Z0-9].*", text, re.M):
            problems.append(f"/metrics: {name}: no help")


def check_expression(where, expression, printed, problems):
    names = set(NAME.findall(expression))
    if not names and not FOREIGN & set(re.findall(r"\w+", expression)):
        problems.append(f"{where}: no metric in it: {expression}")
    for name in names:
        if name not in printed:
            problems.append(f"{where}: {name}: the program prints no such metric")
    for name, label in LABEL.findall(expression):
        if name in printed and printed[name][1] and label not in printed[name][1]:
            problems.append(f"{where}: {name} has no label {label}")


def check_rules(printed, problems):
    groups = yaml.safe_load(RULES.read_text())["groups"]
    seen = set()
    for rule in (rule for group in groups for rule in group["rules"]):
        where = f"{RULES.name}: {rule.get('alert')}"
        if set(rule) - {"alert", "expr", "for", "labels", "annotations"} or rule["alert"] in seen:
            problems.append(f"{where}: an unknown member, or twice")
        seen.add(rule["alert"])
        if not re.fullmatch(r"Mooring[A-Za-z]+", rule["alert"]) or not re.fullmatch(r"\d+[smhd]", rule.get("for", "1m")):
            problems.append(f"{where}: its name or time is odd")
        if rule["labels"].get("severity") not in ("page", "ticket"):
            problems.append(f"{where}: severity is page or ticket")
        for part in ("summary", "action"):
            if len(rule["annotations"].get(part, "")) < 20:
                problems.append(f"{where}: its {part} says nothing")
        check_expression(where, rule["expr"], printed, problems)
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
        if done.returncode:
            problems.append(f"{RULES.name}: promtool: {done.stdout}{done.stderr}")
    return len(seen)


def check_dashboard(printed, problems):
    panels = json.loads(DASHBOARD.read_text())["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        problems.append(f"{DASHBOARD.name}: two panels with one id")
    for panel in panels:
        where = f"{DASHBOARD.name}: {panel['title']}"
        if not panel["targets"] or panel["datasource"]["uid"] != "${datasource}":
            problems.append(f"{where}: nothing in it, or a data source of its own")
        for target in panel["targets"]:
            check_expression(where, target["expr"], printed, problems)
    for one in panels:  # none over another
        for two in panels:
            a, b = one["gridPos"], two["gridPos"]
            if one["id"] < two["id"] and a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and \
                    a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
                problems.append(f"{DASHBOARD.name}: {one['title']} and {two['title']} lie over each other")
    return len(panels)


def main():
    problems = []
    with daemon.Daemon(sys.argv[1], sys.argv[2]) as bot:
        text = bot.metrics()
    printed = names_printed(text)
    check_conventions(text, problems)
    rules = check_rules(printed, problems)
    panels = check_dashboard(printed, problems)
    print("\n".join(problems) or f"figures: {rules} rules and {panels} panels are made of the {len(printed)} metrics that there are")
    sys.exit(1 if problems else 0)


main()
