#!/usr/bin/env python3
"""compare.py [RESULTS] [SET]: table of every tool's verdicts (results/*.jsonl, or .jsonl.part while it runs), in Markdown, with
today's labels, and the techniques where loadlint and the best peer differ."""
import collections
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
res = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "results")
labels = {}
for r in map(json.loads, open(os.path.join(sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "set"), "labels.jsonl"))):
    labels[r["path"]] = r
tools = {}
for f in sorted(os.listdir(res)):
    if f.endswith((".jsonl", ".jsonl.part")):
        n = f.split(".jsonl")[0]
        if f.endswith(".part") or n not in tools:
            tools[n] = {r["path"]: r for r in map(json.loads, open(os.path.join(res, f))) if r["path"] in labels}
print("| tool | scanned | malicious flagged | silent on malicious | suspicious flagged | benign flagged | benign notice or refused | malformed silent | crash / time-out | median s | max s |")
print("|---|---|---|---|---|---|---|---|---|---|---|")


def pick(v, lab, vs):
    return [p for p, r in v.items() if labels[p]["label"] == lab and r["verdict"] in vs]


for n, v in sorted(tools.items(), key=lambda t: -len(pick(t[1], "malicious", ("flagged",)))):
    c = collections.Counter(labels[p]["label"] for p in v)
    secs = sorted(r["sec"] for r in v.values()) or [0]
    q = lambda lab, *vs: len(pick(v, lab, vs))
    pc = lambda lab: f"{100 * q(lab, 'flagged') / max(1, c[lab]):.1f} %"
    print(f"| {n} | {len(v)} | {pc('malicious')} | {q('malicious', 'clean', 'note')} | {pc('suspicious')} | {q('benign', 'flagged')} of {c['benign']} ({pc('benign')}) | {q('benign', 'notice', 'refused')} | {q('malformed', 'clean', 'note')} of {c['malformed']} |"
          f" {sum(r['verdict'] == 'crash' for r in v.values())} / {sum(r['verdict'] == 'timeout' for r in v.values())} | {secs[len(secs) // 2]:.3f} | {secs[-1]:.1f} |")
print("\nMalicious flagged, by technique (number of artifacts first):\n")
tech = collections.defaultdict(list)
for p, r in labels.items():
    if r["label"] == "malicious":
        tech[r["technique"].split(":")[0]].append(p)
names = sorted(tools)
print("| technique | n | " + " | ".join(names) + " |\n|---|---|" + "---|" * len(names))
for t, ps in sorted(tech.items(), key=lambda x: -len(x[1])):
    print(f"| {t} | {len(ps)} | " + " | ".join(f"{sum(tools[n].get(p, {}).get('verdict') == 'flagged' for p in ps)}" if any(p in tools[n] for p in ps) else "-" for n in names) + " |")
