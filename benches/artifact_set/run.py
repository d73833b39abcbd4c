#!/usr/bin/env python3
"""run.py BINARY [--set DIR] [--only LABEL/TECH…] [--no-folders] [--jobs N]: scans every artifact of the set one by one and every
label's folder at once, and prints the confusion table and every miss. run.py --peer NAME does the same with a peer."""
import argparse
import collections
import hashlib
import concurrent.futures
import json
import os
import re
import resource
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BAD = ("warning", "error")


def run(cmd, timeout, **k):
    t = time.time()
    try:
        p = subprocess.run(cmd, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, **k)
        return p.returncode, p.stdout, p.stderr, time.time() - t
    except subprocess.TimeoutExpired as e:
        return "timeout", e.stdout or b"", e.stderr or b"", time.time() - t


class Loadlint:
    """verdict: flagged (a finding of warning or error), note (only notes), notice, clean, crash, timeout."""

    def __init__(self, binary, extra=()):
        self.binary, self.extra = binary, list(extra)

    def cmd(self, path):
        return [self.binary, "scan", "--output-format", "json", *self.extra, path]

    def judge(self, rc, out, err):
        if rc == "timeout":
            return {"verdict": "timeout"}
        if rc not in (0, 1, 2):
            return {"verdict": "crash", "rc": rc, "err": err[-300:].decode("replace")}
        try:
            d = json.loads(out)
        except ValueError:
            return {"verdict": "crash", "rc": rc, "err": "no JSON: " + (err[-300:] or out[-300:]).decode(errors="replace")}
        f, n = d.get("findings", []), d.get("notices", [])
        lv = [x.get("level") for x in f]
        v = "flagged" if any(x in BAD for x in lv) else "notice" if n else "refused" if rc == 2 else "note" if f else "clean"
        rules = sorted({f"{x.get('rule') or x.get('rule_id') or x.get('ruleId') or x.get('id')}:{x.get('level')}" for x in f})
        return {"verdict": v, "rc": rc, "rules": rules, "notices": [str(x.get("message", x) if isinstance(x, dict) else x)[:160] for x in n][:3], "messages": [str(x.get("message"))[:160] for x in f if x.get("level") in BAD][:3], "raw": d}

    def folder(self, rc, out, err, rows, root):
        """Which artifacts of a folder scan are flagged: by the paths that findings and notices name."""
        d = self.judge(rc, out, err)
        if "raw" not in d:
            return d["verdict"], {}
        hit = collections.defaultdict(set)
        paths = sorted((r["path"] for r in rows), key=len, reverse=True)
        for kind, items in (("flagged", d["raw"].get("findings", [])), ("notice", d["raw"].get("notices", []))):
            for x in items:
                k = kind if kind == "notice" or x.get("level") in BAD else "note"
                # what "file"/"path"/"location" names, whatever the key
                s = json.dumps(x, ensure_ascii=False)
                for cand in set(re.findall(r'"([^"]*/[^"]*)"', s)):
                    cand = cand.split("!")[0]
                    for p in paths:
                        if p in cand or cand.startswith(p.split("/", 1)[1]):
                            hit[p].add(k)
                            break
        return d["verdict"], hit


class Peer:
    def __init__(self, name, argv, judge):
        self.name, self.argv, self.j = name, argv, judge

    def cmd(self, path):
        return [a.replace("{}", path) for a in self.argv]

    def judge(self, rc, out, err):
        if rc == "timeout":
            return {"verdict": "timeout"}
        return {"verdict": self.j(rc, out.decode(errors="replace"), err.decode(errors="replace")), "rc": rc, "rules": [], "notices": [], "messages": []}


def exit_rule(bad=(1,), err=(2,), clean=(0,)):
    def j(rc, out, err_):
        if rc in bad:
            return "crash" if "Traceback (most recent call last)" in err_ else "flagged"
        if rc in err:
            return "crash" if "Traceback (most recent call last)" in err_ else "notice"
        return "clean" if rc in clean else "crash"
    return j


def modelaudit(rc, out, err):
    try:
        d = json.loads(out[out.index("{"):])
    except ValueError:
        return "notice" if rc == 2 else "crash" if rc else "clean"
    sev = [i.get("severity") for i in d.get("issues", [])]
    if any(s in ("warning", "critical", "error") for s in sev):
        return "flagged"
    return "notice" if rc == 2 else "clean"


def modelscan(rc, out, err):
    return {0: "clean", 1: "flagged", 2: "notice", 3: "notice", 4: "notice"}.get(rc, "crash")


def fickling(rc, out, err):
    if "Traceback (most recent call last)" in err:
        return "crash"
    return {0: "clean", 1: "flagged", 2: "notice"}.get(rc, "crash")


def hayward(rc, out, err):
    try:
        d = json.loads(out[out.index("{"):])
    except ValueError:
        return "notice" if rc == 2 else "crash"
    sev = {f.get("severity") for f in d.get("findings", [])}
    if sev & {"critical", "high", "medium"}:
        return "flagged"
    if d.get("coverage_gaps"):
        return "notice"
    return "note" if sev else "clean"


class Forked(Peer):
    """A Python peer, imported once in its own interpreter and forked for every file."""

    def start(self, timeout, env, where):
        mod, argv = self.argv[0], self.argv[1:]
        self.p = subprocess.Popen([os.path.join(os.environ.get("PEERS", "peers"), self.name.split("-")[0], "bin", "python"), os.path.join(HERE, "peer_fork.py"), mod, str(timeout), *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, cwd=where)

    def ask(self, path):
        self.p.stdin.write(path + "\n")
        self.p.stdin.flush()
        d = json.loads(self.p.stdout.readline())
        v = "timeout" if d["rc"] == "timeout" else self.j(d["rc"], d["out"], d["err"])
        return {"verdict": v, "rc": d["rc"], "sec": d["sec"], "said": (d["out"][-400:] + d["err"][-200:]) if v == "crash" else ""}


def peers():
    return {
        "picklescan": Forked("picklescan", ["picklescan.cli:main", "-p", "{}"], exit_rule()),
        "picklescan-strict": Forked("picklescan-strict", ["picklescan.cli:main", "--strict", "-p", "{}"], exit_rule()),
        "modelscan": Forked("modelscan", ["modelscan.cli:main", "-p", "{}"], modelscan),
        "fickling": Forked("fickling", ["fickling.__main__:main", "--check-safety", "--json-output", "/tmp/loadlint-eval-fickling.json", "{}"], fickling),
        "modelaudit": Forked("modelaudit", ["ma_api:main", "{}"], modelaudit),
        "hayward": Forked("hayward", ["hayward.cli:main", "scan", "-f", "json", "{}"], hayward),
    }


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))


def digest(path):
    h = hashlib.sha256()
    for root, dirs, files in sorted(os.walk(path)) if os.path.isdir(path) else [(os.path.dirname(path), [], [os.path.basename(path)])]:
        for f in sorted(files):
            h.update(f.encode() + b"\0" + open(os.path.join(root, f), "rb").read())
    return h.hexdigest()[:24]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("binary", nargs="?")
    ap.add_argument("--peer")
    ap.add_argument("--set", default=os.path.join(HERE, "set"))
    ap.add_argument("--labels", help="labels file (default: labels.jsonl of the set)")
    ap.add_argument("--only", nargs="*", default=[], help="parts of paths or techniques")
    ap.add_argument("--timeout", type=float, default=20)
    ap.add_argument("--jobs", type=int, default=1)
    ap.add_argument("--no-folders", action="store_true")
    ap.add_argument("--arg", action="append", default=[], help="more arguments for the binary")
    ap.add_argument("--out", help="write every verdict as JSON lines")
    ap.add_argument("--reuse", help="verdicts of an earlier --out: artifacts with the same name and content are not scanned again (peers)")
    ap.add_argument("--brief", action="store_true", help="table only")
    a = ap.parse_args()
    tool = peers()[a.peer] if a.peer else Loadlint(os.path.abspath(a.binary), a.arg)
    rows = [json.loads(x) for x in open(a.labels or os.path.join(a.set, "labels.jsonl"))]
    rows = [r for r in rows if not a.only or any(o in r["path"] or o == r["technique"] for o in a.only)]
    env = dict(os.environ, PYTHONPATH=os.path.join(HERE, "shims") if a.peer else "", PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1", DO_NOT_TRACK="1", HF_HUB_OFFLINE="1", NO_COLOR="1")

    if isinstance(tool, Forked):
        tool.start(a.timeout, env, tempfile.mkdtemp())
        a.jobs = 1

    old = {}
    if a.reuse and os.path.exists(a.reuse):
        for x in map(json.loads, open(a.reuse)):
            old[x["path"].split("/", 1)[-1], x.get("sha")] = {k: x[k] for k in ("verdict", "rc", "sec", "said", "rules", "notices", "messages") if k in x}

    def one(r):
        r["sha"] = digest(os.path.join(a.set, r["path"])) if a.out or old else ""
        if (r["path"].split("/", 1)[-1], r["sha"]) in old:
            return {**r, **old[r["path"].split("/", 1)[-1], r["sha"]]}
        if isinstance(tool, Forked):
            return {**r, "rules": [], "notices": [], "messages": [], **tool.ask(os.path.join(os.path.abspath(a.set), r["path"]))}
        rc, out, err, sec = run(tool.cmd(os.path.join(a.set, r["path"])), a.timeout, env=env, preexec_fn=limits)
        v = tool.judge(rc, out, err)
        v.pop("raw", None)
        return {**r, **v, "sec": round(sec, 3)}
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as ex:
        res, part = [], open(a.out + ".part", "w") if a.out else None
        for r in ex.map(one, rows):
            res.append(r)
            if part:
                part.write(json.dumps(r, ensure_ascii=False) + "\n")
                part.flush()
    if part:
        part.close()
        os.replace(a.out + ".part", a.out)
    report(res, a)
    if not a.no_folders and not a.peer and not a.only:
        folders(tool, rows, res, a, env)


VERDICTS = ("flagged", "note", "notice", "refused", "clean", "crash", "timeout")


def report(res, a):
    print(f"{'label':12}{'n':>6}" + "".join(f"{v:>9}" for v in VERDICTS) + "   median s   max s")
    for lab in ("malicious", "suspicious", "benign", "malformed", "unknown"):
        rs = [r for r in res if r["label"] == lab]
        if not rs:
            continue
        c = collections.Counter(r["verdict"] for r in rs)
        secs = sorted(r["sec"] for r in rs)
        print(f"{lab:12}{len(rs):>6}" + "".join(f"{c[v]:>9}" for v in VERDICTS) + f"{secs[len(secs) // 2]:>11.3f}{secs[-1]:>8.2f}")

    def pick(lab, vs):
        return [r for r in res if r["label"] == lab and r["verdict"] in vs]

    def pct(lab, vs):
        n = sum(r["label"] == lab for r in res) or 1
        return 100 * len(pick(lab, vs)) / n
    print(f"\nmalicious flagged {pct('malicious', ('flagged',)):.1f} %, silent {len(pick('malicious', ('clean', 'note')))} (of these with a note {len(pick('malicious', ('note',)))});"
          f" suspicious flagged {pct('suspicious', ('flagged',)):.1f} %; benign flagged {pct('benign', ('flagged',)):.1f} %, benign with notices or refused {len(pick('benign', ('notice', 'refused')))};"
          f" malformed silent {len(pick('malformed', ('clean', 'note')))}; crashes {sum(r['verdict'] == 'crash' for r in res)}, time-outs {sum(r['verdict'] == 'timeout' for r in res)}")
    if a.brief:
        return

    def section(title, rs, detail):
        print(f"\n## {title}: {len(rs)}")
        by = collections.defaultdict(list)
        for r in rs:
            by[r["technique"]].append(r)
        for t, xs in sorted(by.items(), key=lambda x: -len(x[1])):
            print(f"- {t} ({len(xs)})")
            for r in xs:
                print(f"    {r['verdict']:8}{r['path']}  {r.get('note', '')}  {detail(r)}")
    section("malicious, not flagged", pick("malicious", ("clean", "note", "notice", "refused")), lambda r: " ".join(r.get("rules", []) + r.get("notices", [])[:1]))
    section("benign, flagged", pick("benign", ("flagged",)), lambda r: " ".join(r.get("rules", [])) + " | " + " | ".join(r.get("messages", [])[:2]))
    section("benign, notice or refused", pick("benign", ("notice", "refused")), lambda r: " | ".join(r.get("notices", [])[:2]))
    section("malformed, silent", pick("malformed", ("clean", "note")), lambda r: " ".join(r.get("rules", [])))
    section("suspicious, silent", pick("suspicious", ("clean",)), lambda r: "")
    section("crash or time-out", [r for r in res if r["verdict"] in ("crash", "timeout")], lambda r: str(r.get("err", "")))


def folders(tool, rows, res, a, env):
    print("\n## folders at once")
    single = {r["path"]: r["verdict"] for r in res}
    for lab in ("malicious", "suspicious", "benign", "malformed", "unknown"):
        rs = [r for r in rows if r["label"] == lab]
        if not rs:
            continue
        rc, out, err, sec = run(tool.cmd(os.path.join(a.set, lab)), 300, env=env)
        v, hit = tool.folder(rc, out, err, rs, a.set)
        fl = sum("flagged" in hit.get(r["path"], ()) for r in rs)
        some = sum(bool(hit.get(r["path"])) for r in rs)
        print(f"{lab:12} exit {rc}, {v}, {sec:.1f} s: flagged {fl} of {len(rs)}, mentioned {some}")
        if lab == "malicious":
            for r in rs:
                if single[r["path"]] == "flagged" and "flagged" not in hit.get(r["path"], ()):
                    print(f"    flagged alone, not in the folder: {r['path']}")


if __name__ == "__main__":
    main()
