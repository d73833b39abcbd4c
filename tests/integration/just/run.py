"""The recipes, run by just: exit codes pass through, reports are written, both files are formatted as just does."""
import json
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import ASTRAL, LOADLINT, ROOT, check, pip, repository, run, write

RECIPES = {"security", "security-sarif", "test", "bench", "docs"}


def recipes(just, file):
    dump = run(just, "--justfile", file, "--dump", "--dump-format", "json").stdout
    run(just, "--justfile", file, "--fmt", "--check", "--unstable")
    return set(json.loads(dump)["recipes"])


def main():
    just = pip("rust-just==1.59.0") / "just"
    check(RECIPES <= recipes(just, ROOT / "justfile"), "the recipes of this repository")
    template = ROOT / "docs/templates/justfile"
    check(recipes(just, template) == {"security", "security-sarif"}, "the recipes of the template")
    with tempfile.TemporaryDirectory() as temporary:
        user = repository(pathlib.Path(temporary) / "user", {"a.py": "import json\n"})
        shutil.copy(template, user / "justfile")
        env = {"PATH": f"{pathlib.Path(LOADLINT).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
        run(just, "security", cwd=user, env=env, codes=(0,))
        write(user, {"b.py": ASTRAL})
        found = run(just, "security", cwd=user, env=env, codes=(1,))
        check("b.py:2:" in found.stdout and "Recipe" not in found.stderr, f"{found.stdout} {found.stderr}")
        run(just, "security", "--ignore", "LL110", cwd=user, env=env, codes=(0,))
        quiet = run(just, "security", "--config", "levels.LL110 = 'off'", cwd=user, env=env, codes=(0,))
        check("clean" in quiet.stdout, f"an argument with blanks and quotes stays one: {quiet.stdout}")
        run(just, "security-sarif", "a b.sarif", cwd=user, env=env, codes=(0,))
        results = json.loads((user / "a b.sarif").read_text())["runs"][0]["results"]
        check(len(results) == 1, "the report holds the finding")
        write(user, {"c.py": "x = (\n"})
        run(just, "security", cwd=user, env=env, codes=(2,))
    # This repository: with the program at hand in the place of cargo's.
    own = run(just, "--justfile", ROOT / "justfile", "security", "--quiet", env={"LOADLINT": LOADLINT}, codes=(0, 1, 2))
    check(own.returncode == 0, f"loadlint finds nothing in its own repository: {own.stdout}{own.stderr}")


main()
