#!/usr/bin/env python3
"""Time `loadlint manifest` side by side with sha256sum on the same files.

    python3 benches/compare_manifest.py [--runs N] [--small N] [--sparse GB] [--scratch FOLDER]

Three parts. Rate: 16 files of 64 MB that lie in the page cache are hashed by `sha256sum -c` (one thread), by `xargs -P` with
one sha256sum for each processor, and by `loadlint manifest verify` with one thread and with all; the programs take turns,
ratios are taken inside a round, and their median is printed with the extremes behind it. Small files: many of 1 kB, created,
verified, and created again with the cache. Sparse: one large file without blocks on the disk. Of the last two, time and peak
memory of the process as the kernel reports it to its parent (wait4); a peak below that of this script, some 15 MB, cannot be
seen.

Every verdict is checked: the program must say that all is well, and after one bit is flipped that it is not, so that one that
reads nothing cannot pass for a fast one. LOADLINT names the program (default: target/release/loadlint).

Exit code: 0 measured, 1 something is missing or does not hold.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LOADLINT = os.environ.get("LOADLINT") or str(ROOT / "target/release/loadlint")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
BLOCK = 64 << 20


def measured(command, folder, works=0):
    """Wall seconds, CPU seconds, peak MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != works:
        sys.exit(f"{command} ended with {process.returncode}, not {works}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def tensors(data_bytes):
    """The head of a safetensors file with one tensor of so many bytes."""
    header = f'{{"a":{{"dtype":"U8","shape":[{data_bytes}],"data_offsets":[0,{data_bytes}]}}}}'.encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header


def flip(path):
    with open(path, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))


def loadlint(*words):
    return [LOADLINT, "manifest", *words, "--quiet"]


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def rate(folder, runs):
    folder.mkdir()
    # In pieces: the peak of a process is at least what its parent had when it was started.
    piece = os.urandom(1 << 20)
    for number in range(16):
        with open(folder / f"{number:02}.safetensors", "wb") as file:
            file.write(tensors(BLOCK))
            for _ in range(BLOCK // len(piece)):
                file.write(piece)
    measured([*loadlint("create"), "--no-cache"], folder)
    measured([*loadlint("create", "--format", "sha256sums"), "--no-cache"], folder)
    parallel = f"xargs -P {CORES} -n 1 sha256sum < names > /dev/null"
    (folder / "names").write_text("".join(f"{number:02}.safetensors\n" for number in range(16)))
    programs = {
        "sha256sum -c, 1 thread": ["sha256sum", "--check", "--quiet", "SHA256SUMS"],
        "loadlint, 1 thread": loadlint("verify", "MANIFEST.json", "--threads", "1"),
        f"sha256sum by xargs -P {CORES}": ["sh", "-c", parallel],
        f"loadlint, {CORES} threads": loadlint("verify", "MANIFEST.json"),
    }
    samples = {name: [] for name in programs}
    names = list(programs)
    for turn in range(runs):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            samples[name].append(measured(programs[name], folder))
    gigabytes = 16 * BLOCK / 1e9
    print(f"\nrate: 16 files of 64 MB in the page cache, {runs} rounds, {CORES} processors\n")
    print(f"{'':32}{'GB/s':>8}{'CPU s':>8}{'peak MB':>9}")
    for name, values in samples.items():
        wall, cpu, peak = (median(column) for column in zip(*values))
        print(f"{name:32}{gigabytes / wall:8.2f}{cpu:8.2f}{peak:9.0f}")
    walls = {name: [wall for wall, _, _ in values] for name, values in samples.items()}
    one, ours_one, many, ours_many = (walls[name] for name in names)
    print("\nsha256sum's time by loadlint's, of the same round; above 1 is faster than sha256sum:")
    print("  one thread:      ", spread([a / b for a, b in zip(one, ours_one)]))
    print(f"  {CORES} against {CORES}:     ", spread([a / b for a, b in zip(many, ours_many)]))
    print(f"  loadlint's 1 by {CORES}:", spread([a / b for a, b in zip(ours_one, ours_many)]))
    flip(folder / "07.safetensors")
    measured(programs[names[3]], folder, works=1)
    shutil.rmtree(folder)


def small(folder, count):
    head = tensors(1000)
    for number in range(count):
        path = folder / f"{number % 1000:03}/{number:06}.safetensors"
        if number < 1000:
            path.parent.mkdir(parents=True)
        path.write_bytes(head + number.to_bytes(8, "little") * 125)
    print(f"\n{count} files of 1 kB\n\n{'':32}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
    sums = "find . -name '*.safetensors' -print0 | xargs -0 sha256sum > ../sums"
    steps = {
        "sha256sum by xargs, 1 thread": (["sh", "-c", sums], 0),
        "manifest create --no-cache": ([*loadlint("create"), "--no-cache"], 0),
        "manifest verify": (loadlint("verify"), 0),
        "manifest verify --ignore-extra": ([*loadlint("verify"), "--ignore-extra"], 0),
        "create --update, cache filled": (loadlint("create", "--update"), 0),
        "create --update, from the cache": (loadlint("create", "--update"), 0),
        "verify --cache --ignore-extra": ([*loadlint("verify"), "--cache", "--ignore-extra"], 0),
    }
    time.sleep(2.1)  # What changed just now is not remembered.
    for name, (command, works) in steps.items():
        print(f"{name:32}" + "{:8.2f}{:8.2f}{:9.0f}".format(*measured(command, folder, works)))
    flip(folder / "007/000007.safetensors")
    measured(loadlint("verify"), folder, works=1)
    shutil.rmtree(folder)


def sparse(folder, gigabytes):
    folder.mkdir()
    size = gigabytes << 30
    with open(folder / "big.safetensors", "wb") as file:
        file.write(tensors(size))
        file.truncate(len(tensors(size)) + size)
    print(f"\none sparse file of {gigabytes} GB\n\n{'':32}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
    steps = {
        "sha256sum": ["sha256sum", "big.safetensors"],
        "manifest create --no-cache": [*loadlint("create"), "--no-cache"],
        "manifest verify": loadlint("verify"),
    }
    for name, command in steps.items():
        print(f"{name:32}" + "{:8.2f}{:8.2f}{:9.0f}".format(*measured(command, folder)))
    flip(folder / "big.safetensors")
    measured(loadlint("verify"), folder, works=1)
    shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--small", type=int, default=100_000, metavar="N")
    parser.add_argument("--sparse", type=int, default=8, metavar="GB")
    parser.add_argument("--scratch", help="where files are made [default: the system's temporary folder]")
    arguments = parser.parse_args()
    for program in (LOADLINT, "sha256sum", "xargs"):
        if not shutil.which(program):
            sys.exit(f"there is no program {program}")
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        place = Path(scratch)
        os.environ["LOADLINT_CACHE_DIR"] = str(place / "cache")
        rate(place / "rate", arguments.runs)
        if arguments.small:
            small(place / "small", arguments.small)
        if arguments.sparse:
            sparse(place / "sparse", arguments.sparse)


main()
