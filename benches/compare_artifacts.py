#!/usr/bin/env python3
"""Time `loadlint scan` side by side with its peers on model files.

    python3 benches/compare_artifacts.py FOLDER [RUNS]

FOLDER is filled first, unless it holds them already, with three sets that this script writes from
opcodes and headers, so that no library is needed and nothing is ever unpickled:

    small       2,000 pickles of 1 to 20 kB, as caches and vocabularies are
    checkpoints 200 PyTorch zip files of 4 MB each: 100 tensors and the pickle that names them
    large       one PyTorch zip file of 4 GB, 400 tensors, sparse on disk

Measured as in `compare.py`: wall time, CPU time and peak memory of whole processes, taking turns,
ratios inside a round. Which programs: LOADLINT (default: target/release/loadlint of this
repository), PICKLESCAN, MODELSCAN, MODELAUDIT (default: from PATH); what is missing is reported.

Exit code: 0 loadlint and at least one peer were timed on every set, 1 otherwise.
"""

import argparse
import pickle
import pickletools
import struct
import sys
import zlib
from pathlib import Path

import compare

SETS = {"small": 2000, "checkpoints": 200, "large": 1}


class Scanner(compare.Tool):
    """A scanner of model files; the probe asks it to find a harmless call of `os.system`."""

    def probe(self):
        import subprocess
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "probe.pkl").write_bytes(b"cos\nsystem\n(S'echo loadlint-test'\ntR.")
            done = subprocess.run(self.command(folder), capture_output=True, text=True, check=False)
        if done.returncode not in self.works or "system" not in done.stdout + done.stderr:
            words = (done.stderr.strip().splitlines() or ["it reported nothing"])[-1]
            self.problem = f"broken: exit code {done.returncode} on a small file: {words}"


def tools():
    root = str(compare.ROOT / "target/release/loadlint")
    return [
        Scanner("loadlint", "LOADLINT", root, ["scan"], ["--no-config", "--output-format", "concise"],
                works={0, 1, 2}),
        Scanner("picklescan", "PICKLESCAN", "picklescan", ["-p"], [], works={0, 1, 2}),
        Scanner("modelscan", "MODELSCAN", "modelscan", ["-p"], [], works={0, 1, 2, 3}),
        Scanner("modelaudit", "MODELAUDIT", "modelaudit", ["scan", "--format", "json"], [],
                works={0, 1, 2}),
    ]


def small(folder, count):
    """Vocabularies, settings and histories in all protocols."""
    for number in range(count):
        words = {f"token {number} {index}": index for index in range(20 + number % 400)}
        history = [{"epoch": epoch, "loss": 1 / (epoch + 1), "ok": True} for epoch in range(20)]
        value = {"vocabulary": words, "history": history, "name": f"run {number}"}
        (folder / f"{number:04}.pkl").write_bytes(pickle.dumps(value, protocol=number % 6))


def state_dict(tensors, elements):
    """The pickle of a state dictionary as torch.save writes it, from its opcodes."""
    out = [b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01("]
    for index in range(tensors):
        name = f"layer.{index}.weight".encode()
        key = str(index).encode()
        text = lambda data: b"X" + struct.pack("<I", len(data)) + data
        size = struct.pack("<i", elements)
        out += [text(name), b"ctorch._utils\n_rebuild_tensor_v2\n((", text(b"storage"),
                b"ctorch\nFloatStorage\n", text(key), text(b"cpu"), b"J", size, b"tQK\x00",
                b"J", size, b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"]
    out.append(b"u.")
    data = b"".join(out)
    assert sum(1 for _ in pickletools.genops(data)) > tensors
    return data


def checkpoint(path, tensors, elements, sparse):
    """A zip file as torch.save writes it: stored members, aligned to 64 bytes."""
    size = elements * 4
    block = bytes(size) if sparse else bytes(range(256)) * (size // 256 + 1)
    crc = zlib.crc32(block[:size])
    members = [("archive/data.pkl", state_dict(tensors, elements)), ("archive/byteorder", b"little")]
    members += [(f"archive/data/{index}", None) for index in range(tensors)]
    members += [("archive/version", b"3\n")]
    directory = []
    with open(path, "wb") as file:
        for name, data in members:
            name, offset = name.encode(), file.tell()
            length = size if data is None else len(data)
            checksum = crc if data is None else zlib.crc32(data)
            padding = -(offset + 30 + len(name) + 4) % 64
            extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
            file.write(struct.pack("<4s5H3I2H", b"PK\x03\x04", 0, 0x800, 0, 0, 0x21, checksum, length,
                                   length, len(name), len(extra)) + name + extra)
            if data is not None:
                file.write(data)
            elif sparse:
                file.seek(length, 1)
            else:
                file.write(block[:length])
            directory.append((name, checksum, length, offset))
        start = file.tell()
        for name, checksum, length, offset in directory:
            extra = struct.pack("<HHQ", 1, 8, offset)
            file.write(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 45, 45, 0x800, 0, 0, 0x21, checksum,
                                   length, length, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
                       + name + extra)
        end = file.tell()
        count = len(directory)
        file.write(struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, end - start,
                               start))
        file.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
        file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, end - start,
                               min(start, 0xFFFFFFFF), 0))


def fill(folder):
    for name, count in SETS.items():
        place = folder / name
        if place.is_dir() and len(list(place.iterdir())) == count:
            continue
        place.mkdir(parents=True, exist_ok=True)
        if name == "small":
            small(place, count)
        elif name == "checkpoints":
            for number in range(count):
                checkpoint(place / f"{number:03}.pt", 100, 10_000, sparse=False)
        else:
            checkpoint(place / "large.pt", 400, 2_684_354, sparse=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the sets are written")
    parser.add_argument("runs", nargs="?", type=int, default=3, help="rounds (default: %(default)s)")
    arguments = parser.parse_args()
    fill(arguments.folder)
    timed = True
    for name in SETS:
        place = arguments.folder / name
        files = list(place.iterdir())
        volume = sum(path.stat().st_size for path in files)
        for path in files:
            with path.open("rb") as file:
                while name != "large" and file.read(1 << 20):
                    pass
        all_tools = tools()
        for tool in all_tools:
            if not tool.problem:
                tool.probe()
        for turn in range(arguments.runs):
            first = turn % len(all_tools)
            for tool in all_tools[first:] + all_tools[:first]:
                if not tool.problem:
                    tool.samples.append(tool.run(place))
        print(f"\n{name}: ", end="")
        compare.report(all_tools, arguments.runs, len(files), volume)
        timed &= not all_tools[0].problem and any(not tool.problem for tool in all_tools[1:])
        for tool in all_tools:
            if tool.problem:
                print(f"WARNING: {tool.name} was not measured: {tool.problem}", file=sys.stderr)
    return 0 if timed else 1


if __name__ == "__main__":
    sys.exit(main())
