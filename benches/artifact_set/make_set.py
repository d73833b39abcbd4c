#!/usr/bin/env python3
"""Writes the labelled evaluation set: make_set.py [OUT]. Nothing is ever loaded."""
import hashlib
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


class Sink:
    def __init__(self, out):
        self.out, self.rows, self.seen = out, [], set()

    def add(self, label, name, data, technique, advisory="", note=""):
        rel = f"{label}/{technique.split(':')[0]}/{name}"
        assert rel not in self.seen, rel
        self.seen.add(rel)
        p = os.path.join(self.out, rel)
        files = {"": data} if not isinstance(data, dict) else data
        for sub, d in files.items():
            q = os.path.join(p, sub) if sub else p
            os.makedirs(os.path.dirname(q), exist_ok=True)
            with open(q, "wb") as f:
                f.write(d.encode() if isinstance(d, str) else d)
        self.rows.append({"path": rel, "label": label, "technique": technique, "advisory": advisory, "note": note, "dir": isinstance(data, dict)})

    def place(self, label, name, technique, note=""):
        """A path for a library to write to itself (a file, or a folder when the name ends in /)."""
        rel = f"{label}/{technique}/{name.rstrip('/')}"
        assert rel not in self.seen, rel
        self.seen.add(rel)
        p = os.path.join(self.out, rel)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        self.rows.append({"path": rel, "label": label, "technique": technique, "advisory": "", "note": note, "dir": name.endswith("/")})
        return p


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "set")
    only = sys.argv[2:]
    os.makedirs(out, exist_ok=True)
    for d in ("malicious", "suspicious", "malformed") + (() if "--keep-benign" in only else ("benign",)):
        shutil.rmtree(os.path.join(out, d), ignore_errors=True)
    S = Sink(out)
    from kit import benign, mal_formats, mal_pickle, mal_zip, malformed
    mal_pickle.gadget_files(S)
    mal_pickle.structure_files(S)
    mal_pickle.framework_files(S)
    mal_pickle.suspicious_files(S)
    mal_zip.files(S)
    mal_formats.keras_files(S)
    mal_formats.onnx_files(S)
    mal_formats.gguf_files(S)
    mal_formats.tf_files(S)
    mal_formats.config_files(S)
    malformed.files(S)
    benign.code_in_pickle(S)
    if "--keep-benign" in only:
        old = [json.loads(x) for x in open(os.path.join(out, "labels.jsonl"))]
        S.rows += [r for r in old if r["label"] == "benign" and r["path"] not in S.seen]
    else:
        benign.files(S)
    with open(os.path.join(out, "labels.jsonl"), "w") as f:
        for r in S.rows:
            if not os.path.exists(os.path.join(out, r["path"])):
                print("not written:", r["path"], file=sys.stderr)
                continue
            f.write(json.dumps(r, ensure_ascii=False) + "\n")
    from collections import Counter
    print(Counter(r["label"] for r in S.rows))


if __name__ == "__main__":
    main()
