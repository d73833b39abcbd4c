"""The Python wheel: built by maturin in the debug profile, installed into a fresh virtual environment, run from there."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import equal, python_with, skip  # noqa: E402

ROOT = HERE.parents[2]
python = python_with("maturin>=1.9,<2")
if not shutil.which("cargo"):
    skip("there is no cargo")
work = pathlib.Path(tempfile.mkdtemp(prefix="loadlint-wheel-"))
target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))


def done(command, **options):
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    return ended.returncode, ended.stdout, ended.stderr


build = [python, "-m", "maturin", "build", "--locked", "--profile", "dev", "--out", work / "dist", "--target-dir", target]
code, out, err = done(build, cwd=ROOT, timeout=900)
equal(code, 0, "maturin", out + err)
(wheel,) = (work / "dist").glob("loadlint-*.whl")
# No Python in it: one wheel a platform serves every version.
equal("-py3-none-" in wheel.name, True, wheel.name)

environment = work / "venv"
venv.create(environment, with_pip=True)
code, out, err = done([environment / "bin" / "python", "-m", "pip", "install", "--no-index", "-q", wheel])
equal(code, 0, "pip install", out + err)
loadlint = environment / "bin" / "loadlint"
code, out, err = done([loadlint, "--version"])
version = wheel.name.split("-")[1]
equal((code, out), (0, f"loadlint {version}\n"), "--version", err)
(work / "a.py").write_text("import torch\nm = torch.load(p, weights_only=False)\n", encoding="utf-8")
code, out, err = done([loadlint, "check", "--output-format", "concise", "a.py"], cwd=work)
equal((code, "LL101" in out), (1, True), "check", out + err)
code, out, err = done([environment / "bin" / "python", "-m", "pip", "show", "-f", "loadlint"])
equal([word in out for word in ("License", "bin/loadlint")], [True, True], "pip show", out)
shutil.rmtree(work, ignore_errors=True)
print(f"{wheel.name} installs and runs")
