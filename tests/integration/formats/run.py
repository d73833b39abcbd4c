"""JUnit, GitLab, reviewdog and GitHub annotations: through a reader where there is one, by their published form where not."""
import json
import pathlib
import re
import sys
import tempfile
from urllib.parse import unquote

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import ASTRAL, LOADLINT, PICKLE, check, pip, repository, run


def junit(programs, folder):
    report = folder / "report.xml"
    run(LOADLINT, "check", "--quiet", "--output", f"junit={report}", cwd=folder, codes=(2,))
    run(programs / "junitparser", "verify", report, codes=(1,))
    count = (
        "import junitparser, sys; x = junitparser.JUnitXml.fromfile(sys.argv[1]);"
        "print(x.tests, x.failures, x.errors, sum(1 for suite in x for case in suite for r in case.result"
        " if isinstance(r, (junitparser.Failure, junitparser.Error))))"
    )
    tests, failures, errors, read = map(int, run(programs / "python", "-c", count, report).stdout.split())
    check(failures >= 2 and errors == 1 and read == failures + errors, f"{tests} {failures} {errors} {read}")
    clean = folder / "clean.xml"
    run(LOADLINT, "check", "--quiet", "--output", f"junit={clean}", "clean.py", cwd=folder)
    run(programs / "junitparser", "verify", clean)


def gitlab(programs, folder):
    """GitLab itself cannot be had; what another converter makes of our SARIF says the same files and lines."""
    ours = json.loads(run(LOADLINT, "check", "--output-format", "gitlab", cwd=folder, codes=(2,)).stdout)
    sarif, converted = folder / "report.sarif", folder / "climate.json"
    run(LOADLINT, "check", "--output", f"sarif={sarif}", "--quiet", cwd=folder, codes=(2,))
    run(programs / "sarif", "codeclimate", sarif, "-o", converted)
    theirs = json.loads(converted.read_text())
    keys = {"description", "check_name", "fingerprint", "severity", "location"}
    check(all(keys <= set(issue) for issue in ours), "all keys are there")
    check(all(set(issue) >= {"fingerprint", "severity", "location"} for issue in theirs), "the converter agrees")

    # The converter takes paths as URIs, and knows nothing of what could not be looked at.
    read = [(issue["location"]["path"], issue["location"]["lines"]["begin"]) for issue in ours]
    made = [(unquote(issue["location"]["path"]), issue["location"]["lines"]["begin"]) for issue in theirs]
    check(sorted([*made, ("bad.py", 2)]) == sorted(read), f"{made} {read}")
    prints = [issue["fingerprint"] for issue in ours]
    check(len(set(prints)) == len(prints), "each issue has a fingerprint of its own")


def github(folder):
    """The syntax that `@actions/core` writes: a command, properties, two colons, data without a line break."""
    out = run(LOADLINT, "check", "--output-format", "github", cwd=folder, codes=(2,)).stdout
    form = re.compile(r"::(error|warning|notice) (\w+=[^:,\s][^:,]*)(,\w+=[^:,]+)*::[^\r\n]+")
    lines = out.splitlines()
    check(lines and all(form.fullmatch(line) for line in lines), out)
    check(any("file=astral.py,line=2,endLine=2,col=16," in line for line in lines), out)
    check(any("file=m.pkl,line=1::" in line for line in lines), out)


def rdjson(folder):
    """reviewdog counts columns in bytes of UTF-8."""
    report = json.loads(run(LOADLINT, "check", "--output-format", "rdjson", cwd=folder, codes=(2,)).stdout)
    astral = [one["location"] for one in report["diagnostics"] if one["location"]["path"] == "astral.py"]
    line = ASTRAL.splitlines()[1].encode()
    for place in astral:
        start, end = place["range"]["start"], place["range"]["end"]
        check(line[start["column"] - 1 : end["column"] - 1].startswith(b"pickle.loads("), f"{place}")
    check(astral, "the line is found")


def main():
    programs = pip("junitparser==5.0.3", "sarif-tools==3.0.5")
    files = {"astral.py": ASTRAL, "m.pkl": PICKLE, "clean.py": "x = 1\n", "odd \x01&<>\".py": ASTRAL, "bad.py": "x = (\n"}
    with tempfile.TemporaryDirectory() as temporary:
        folder = repository(pathlib.Path(temporary) / "repo", files)
        junit(programs, folder)
        gitlab(programs, folder)
        github(folder)
        rdjson(folder)


main()
