#!/usr/bin/env python3
"""Print tables of the findings in the corpus, as Markdown.

    loadlint check FOLDER --no-config --exit-zero --output-format json > field.json
    python3 benches/field_report.py field.json
    python3 benches/field_report.py field.json --sample

FOLDER is what fetch_corpus.py filled. The first table counts findings by rule and level, the
second by package and rule. Packages without a finding are listed below it.
With --sample, the findings to be read by hand are listed instead: the same ones for the same
JSON, drawn with a fixed seed from each common group of findings, and all of the rare groups.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

from fetch_corpus import PACKAGES

LEVELS = ("error", "warning", "note")

# How many findings of each common group are read; the other groups are read as a whole.
SAMPLE = {
    ("LL101", "warning"): 35,
    ("LL106", "error"): 35,
    ("LL106", "warning"): 20,
    ("LL110", "error"): 30,
    ("LL111", "error"): 18,
    ("LL111", "note"): 12,
    ("LL116", "note"): 10,
    ("LL115", "note"): 5,
    ("LL120", "warning"): 20,
    ("LL120", "note"): 6,
    ("LL121", "warning"): 30,
    ("LL121", "note"): 45,
}
SEED = 20261121

PLACE = re.compile(r"(?:^|/)(ml|plain)/([^/]+)/")


def table(head, rows, right_from=1):
    """A Markdown table; columns from `right_from` on are numbers."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join("---:" if i >= right_from else "---" for i in range(len(head))) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell) if cell else "" for cell in row) + " |"


def package_of(path):
    """`ml/torch-2.9.0/torch/x.py` belongs to `torch-2.9.0`; None outside the corpus."""
    found = PLACE.search(path.replace("\\", "/"))
    return found and found.group(2)


def report(document):
    """The lines of the report."""
    findings = document["findings"]
    by_level = Counter((finding["rule_id"], finding["level"]) for finding in findings)
    by_package = Counter()
    for finding in findings:
        by_package[package_of(finding["location"]["path"]), finding["rule_id"]] += 1
    rules = sorted({rule for rule, _ in by_level})

    rows = [
        [rule] + [by_level[rule, level] for level in LEVELS]
        + [sum(by_level[rule, level] for level in LEVELS)]
        for rule in rules
    ]
    rows.append(["all"] + [sum(row[column] for row in rows) for column in range(1, 5)])
    yield from table(["rule", "errors", "warnings", "notes", "all"], rows)
    yield ""

    known = [name.replace("==", "-") for names in PACKAGES.values() for name in names]
    strangers = sorted({name or "(elsewhere)" for name, _ in by_package} - set(known))
    rows, silent = [], []
    for name in known + strangers:
        key = None if name == "(elsewhere)" else name
        counts = [by_package[key, rule] for rule in rules]
        if any(counts):
            rows.append([name] + counts + [sum(counts)])
        else:
            silent.append(name)
    rows.append(["all"] + [sum(row[column] for row in rows) for column in range(1, len(rules) + 2)])
    yield from table(["package", *rules, "all"], rows)
    yield ""
    yield "Without a finding: " + (", ".join(silent) or "none") + "."


def sample(document):
    """The findings to be read by hand, one a line."""
    findings = document["findings"]
    groups = {}
    for index, finding in enumerate(findings):
        groups.setdefault((finding["rule_id"], finding["level"]), []).append(index)
    chance = random.Random(SEED)
    # The order of SAMPLE is part of the draw.
    for group, wanted in SAMPLE.items():
        if group in groups:
            groups[group] = sorted(chance.sample(groups[group], min(wanted, len(groups[group]))))
    for rule, level in sorted(groups):
        for index in groups[rule, level]:
            place = findings[index]["location"]
            line = place["start"]["line"]
            yield f"{rule} {level} {place['path']}:{line}: {findings[index]['message']}"


def main():
    """Read the JSON report that is named, or standard input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", nargs="?", help="JSON output of loadlint (default: standard input)")
    parser.add_argument("--sample", action="store_true", help="list the findings to be read by hand")
    arguments = parser.parse_args()
    text = Path(arguments.report).read_text("utf-8") if arguments.report else sys.stdin.read()
    document = json.loads(text)
    for line in sample(document) if arguments.sample else report(document):
        print(line)


if __name__ == "__main__":
    main()
