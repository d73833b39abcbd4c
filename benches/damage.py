#!/usr/bin/env python3
"""Damage sound model files, and compare what their own loaders refuse with what loadlint tells.

    python3 benches/damage.py LOADER OUT [--each N] [--seed N] FILE...    make and sort damaged copies
    python3 benches/damage.py --judge OUT                                 compare, print a row of a table

LOADER is one of those below; it needs its library in the Python that runs this. Each FILE that the
loader takes is copied N times, each copy damaged in one way at a random place (cut, a bit or byte
changed, bytes zeroed, dropped, put in, doubled or replaced), and loaded in a process of its own that
may write nothing. Copies go to OUT/refused or OUT/accepted. The judging scans both folders with the
program in the environment variable LOADLINT, or target/release/loadlint: a refused copy without a
finding above a note and without a notice was passed in silence.

The files must be your own or from a source that you trust: they are loaded.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import warnings
from collections import Counter, defaultdict
from pathlib import Path

MOST_BYTES = 2_000_000
SECONDS = 4
ROOT = Path(__file__).resolve().parent.parent


def load_torch(path):
    import torch

    try:
        torch.jit.load(path)
    except Exception:
        torch.load(path, weights_only=False, map_location="cpu")


def load_pickle(path):
    import pickle

    with open(path, "rb") as file:
        pickle.load(file)


def load_joblib(path):
    import joblib

    joblib.load(path)


def load_numpy(path):
    import numpy

    array = numpy.load(path, allow_pickle=True)
    for name in getattr(array, "files", []):
        array[name]


def load_hdf5(path):
    import h5py

    def look(_, item):
        dict(item.attrs)
        if isinstance(item, h5py.Dataset):
            item[()]

    with h5py.File(path, "r") as file:
        dict(file.attrs)
        file.visititems(look)


def load_keras(path):
    import keras

    keras.models.load_model(path)


def load_onnx(path):
    import onnx

    onnx.checker.check_model(onnx.load(path))


def load_gguf(path):
    import gguf

    for field in gguf.GGUFReader(path).fields.values():
        field.contents()


def load_safetensors(path):
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        for name in file.keys():
            file.get_tensor(name)


def load_skops(path):
    import skops.io

    skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def load_savedmodel(path):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString(Path(path).read_bytes())
    if not model.meta_graphs:
        raise ValueError("no graph")


def load_tflite(path):
    import tensorflow

    tensorflow.lite.Interpreter(model_path=path).allocate_tensors()


def load_xgboost(path):
    import xgboost

    xgboost.Booster().load_model(path)


def load_tar(path):
    import tarfile

    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                archive.extractfile(member).read()


def load_zip(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        if archive.testzip():
            raise ValueError("a checksum")


def load_7z(path):
    import py7zr

    with py7zr.SevenZipFile(path) as archive:
        if archive.testzip():
            raise ValueError("a checksum")


def load_gzip(path):
    import gzip

    gzip.open(path).read()


def load_xz(path):
    import lzma

    lzma.open(path).read()


def load_lz4(path):
    import lz4.frame

    lz4.frame.open(path).read()


def load_zstd(path):
    import zstandard

    with open(path, "rb") as file:
        zstandard.ZstdDecompressor().stream_reader(file).read()


def load_json(path):
    json.loads(Path(path).read_text(encoding="utf-8"))


LOADERS = {name.removeprefix("load_"): load for name, load in globals().items() if name.startswith("load_")}


def refusal(load, path):
    """Why `load` does not take the file; None if it does. It runs in a child that may not write."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.alarm(5 * SECONDS)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        try:
            load(path)
            told = b"+"
        except BaseException as error:
            told = f"-{type(error).__name__}: {error}".encode("utf-8", "replace")[:300]
        os.write(writer, told)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if told == b"+":
        return None
    return told[1:].decode("utf-8", "replace") if told else "the process died"


def damaged(content, chance):
    """One kind of damage, its place, and the bytes with it."""
    kinds = "cut end bit bit head tail zero zeros drop insert double garbage grow".split()
    kind, size = chance.choice(kinds), len(content)
    at = chance.randrange(size)
    few = chance.choice([1, 2, 4, 16, 64, 512])
    changed = bytearray(content)
    if kind == "cut":
        del changed[at:]
    elif kind == "end":
        at = max(0, size - few)
        del changed[at:]
    elif kind == "bit":
        changed[at] ^= 1 << chance.randrange(8)
    elif kind in ("head", "tail"):
        at = chance.randrange(min(size, 512))
        at = at if kind == "head" else size - 1 - at
        changed[at] = chance.randrange(256)
    elif kind == "zero":
        changed[at:at + few] = bytes(len(changed[at:at + few]))
    elif kind == "zeros":
        changed[at:] = bytes(size - at)
    elif kind == "drop":
        del changed[at:at + few]
    elif kind == "insert":
        changed[at:at] = chance.randbytes(few)
    elif kind == "double":
        changed[at:at] = changed[at:at + few]
    elif kind == "garbage":
        changed[at:at + few] = chance.randbytes(len(changed[at:at + few]))
    else:
        changed += chance.randbytes(few)
    return kind, at, bytes(changed)


def make(arguments):
    load, chance = LOADERS[arguments.loader], random.Random(arguments.seed)
    for folder in ("refused", "accepted"):
        (arguments.out / folder).mkdir(parents=True, exist_ok=True)
    with open(arguments.out / "log.jsonl", "a", encoding="utf-8") as log:
        for source in map(Path, arguments.files):
            if not 0 < source.stat().st_size <= MOST_BYTES or refusal(load, str(source)):
                continue
            content = source.read_bytes()
            for index in range(arguments.each):
                kind, at, changed = damaged(content, chance)
                if changed == content:
                    continue
                digest = hashlib.sha1(str(source).encode()).hexdigest()[:6]
                copy = arguments.out / f"{digest}_{arguments.seed}_{index}_{source.name}"
                copy.write_bytes(changed)
                why = refusal(load, str(copy))
                folder = "refused" if why else "accepted"
                copy.rename(arguments.out / folder / copy.name)
                row = {"path": f"{folder}/{copy.name}", "source": str(source), "kind": kind, "at": at, "why": why}
                log.write(json.dumps(row) + "\n")


def judge(out):
    with open(out / "log.jsonl", encoding="utf-8") as log:
        rows = [json.loads(line) for line in log]
    program = Path(os.environ.get("LOADLINT", ROOT / "target" / "release" / "loadlint")).resolve()
    command = [program, "scan", "--no-config", "--output-format", "json", "refused", "accepted"]
    report = json.loads(subprocess.run(command, cwd=out, capture_output=True, check=False).stdout)
    told = defaultdict(list)
    for finding in report["findings"]:
        if finding["level"] != "note":
            told[finding["location"]["path"]].append(finding["message"])
    for notice in report["notices"]:
        told[notice["path"]].append(notice["message"])
    refused = [row for row in rows if row["why"]]
    accepted = [row for row in rows if not row["why"]]
    silent = [row for row in refused if row["path"] not in told]
    loud = [row for row in accepted if row["path"] in told]
    print(f"| {out.name} | {len(refused)} | {len(silent)} | {len(accepted)} | {len(loud)} |")
    for row in silent:
        print(f"  silent: {row['path']}, {row['kind']} at {row['at']}: {row['why'][:100]}")
    for message, count in Counter(told[row["path"]][0] for row in loud).most_common(10):
        print(f"  loads, told {count} times: {message[:120]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", type=Path, metavar="OUT")
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("loader", nargs="?", choices=sorted(LOADERS))
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_intermixed_args()
    warnings.filterwarnings("ignore")
    if arguments.judge:
        judge(arguments.judge)
    elif arguments.loader and arguments.out and arguments.files:
        make(arguments)
    else:
        parser.error("name a loader, a folder and files, or --judge and a folder")
    return 0


if __name__ == "__main__":
    sys.exit(main())
