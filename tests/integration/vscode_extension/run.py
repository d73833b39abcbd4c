"""The extension for Visual Studio Code: its packages install from the lock file, it compiles, its tests pass, and `vsce`
packages it; then the bundle is started with the real server behind a stand-in for the editor's own module."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import LOADLINT, TOOLS, equal, lines, project, run, skip  # noqa: E402

SOURCE = HERE.parents[2] / "editors" / "vscode"
if not shutil.which("npm"):
    skip("there is no npm")
lock = (SOURCE / "package-lock.json").read_text(encoding="utf-8")
hosts = set(re.findall(r'"resolved": "https?://([^/"]+)', lock))
equal(hosts <= {"registry.npmjs.org"}, True, f"the lock file names {hosts}")

folder = TOOLS / "extension"
folder.mkdir(exist_ok=True)
for name in SOURCE.iterdir():
    if name.name in ("node_modules", "dist"):
        continue
    target = folder / name.name
    if name.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(name, target)
    else:
        shutil.copy(name, target)
for old in folder.glob("*.vsix"):
    old.unlink()


def npm(*words):
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=170, env=environment)


stamp = folder / "node_modules" / ".lock"
if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
    done = npm("npm", "ci", "--no-audit", "--no-fund")
    if done.returncode != 0:
        skip(f"npm ci: {done.stderr.strip()[-300:]}")
    stamp.write_text(lock, encoding="utf-8")
for command in (["npm", "test"], ["npx", "--no-install", "vsce", "package", "--no-dependencies"]):
    done = npm(*command)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
(package,) = folder.glob("*.vsix")
manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
with zipfile.ZipFile(package) as archive:
    names = {name.lower() for name in archive.namelist()}
    wanted = {f"extension/{name}" for name in ("package.json", "readme.md", "license.txt", "dist/extension.js")}
    equal(names, wanted | {"[content_types].xml", "extension.vsixmanifest"}, "the package")
    unpacked = TOOLS / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    archive.extractall(unpacked)

# Every setting is documented, and the server's are there.
readme = (folder / "README.md").read_text(encoding="utf-8")
settings = manifest["contributes"]["configuration"]["properties"]
equal([key for key in settings if f"`{key}`" not in readme], [], "settings that the README does not name")
equal({"loadlint.enable", "loadlint.config", "loadlint.unsafeFixes"} <= set(settings), True, "settings of the server")

root = project()
output = run(
    ["node", HERE / "activate.cjs"],
    EXTENSION=unpacked / "extension" / "dist" / "extension.js",
    LOADLINT=LOADLINT,
    ROOT=root,
)
steps = {step["name"]: step["value"] for step in lines(output, "STEP ")}
expected = {"activated": True, "opened": ["LL110", "LL101"], "commands": ["loadlint.restart", "loadlint.showLog"], "stopped": True}
equal(steps, expected, "the session", output)
declared = sorted(command["command"] for command in manifest["contributes"]["commands"])
equal(declared, expected["commands"], "declared commands")
print(f"vsce packaged {package.name}; the bundle starts the server and hears of findings")
