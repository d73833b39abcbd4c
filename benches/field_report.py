#!/usr/bin/env python3
"""Print tables of the findings in the corpus, as Markdown.

    loadlint check FOLDER --no-config --exit-zero --output-format json > field.json
    python3 benches/field_report.py field.json
    python3 benches/field_report.py field.json --sample second
    python3 benches/field_report.py later.json --unread field.json

FOLDER is what fetch_corpus.py filled. The first table counts findings by rule and level, the
second by package and rule. Packages without a finding are listed below it.
With --sample, the findings to be read by hand are listed instead, the same ones for the same
JSON: drawn with a fixed seed from each common group of findings, and all of the rare groups.
With --unread, 200 findings are drawn from those that the second sample of an earlier run did
not hold.
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

# The second judging: how many of each rule are read. Groups of a rule and a level of up to
# SMALL are read as a whole, others in proportion and at least SMALL of them; rules that are
# not named here have fewer than 60 findings and are read as a whole.
SECOND = {
    "LL101": 60, "LL106": 64, "LL110": 60, "LL111": 60, "LL116": 60, "LL120": 72, "LL121": 84,
}
SMALL = 15
SECOND_SEED = 7041889
UNREAD = 200
UNREAD_SEED = 6110237

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


def groups_of(findings):
    """The indices of the findings by rule and level."""
    groups = {}
    for index, finding in enumerate(findings):
        groups.setdefault((finding["rule_id"], finding["level"]), []).append(index)
    return groups


def line(finding):
    """A finding that is to be read."""
    place = finding["location"]
    where = f"{place['path']}:{place['start']['line']}"
    return f"{finding['rule_id']} {finding['level']} {where}: {finding['message']}"


def first_sample(findings):
    """The indices that were read in the first judging."""
    groups = groups_of(findings)
    chance = random.Random(SEED)
    # The order of SAMPLE is part of the draw.
    for group, wanted in SAMPLE.items():
        if group in groups:
            groups[group] = sorted(chance.sample(groups[group], min(wanted, len(groups[group]))))
    return [index for group in sorted(groups) for index in groups[group]]


def second_sample(findings):
    """The indices that were read in the second judging."""
    groups = groups_of(findings)
    chance = random.Random(SECOND_SEED)
    for rule in sorted({rule for rule, _ in groups} & set(SECOND)):
        of_rule = {group: groups[group] for group in sorted(groups) if group[0] == rule}
        small = sum(len(group) for group in of_rule.values() if len(group) <= SMALL)
        large = {group: indices for group, indices in of_rule.items() if len(indices) > SMALL}
        total = sum(len(indices) for indices in large.values())
        for group, indices in large.items():
            wanted = max(SMALL, round((SECOND[rule] - small) * len(indices) / total))
            groups[group] = sorted(chance.sample(indices, min(wanted, len(indices))))
    return [index for group in sorted(groups) for index in groups[group]]


def unread_sample(findings, before):
    """The indices of findings of code that were not read in the second judging of `before`."""
    def key(finding):
        place = finding["location"]
        return finding["rule_id"], place["path"], place["region"]["start"]

    read = {key(before[index]) for index in second_sample(before)}
    unread = [
        index
        for index, finding in enumerate(findings)
        if not finding["rule_id"].startswith("LL4") and key(finding) not in read
    ]
    return sorted(random.Random(UNREAD_SEED).sample(unread, UNREAD))


def main():
    """Read the JSON report that is named, or standard input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", nargs="?", help="JSON output of loadlint (default: standard input)")
    parser.add_argument("--sample", choices=["first", "second"], help="list the findings to be read by hand")
    parser.add_argument("--unread", metavar="BEFORE", help="list 200 that were not read before")
    arguments = parser.parse_args()
    text = Path(arguments.report).read_text("utf-8") if arguments.report else sys.stdin.read()
    document = json.loads(text)
    findings = document["findings"]
    if arguments.unread:
        before = json.loads(Path(arguments.unread).read_text("utf-8"))["findings"]
        chosen = unread_sample(findings, before)
    elif arguments.sample:
        chosen = {"first": first_sample, "second": second_sample}[arguments.sample](findings)
    else:
        print("\n".join(report(document)))
        return
    print("\n".join(line(findings[index]) for index in chosen))


if __name__ == "__main__":
    main()
