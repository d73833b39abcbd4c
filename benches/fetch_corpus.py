#!/usr/bin/env python3
"""Download the Python sources that loadlint is measured on.

    python3 benches/fetch_corpus.py [FOLDER] [--group ml|plain]

Each package is taken from its wheel, at the version pinned below, and only the files that
are source text are kept:

    FOLDER/ml/transformers-5.23.0/transformers/...
    FOLDER/plain/numpy-2.5.5/numpy/...

Nothing is installed and nothing that was downloaded is run. For the same reason packages
whose current release is a source archive only (deepspeed, openai-whisper) are not here: pip
would run their build script to read their metadata. Packages with very large wheels (torch,
vllm) are left out too.

What is there already is not fetched again, so a run that was interrupted can be repeated.
Exit code: 0 all packages are there, 1 some could not be fetched.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

PACKAGES = {
    # Code that loads models: nearly every file may hold a finding, the worst case for speed.
    "ml": """
        accelerate==1.15.0
        allennlp==2.10.1
        autogluon.core==1.6.3
        autogluon.multimodal==1.6.3
        autogluon.tabular==1.6.3
        autogluon.timeseries==1.6.3
        coqui-tts==0.28.0
        datasets==5.2.0
        diffusers==0.42.1
        espnet==202611
        fairseq==0.12.2
        fairseq2==0.8.1
        fastai==2.8.12
        faster-whisper==1.2.1
        flair==0.15.1
        gensim==4.4.0
        gradio==6.31.0
        huggingface-hub==2.4.0
        joblib==1.6.0
        keras==3.15.1
        kornia==0.9.0
        lightning==2.6.6
        lm-eval==0.4.13
        mlflow==3.18.0
        mmdet==3.3.0
        mmengine==0.10.7
        modelscope==1.40.2
        monai==1.6.1
        nemo-toolkit==3.0.0
        open-clip-torch==3.3.0
        optimum==2.3.0
        peft==0.21.2
        pyannote-audio==4.0.7
        pytorch-lightning==2.6.6
        sentence-transformers==6.2.0
        sglang==0.5.23
        skops==0.16.0
        skorch==1.4.0
        speechbrain==1.1.2
        stable-baselines3==2.9.2
        timm==1.0.31
        torchaudio==2.11.0
        torchvision==0.29.2
        transformers==5.23.0
        trl==1.16.0
        ultralytics==8.4.190
    """.split(),
    # Large code bases that rarely load anything: what reading and filtering alone cost.
    "plain": """
        django==6.1.3
        numpy==2.5.5
        pandas==3.1.1
        scikit-learn==1.9.1
        scipy==1.18.1
        sympy==1.14.0
    """.split(),
}

SOURCES = {".py", ".pyi", ".ipynb"}

# A pinned version has wheels for some of these only; the first that fits is taken.
PYTHONS = ("3.12", "3.11", "3.8")
PLATFORMS = ("manylinux2014_x86_64",) + tuple(
    f"manylinux_2_{minor}_x86_64" for minor in (17, 24, 27, 28, 31, 34, 35)
)


def download(requirement, into):
    """Fetch one wheel; return its path, or None and pip's last words if there is none."""
    words = ""
    for python in PYTHONS:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        command += ["--ignore-requires-python", "--python-version", python]
        for platform in PLATFORMS:
            command += ["--platform", platform]
        command += ["--dest", str(into), requirement]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        wheels = sorted(into.glob("*.whl"))
        if done.returncode == 0 and wheels:
            return wheels[0], ""
        words = (done.stdout.strip().splitlines() or ["pip said nothing"])[-1]
    return None, words


def is_inside(member):
    """Whether a member's name stays inside the folder it is unpacked into."""
    path = PurePosixPath(member)
    return not (path.is_absolute() or ".." in path.parts or "\\" in member or ":" in member)


def unpack(wheel, into):
    """Write the source files of a wheel below `into`; a member that would leave it is skipped."""
    with zipfile.ZipFile(str(wheel)) as archive:
        for member in archive.infolist():
            name = member.filename
            if PurePosixPath(name).suffix not in SOURCES or member.is_dir() or not is_inside(name):
                continue
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def fetch(requirement, folder):
    """Put the sources of one package into `folder`, all of them or none; return what went wrong."""
    with tempfile.TemporaryDirectory(dir=str(folder.parent), prefix=".fetch-") as temporary:
        wheel, words = download(requirement, Path(temporary))
        if wheel is None:
            return words
        unpacked = Path(temporary) / "sources"
        unpacked.mkdir()
        unpack(wheel, unpacked)
        unpacked.rename(folder)
    return ""


def size(folder):
    """Number of source files below a folder, and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.suffix in SOURCES]
    return len(sizes), sum(sizes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("target/corpus"),
                        help="where to put the packages (default: %(default)s)")
    parser.add_argument("--group", choices=sorted(PACKAGES), help="only this group")
    arguments = parser.parse_args()

    rows, failed = [], []
    for group in [arguments.group] if arguments.group else PACKAGES:
        base = arguments.folder / group
        base.mkdir(parents=True, exist_ok=True)
        for requirement in PACKAGES[group]:
            name, version = requirement.split("==")
            folder = base / f"{name}-{version}"
            if not folder.is_dir():
                print(f"fetching {requirement}", file=sys.stderr)
                words = fetch(requirement, folder)
                if words:
                    failed.append(f"{requirement}: {words}")
                    continue
            rows.append((group, name, version) + size(folder))
        known = {requirement.replace("==", "-") for requirement in PACKAGES[group]}
        for other in sorted(path.name for path in base.iterdir() if path.name not in known):
            print(f"note: {base / other} is not in the list of packages", file=sys.stderr)

    print("| group | package | version | files | MB |\n|---|---|---|---:|---:|")
    for group, name, version, files, volume in rows:
        print(f"| {group} | {name} | {version} | {files:,} | {volume / 1e6:.1f} |")
    files, volume = sum(row[3] for row in rows), sum(row[4] for row in rows)
    print(f"| all | {len(rows)} packages | | {files:,} | {volume / 1e6:.1f} |")
    for line in failed:
        print(f"could not fetch {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
