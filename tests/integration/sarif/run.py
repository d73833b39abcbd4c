"""SARIF held against those who read it: Microsoft's Multitool with GitHub's rules, sarif-tools, sarif-fmt."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import ASTRAL, CONFIG, FLOW, LOADLINT, PICKLE, POINTER, TOOLS, check, npm, pip, repository, run, write

HERE = pathlib.Path(__file__).parent
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# one"]},
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": ["import pickle\n", "m = pickle.load(open('a', 'rb'))"],
        },
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
FILES = {
    "src/astral.py": ASTRAL,
    "src/plain.py": ASTRAL.replace("𝄞", "è"),
    "src/flow.py": FLOW,
    "src/crlf [1]%#.py": "import pickle\r\n\r\nx = pickle.load(f)\r\nx = pickle.load(f)\r\n",
    "src/latin.py": "# coding: latin-1\nimport pickle\né = pickle.load(f)\n".encode("latin-1"),
    "src/bom.py": b"\xef\xbb\xbfimport pickle; pickle.load(f)\n",
    "nb.ipynb": json.dumps(NOTEBOOK, indent=1),
    "models/m.pkl": PICKLE,
    "models/lfs.pt": POINTER,
    "models/config.json": CONFIG,
    "broken.py": "x = (\n",
}


def multitool():
    return npm("@microsoft/sarif-multitool@5.7.0") / "@microsoft/sarif-multitool-linux/Sarif.Multitool"


def validated(tool, report):
    """What the Multitool says by GitHub's rules; it ends with 0 whatever it finds."""
    told = report.with_suffix(".told.sarif")
    run(
        tool, "validate", report, "--config", HERE / "ghas.xml", "--rule-kind", "Sarif;Gh;Ghas", "--level",
        "Error;Warning", "--output", told, "--log", "ForceOverwrite", "--quiet", codes=None,
    )  # fmt: skip
    check(told.is_file(), "the Multitool wrote its report")
    return told


def gate(tool, programs, report):
    """Nothing of GitHub's rules is broken."""
    told = validated(tool, report)
    done = run(programs / "sarif", "--check", "warning", "summary", told, codes=None)
    if done.returncode != 0:
        for result in json.loads(told.read_text(encoding="utf-8-sig"))["runs"][0]["results"]:
            print(result["ruleId"], result["level"], json.dumps(result["message"])[:600])
        check(False, f"GitHub's rules find nothing in {report.name}: {done.stdout}")


def hashes(report):
    """(file, line) to the hash, of all results that stand in a line."""
    found = {}
    for result in report["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        if "startLine" in place.get("region", {}):
            key = (place["artifactLocation"]["uri"], place["region"]["startLine"])
            found[key] = result["partialFingerprints"]["primaryLocationLineHash"]
    return found


def many(tool, programs, out):
    """More results than the Multitool's rule GH1004 takes, held to its number."""
    files = {f"pkg/m{n}.py": "import pickle\n" + "x = pickle.load(f)\n" * 100 for n in range(12)}
    files["worst.py"] = FLOW
    folder = repository(out / "many", files)
    all_of, kept = out / "all.sarif", out / "kept.sarif"
    command = [LOADLINT, "check", "--quiet", "--exit-zero", "--output"]
    run(*command, f"sarif={all_of}", cwd=folder)
    run(*command, f"sarif={kept}", "--sarif-max-results", "1000", cwd=folder)
    results = [json.loads(report.read_text())["runs"][0]["results"] for report in (all_of, kept)]
    check(len(results[0]) > 1200 and len(results[1]) == 1000, f"{[len(one) for one in results]} results")
    flows = [result["ruleId"] for result in results[1] if "codeFlows" in result]
    check(flows == ["LL122"], f"the worst is kept, though it stands last: {flows}")
    check("GH1004" in told_rules(tool, all_of), "the rule is what keeps the gate shut")
    gate(tool, programs, kept)


def told_rules(tool, report):
    """The rules of GitHub's that the report breaks."""
    told = validated(tool, report)
    return {result["ruleId"] for result in json.loads(told.read_text(encoding="utf-8-sig"))["runs"][0]["results"]}


def keeps_mark(folder):
    """GitHub's action reads a file as a stream of UTF-8 of Node, which keeps a byte order mark."""
    read = "require('fs').createReadStream('src/bom.py', 'utf8').on('data', (text) => console.log(text.charCodeAt(0)))"
    check(run("node", "-e", read, cwd=folder).stdout.strip() == str(0xFEFF), "Node keeps the mark")


def same_hashes(tool, folder, report):
    """The Multitool makes the same hashes as GitHub's action; it needs to know where the repository lies."""
    ours = json.loads(report.read_text())
    base = folder.resolve().as_uri() + "/"
    ours["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"] = base
    expected = hashes(ours)
    for result in ours["runs"][0]["results"]:
        del result["partialFingerprints"]["primaryLocationLineHash"]
    bare, rewritten = folder.parent / "bare.sarif", folder.parent / "rewritten.sarif"
    bare.write_text(json.dumps(ours))
    run(
        tool, "rewrite", bare, "-o", rewritten, "--insert", "RollingHashPartialFingerprints", "--log", "ForceOverwrite",
        codes=None,
    )  # fmt: skip
    theirs = json.loads(rewritten.read_text(encoding="utf-8-sig"))
    # A name that is no Unicode means no file to the Multitool.
    results = theirs["runs"][0]["results"]
    unread = [r for r in results if "primaryLocationLineHash" not in r.get("partialFingerprints", {})]
    unread = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in unread}
    check(unread == {"src/%FF.py"}, f"the Multitool reads all files but one: {unread}")
    theirs["runs"][0]["results"] = [r for r in results if "primaryLocationLineHash" in r.get("partialFingerprints", {})]
    theirs = hashes(theirs)
    expected = {place: value for place, value in expected.items() if place[0] not in unread}
    keeps_mark(folder)
    # The Multitool drops a byte order mark, GitHub's action does not; what it hashes stands in `keeps_mark`.
    check(theirs.pop(("src/bom.py", 1)) != expected.pop(("src/bom.py", 1)), "a byte order mark counts")
    check(len(expected) >= 9, f"enough lines are compared: {expected}")
    check(theirs == expected, f"hashes are those of GitHub:\n{theirs}\n{expected}")


def astral(report):
    """UTF-16 columns of the call behind a character outside the basic plane."""
    results = json.loads(report.read_text())["runs"][0]["results"]
    where = [r["locations"][0]["physicalLocation"] for r in results]
    regions = [p["region"] for p in where if p["artifactLocation"]["uri"] == "src/astral.py"]
    check([r["startColumn"] for r in regions] == [16], f"UTF-16 columns: {regions}")


def sarif_fmt(folder):
    """Draws what our columns mark. Built without optimisation: it takes a minute once."""
    program = TOOLS / "bin/sarif-fmt"
    if not program.is_file():
        command = ["cargo", "install", "sarif-fmt", "--version", "0.8.0", "--locked", "--debug", "--quiet", "--root"]
        done = subprocess.run([*command, TOOLS], capture_output=True, text=True)
        if done.returncode != 0:
            print("SKIPPED in part: sarif-fmt cannot be had:", done.stderr[-800:])
            return
    # It takes columns for code points whatever `columnKind` says, so behind a character of two UTF-16 units it is one off,
    # and still in the token; without such a character it is exact.
    check(marked(program, folder, "src/astral.py") in (0, 1), "the token behind an astral character")
    check(marked(program, folder, "src/plain.py") == 0, "the first character of the call")


def marked(program, folder, file):
    """How far behind the start of the call sarif-fmt's first mark stands."""
    report = run(LOADLINT, "check", "--output-format", "sarif", file, cwd=folder, codes=(1,)).stdout
    shown = subprocess.run([program], cwd=folder, input=report, capture_output=True, text=True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout + shown.stderr).splitlines()
    source = [index for index, line in enumerate(lines) if "y = pickle.loads(open" in line]
    check(source, f"sarif-fmt shows the line: {lines}")
    marks, line = lines[source[0] + 1], lines[source[0]]
    # Both lines begin with the same gutter, but for the number of the line.
    return marks.index("^") - line.index("pickle.loads(")


def main():
    programs = pip("sarif-tools==3.0.5")
    tool = multitool()
    with tempfile.TemporaryDirectory() as temporary:
        folder = repository(pathlib.Path(temporary) / "repo", FILES)
        write(folder, {os.fsdecode(b"src/\xff.py"): ASTRAL})
        out = pathlib.Path(temporary)
        plain, audit, clean = (out / name for name in ("plain.sarif", "audit.sarif", "clean.sarif"))
        run(LOADLINT, "check", "--quiet", "--output", f"sarif={plain}", cwd=folder, codes=(2,))
        again = run(LOADLINT, "check", "--output-format", "sarif", cwd=folder, codes=(2,)).stdout
        check(again == plain.read_text(), "two runs say the same")
        run(LOADLINT, "check", "--output-format", "sarif", "--output-file", audit, "--include-suppressed",
            "--sarif-category", "audit", cwd=folder, codes=(2,))  # fmt: skip
        write(folder, {"clean/a.py": "import json\n"})
        run(LOADLINT, "check", "--output-format", "sarif", "--output-file", clean, "clean", cwd=folder)
        for report in (plain, audit, clean):
            check(str(folder) not in report.read_text(), "no absolute path is told")
            gate(tool, programs, report)
        run_of = json.loads(plain.read_text())["runs"][0]
        check(not run_of["invocations"][0]["executionSuccessful"], "a broken file is told")
        check(any("codeFlows" in result for result in run_of["results"]), "the way from the network is shown")
        check(all("suppressions" not in result for result in run_of["results"]), "nothing excused is a result")
        excused = [r for r in json.loads(audit.read_text())["runs"][0]["results"] if "suppressions" in r]
        check(len(excused) == 1, "the excused result is there if asked for")
        cleaned = json.loads(clean.read_text())["runs"][0]
        check(cleaned["results"] == [] and len(cleaned["tool"]["driver"]["rules"]) > 20, "a clean run lists its rules")
        astral(plain)
        run(programs / "sarif", "--check", "error", "summary", clean)
        counted = run(programs / "sarif", "--check", "error", "summary", plain, codes=None)
        errors = sum(result["level"] == "error" for result in run_of["results"])
        check(errors > 1 and counted.returncode != 0, "sarif-tools finds errors where there are some")
        check(f"error: {errors}\n" in counted.stdout, f"{errors} errors, as sarif-tools counts: {counted.stdout}")
        same = run(programs / "sarif", "--check", "note", "diff", plain, plain, "-o", out / "diff.json")
        check(same.returncode == 0, "sarif-tools finds no difference")
        same_hashes(tool, folder, plain)
        many(tool, programs, out)
        sarif_fmt(folder)


main()
