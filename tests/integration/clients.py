"""What the scripts in the folders here share: clients installed once below $TOOLS, and small inputs. Nothing is unpickled."""
import os
import pathlib
import subprocess
import sys

LOADLINT = os.environ["LOADLINT"]
TOOLS = pathlib.Path(os.environ["TOOLS"]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]

ASTRAL = 'import pickle\nx = "é𝄞"; y = pickle.loads(open("b", "rb").read())\n'
FLOW = """import requests
import torch as t


def get(url, safe=False):
    data = requests.get(url).content
    with open("m.pt", "wb") as file:
        file.write(data)
    return t.load("m.pt", weights_only=safe)


model = get("https://example.com/m.pt")
ours = t.load("ours.pt", weights_only=False)  # nosec B614  # T-003: our own build artifact
"""
# posix.system("true"), built from its opcodes; harmless, and nothing here runs it.
PICKLE = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
CONFIG = b'{"auto_map": {"AutoModel": "someone/else--modeling.Model"}, "model_type": "x"}\n'


def skip(why):
    """Ends the script: the client cannot be had."""
    print("the client cannot be had:", why)
    sys.exit(77)


def check(holds, what):
    """Ends the script unless `holds`."""
    if not holds:
        print("DOES NOT HOLD:", what)
        sys.exit(1)


def run(*command, cwd=None, env=None, codes=(0,), text=True):
    """Runs a command, which must end with one of `codes`."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=text)
    if codes is not None and done.returncode not in codes:
        print(done.stdout, done.stderr, sep="\n")
        check(False, f"{words} ended with {done.returncode}, not {codes}")
    return done


def installed(command, wanted, where):
    """Installs once: a stamp tells what is there."""
    stamp = where / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=where, capture_output=True, text=True)
    if done.returncode != 0:
        skip(f"{command}: {done.stderr[-2000:]}")
    stamp.write_text(wanted)


def pip(*packages):
    """A virtual environment with these packages; its folder of programs."""
    venv = TOOLS / "venv"
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    if not programs.is_dir():
        done = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True)
        if done.returncode != 0:
            skip(f"no virtual environment: {done.stderr[-2000:]}")
    installed([programs / "python", "-m", "pip", "install", "--quiet", *packages], " ".join(packages), venv)
    return programs


def npm(*packages):
    """A folder with these packages in `node_modules`."""
    folder = TOOLS / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "package.json").is_file():
        (folder / "package.json").write_text('{"private": true}\n')
    try:
        installed(["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], " ".join(packages), folder)
    except FileNotFoundError:
        skip("there is no npm")
    return folder / "node_modules"


def write(folder, files):
    """Writes files, names to text or bytes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def git(folder, *arguments):
    """git with an identity and no configuration of this machine's."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    env = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return run("git", *identity, "-c", "init.defaultBranch=main", *arguments, cwd=folder, env=env)


def repository(folder, files):
    """A repository with these files committed."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "files")
    return folder
