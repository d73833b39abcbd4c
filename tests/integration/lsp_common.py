"""What the tests with real editors share: the sample, installing, and saying honestly that a client cannot be had."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

LOADLINT = os.environ["LOADLINT"]
TOOLS = pathlib.Path(os.environ["TOOLS"])

# Line 3 has a character outside of the basic plane before the finding: the token starts at byte 18, at UTF-16 code unit
# 15, at character 14 (all from 0).
ASTRAL_LINE = 'x = "é𝄞"; y = pickle.loads(b"")  # col test'
SAMPLE = f"import pickle\nimport torch\n{ASTRAL_LINE}\nm = torch.load(path, weights_only=False)\n"
FIXED = "m = torch.load(path, weights_only=True)"
# What an editor has in its buffers after the session that each client runs: line 3 is suppressed under a new threat.
SUPPRESSED_LINE = 'x = "é𝄞"; y = pickle.loads(b"")  # nosec B301  # T-001: decided in THREATS.md  # col test'
ENTRY = "## T-001: pickle-load in app.py\n\n- Status: accepted\n- Owner:\n- Rules: LL110\n- Scope: `app.py`\n"


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


def project():
    """A folder with the sample in `app.py` and a pickle that nobody opens."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loadlint-lsp-"))
    (folder / "app.py").write_text(SAMPLE, encoding="utf-8")
    (folder / "loadlint.toml").write_text("", encoding="utf-8")
    return folder


def apt(program, *packages):
    """Makes sure that `program` is there."""
    if shutil.which(program):
        return
    if not shutil.which("apt-get"):
        skip(f"there is no {program}, and no apt-get to install it")
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode != 0:
            skip(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")


def python_with(*packages):
    """The Python of a virtual environment that has these packages."""
    folder = TOOLS / "venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(packages):
        done = subprocess.run([python, "-m", "pip", "install", "-q", *packages], capture_output=True, text=True)
        if done.returncode != 0:
            skip(f"pip install {' '.join(packages)}: {done.stderr.strip()[-300:]}")
        stamp.write_text(" ".join(packages))
    return python


def npm(*packages):
    """The folder with `node_modules` that has these packages."""
    if not shutil.which("npm"):
        skip("there is no npm")
    stamp = TOOLS / "npm-installed"
    if not stamp.exists() or stamp.read_text() != " ".join(packages):
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(TOOLS), *packages]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            skip(f"npm install {' '.join(packages)}: {done.stderr.strip()[-300:]}")
        stamp.write_text(" ".join(packages))
    return TOOLS


def run(command, timeout=120, **environment):
    """Runs a client; what it printed, after showing it where it failed."""
    environment = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=timeout, env=environment
    )
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def lines(output, prefix):
    """The JSON behind `prefix` on each line that starts with it."""
    found = [line[len(prefix):] for line in output.splitlines() if line.startswith(prefix)]
    return [json.loads(line) for line in found]


def equal(found, expected, what, output=""):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}, found {found!r}\n{output}")
