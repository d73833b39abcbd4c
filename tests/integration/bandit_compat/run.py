"""Comments as Bandit and Ruff read them: what loadlint says Bandit excuses, the real Bandit excuses; what loadlint writes,
Ruff leaves alone."""
import json
import pathlib
import random
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import LOADLINT, check, pip, run, write

IDS = {"LL101": "B614", "LL110": "B301"}
WHY = "T-001: pinned by sha256"
REGISTER = "## T-001: Weights from our own bucket\n\n- Status: accepted\n- Owner: @ml\n"
IMPORTS = "import pickle\nimport torch\n\n"
# Of each form: whether Bandit may print a warning about it.
CANONICAL = [
    f"# nosec B614  # {WHY}",
    f"# nosec B614, B301  # {WHY}",
    f"# nosec B301, B614  # T-001, T-002: pinned by sha256",
    f"# nosec B614, B301  # noqa: S301  # {WHY}",
    f"# nosec B614  # noqa: S614, E501  # {WHY}",
    f"# type: ignore[attr-defined]  # nosec B301, B614  # {WHY}",
    f"# nosec B614  # loadlint: ignore[LL113] {WHY}",
    f"# nosec B301, B614  # loadlint: ignore[LL105, LL113] {WHY}",
    f"# nosec B614  # {WHY}  # the weights of 2024",
    f"# nosec B614  # nosemgrep: a.b.c  # {WHY}",
]
ACCEPTED = [
    "# nosec",
    "#nosec",
    "## nosec",
    "# nosec:",
    "# nosec B614",
    "# nosec: B614",
    "# nosec:B614",
    "#nosec B614",
    "# nosec B614,B301",
    "# nosec B301,B614",
    "# nosec B614 B301",
    "# nosec B614;B301",
    "# nosec B614/B301",
    "# nosec B614B301",
    "# nosec b614",
    "# nosec B999",
    "# nosec B3O1",
    "# nosec LL101",
    "# nosec LL101, B301",
    "# nosec pytorch_load",
    "# nosec pickle",
    "# nosec blacklist",
    "# nosec torch-load-unpickles",
    "# nosec(B614)",
    "# nosec[B614]",
    "# nosecB614",
    "# nosecurity review B614",
    "# NOSEC B614",
    "# Nosec B614",
    "# nosec B614 -- pinned by sha256 (T-001)",
    "# nosec B614 -- this pickle is ours",
    "# nosec B614 - our own pickle job  # T-001: pinned",
    "# nosec because pickle is fine",
    "# nosec - reviewed",
    "# T-001: pinned by sha256  # nosec B614",
    "# todo nosec B614",
    "# TODO: # nosec B614",
    "# nosec B614  # nosec B301",
    "# noqa: S301  # nosec B614",
    "# nosec B614  # noqa",
    "# nosemgrep: x  # nosec B301  # T-001: pinned by sha256",
    "# loadlint: ignore[LL101] T-001: pinned by sha256",
    "# loadlint: ignore[LL101, LL110] T-001: pinned by sha256",
    "# nosec B614  # T-001",
    "# nosec B614  # T-001 - pinned by sha256",
    "# nosec\tB614\t# T-001: pinned by sha256",
    "# nosec B614\u00a0# T-001: pinned by sha256",
    "# nosec ,",
    "# nosec  B614 ,  B301  # x",
]
WORDS = "nosec nosec: NOSEC B614 B301 b301 B999 B614,B301 LL101 pickle eval md5 ours the , - : ; # ## T-001: (T-001) é".split()
LONG = "pinned by sha256 in the manifest of the bucket, which is written once and read by nobody but our own trainer"


def generated(count):
    """Comments of words that mean something to somebody, the same in every run."""
    chance = random.Random(614)
    for _ in range(count):
        words = [chance.choice(WORDS) for _ in range(chance.randint(1, 7))]
        yield "# " + "".join(word + chance.choice(["", " ", " ", "  "]) for word in words).strip()


def module(comments):
    """Each comment on a line with a finding of either rule."""
    return IMPORTS + "".join(f"x = pickle.load(torch.load(p))  {comment}\n" for comment in comments)


class Bandit:
    def __init__(self, programs):
        self.program = programs / "bandit"

    def found(self, path, *options):
        done = run(self.program, "-q", "-f", "json", *options, path.name, cwd=path.parent, codes=(0, 1))
        results = json.loads(done.stdout[done.stdout.index("{"):])["results"]
        return {(one["line_number"], one["test_id"]) for one in results if one["test_id"] in IDS.values()}, done.stderr

    def excused(self, path):
        everything, _ = self.found(path, "--ignore-nosec")
        reported, said = self.found(path)
        return everything, everything - reported, said


def loadlint(path, *options, codes=(0, 1)):
    words = ["check", "--no-config", "--today", "2026-06-01", *options, path.name]
    return run(LOADLINT, *words, cwd=path.parent, codes=codes)


def judged(path):
    """(line, Bandit's id) of what we excuse by a `nosec`, by a comment of our own, and the lines where
    a difference is told."""
    report = json.loads(loadlint(path, "--output-format", "json").stdout)
    ours, native, misread = set(), set(), set()
    lines = path.read_text().split("\n")
    for one in report["suppressed"]:
        if one["rule_id"] not in IDS:
            continue
        place = (one["location"]["start"]["line"], IDS[one["rule_id"]])
        at = one["suppression"]["location"]["start"]
        comment = lines[at["line"] - 1][at["column"] - 1 :]
        brackets = re.search(r"ignore\[(.*?)\]", comment)
        is_native = brackets is not None and one["rule_id"] in brackets[1]
        (native if is_native and place[1] not in comment.split("loadlint:")[0] else ours).add(place)
    for one in report["findings"]:
        if one["rule_id"] in ("LL401", "LL411", "LL412"):
            misread.add(one["location"]["start"]["line"])
    return ours, native, misread, report


def compare(bandit, path, strict=True):
    everything, excused, said = bandit.excused(path)
    ours, native, misread, report = judged(path)
    lines = path.read_text().split("\n")
    wrong = []
    for place in sorted(everything):
        line, _ = place
        # An id of Bandit's that only our brackets name is ours alone; a word of ours behind `nosec` is told.
        if place in native and place not in excused:
            continue
        # Ids of ours behind a `nosec` mean us and are nothing to Bandit, which is told.
        is_told = line in misread or (not strict and line + 1 in misread)
        may_differ = is_told and (not strict or re.search(r"LL\d|-load-", lines[line - 1]))
        if (place in ours or place in native) != (place in excused) and not may_differ:
            wrong.append(f"{place}: Bandit {'excuses' if place in excused else 'reports'} it: {lines[line - 1]}")
    check(not wrong, "the same is excused\n" + "\n".join(wrong))
    check(len(everything) >= 2, "Bandit looks at these files")
    return said, report, excused


programs = pip("bandit==1.9.4", "ruff")
bandit, ruff = Bandit(programs), programs / "ruff"
check("1.9.4" in run(bandit.program, "--version").stdout, "this is Bandit 1.9.4")

with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    write(root, {"THREATS.md": REGISTER + REGISTER.replace("T-001", "T-002")})

    canonical = root / "canonical.py"
    canonical.write_text(module(CANONICAL))
    said, report, excused = compare(bandit, canonical)
    check("Test in comment" not in said, f"no warning about canonical forms\n{said}")
    check(len(excused) >= len(CANONICAL), "canonical forms excuse")
    told = [one for one in report["findings"] if one["rule_id"] in ("LL401", "LL411", "LL412", "LL413")]
    check(not told, f"canonical forms are no findings\n{told}")

    accepted = root / "accepted.py"
    accepted.write_text(module(ACCEPTED))
    compare(bandit, accepted)

    any_words = root / "any.py"
    any_words.write_text(module(generated(1500)))
    compare(bandit, any_words)

    lines = {
        "several.py": f"x = pickle.load(\n    torch.load(p),  # nosec B301, B614  # {WHY}\n)\ny = [\n    torch.load(p),  # nosec B614  # {WHY}\n"
        f"    torch.load(q),  # nosec B614  # {WHY}\n]\nz = pickle.load(  # nosec B301  # {WHY}\n    p,\n)\n"
        f"a = 1; torch.load(p); pickle.load(q)  # nosec B614, B301  # {WHY}\n",
        "strings.py": f"x = '# nosec'; torch.load(p)\ny = '''\n# nosec B614\n'''; torch.load(q)  # nosec B614  # {WHY}\n",
        "beside.py": f"# nosec B614\ntorch.load(p)\nz = torch.load(p) + \\\n    1  # nosec B614  # {WHY}\n",
    }
    for name, text in lines.items():
        (root / name).write_text(IMPORTS + text)
        compare(bandit, root / name, strict=False)

    # What loadlint makes of all of them.
    mended = root / "mended.py"
    mended.write_text(module(ACCEPTED + CANONICAL) + lines["several.py"] + lines["strings.py"])
    # Fixes first: a comment that said more than it meant to Bandit says less then.
    loadlint(mended, "--fix")
    loadlint(mended, "--add-suppressions", "T-001", "--reason", LONG)
    loadlint(mended, "--fix", "--unsafe-fixes")
    after = mended.read_text()
    said, report, excused = compare(bandit, mended)
    left = [f"{one['rule_id']} {one['location']['start']['line']}" for one in report["findings"]]
    check("Test in comment" not in said, f"no warning about comments that were written\n{said}\n{after}")
    check(not left, f"nothing is left to say of comments that were written: {left}\n{after}")
    loadlint(mended, "--add-suppressions", "T-001", "--reason", LONG)
    loadlint(mended, "--fix", "--unsafe-fixes")
    check(mended.read_text() == after, "a second run changes nothing")

    # Ruff: long canonical lines are no findings, no commented-out code, and stay as they are.
    plain = root / "plain.py"
    code = "import pickle\n\nimport torch\n\n\ndef load(path, other):\n    weights = torch.load(path)\n    more = pickle.load(\n"
    code += "        torch.load(other),\n    )\n    third = torch.load(path, map_location=None)  # type: ignore[x]\n"
    code += "    return weights, more, third, torch.load(path)  # noqa: RET504\n"
    plain.write_text(code)
    run(ruff, "format", "--isolated", "--check", plain.name, cwd=root)
    loadlint(plain, "--add-suppressions", "T-001", "--reason", LONG)
    written = plain.read_text()
    check(written.count(LONG) == 4, f"four comments\n{written}")
    run(ruff, "format", "--isolated", "--check", plain.name, cwd=root)
    done = run(ruff, "check", "--isolated", "--select", "E501,ERA,W505,PGH,RUF100,E26", plain.name, cwd=root, codes=(0, 1))
    check(done.returncode == 0 or "E501" not in done.stdout + done.stderr, f"no long line\n{done.stdout}")
    check(done.returncode == 0 or "ERA" not in done.stdout, f"no commented-out code\n{done.stdout}")
    canonical.write_text(module([comment.replace("pinned by sha256", LONG) for comment in CANONICAL]))
    run(ruff, "format", "--isolated", "--check", canonical.name, cwd=root)
    run(ruff, "check", "--isolated", "--select", "E501,ERA", canonical.name, cwd=root)
print("Bandit excuses what loadlint says, and Ruff leaves canonical comments alone")
