"""The hooks, run by pre-commit and prek from a local clone, as a user's repository has them."""
import os
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import ASTRAL, CONFIG, LOADLINT, PICKLE, POINTER, ROOT, check, git, pip, repository, run, write

HOOKS = ["loadlint", "loadlint-checkpoints", "loadlint-configs", "loadlint-register"]
USER_FILES = {
    "bad.py": ASTRAL,
    "good.py": "import json\n",
    "models/m.pkl": PICKLE,
    "models/lfs.pt": POINTER,
    "models/config.json": CONFIG,
    "excluded/bad.py": ASTRAL,
    "loadlint.toml": 'extend-exclude = ["excluded"]\n',
    "notes.txt": "nothing for us\n",
}


def tool(programs, name, cwd, home, *arguments, codes=(0,)):
    env = {"PRE_COMMIT_HOME": str(home), "PREK_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    return run(programs / name, *arguments, cwd=cwd, env=env, codes=codes)


def hook_repository(folder):
    """A clone of the hooks that runs the program at hand: building it anew would take minutes and tell nothing more."""
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text()
    changed = manifest.replace("entry: loadlint", f"entry: {LOADLINT}").replace("language: rust", "language: system")
    check(changed.count("language: system") == len(HOOKS), "each hook is built by cargo")
    return repository(folder, {".pre-commit-hooks.yaml": changed})


def builds_by_cargo():
    """`cargo install --bins --path .` works in a root that is a package with the program, not a virtual workspace."""
    done = run("cargo", "metadata", "--no-deps", "--format-version", "1", "--offline", cwd=ROOT)
    packages = json.loads(done.stdout)["packages"]
    root = [package for package in packages if pathlib.Path(package["manifest_path"]).parent == ROOT]
    check(len(root) == 1, "the root is a package")
    programs = [target["name"] for target in root[0]["targets"] if "bin" in target["kind"]]
    check(programs == ["loadlint"], f"its programs: {programs}")


def hooks_find(programs, name, user, hooks, home):
    """Each hook looks at its files and at no others."""

    def tried(hook, codes):
        arguments = ["try-repo", str(hooks), hook, "--all-files", "--verbose"]
        return tool(programs, name, user, home, *arguments, codes=codes).stdout

    code = tried("loadlint", (1,))
    check("bad.py:2:" in code and "m.pkl" not in code, f"{name}, code: {code}")
    check("excluded/bad.py" not in code, f"{name}, excluded files stay so when they are named: {code}")
    models = tried("loadlint-checkpoints", (1,))
    check("models/m.pkl" in models and "bad.py" not in models, f"{name}, checkpoints: {models}")
    configs = tried("loadlint-configs", (1,))
    check("models/config.json" in configs and "m.pkl" not in configs, f"{name}, configurations: {configs}")
    whole = tried("loadlint-register", (1,))
    check(all(part in whole for part in ("bad.py:2:", "models/m.pkl", "models/config.json")), f"{name}: {whole}")


def pointers_are_seen(programs, name, user, hooks, home):
    """A pointer of Git LFS is text, and is given to the hook all the same."""
    config = f"repos:\n- repo: {hooks.as_uri()}\n  rev: v1\n  hooks:\n  - id: loadlint-checkpoints\n    args: [--show-files]\n"
    write(user, {".pre-commit-config.yaml": config})
    git(user, "add", "--all")
    tool(programs, name, user, home, "validate-config", ".pre-commit-config.yaml")
    seen = tool(programs, name, user, home, "run", "--all-files", "--verbose").stdout
    check("models/lfs.pt" in seen and "models/m.pkl" in seen and "bad.py" not in seen, f"{name}: {seen}")


def commits_are_held(programs, name, user, hooks, home):
    """As a user has it: a commit with a finding does not happen."""
    lines = [f"repos:\n- repo: {hooks.as_uri()}\n  rev: v1\n  hooks:\n", *(f"  - id: {hook}\n" for hook in HOOKS)]
    write(user, {".pre-commit-config.yaml": "".join(lines), "more.py": ASTRAL})
    git(user, "add", "--all")
    tool(programs, name, user, home, "install")
    env = {"PRE_COMMIT_HOME": str(home), "PREK_HOME": str(home)}
    held = run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-m", "more", cwd=user, env=env,
               codes=(1,))  # fmt: skip
    check("more.py:2:" in held.stdout + held.stderr, f"{name}: {held.stdout} {held.stderr}")
    tool(programs, name, user, home, "uninstall")


def main():
    programs = pip("pre-commit==4.7.0", "prek==0.5.11")
    builds_by_cargo()
    ids = re.findall(r"^- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE)
    check(ids == HOOKS, f"the hooks are {ids}")
    with tempfile.TemporaryDirectory() as temporary:
        here = pathlib.Path(temporary)
        hooks = hook_repository(here / "hooks")
        git(hooks, "tag", "v1")
        for name in ("pre-commit", "prek"):
            tool(programs, name, ROOT, here / "home", "validate-manifest", ".pre-commit-hooks.yaml")
            user = repository(here / f"user-{name}", USER_FILES)
            hooks_find(programs, name, user, hooks, here / f"home-{name}")
            pointers_are_seen(programs, name, user, hooks, here / f"home-{name}")
            commits_are_held(programs, name, user, hooks, here / f"home-{name}")


main()
