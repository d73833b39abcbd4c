#!/usr/bin/env python3
"""Time loadlint side by side with its peers on the same folder of Python code.

    python3 benches/compare.py CORPUS [RUNS]

Measured are wall time, CPU time (user + system, all threads) and peak memory of each whole
process, as the kernel reports them to its parent (wait4). The tools take turns, and every
round starts with another one, so that whatever else the machine does hits all of them alike;
ratios are taken inside a round and their median is printed, with the extremes behind it. The
files are read once before, so that all tools find them in the page cache. A peak below that of
this script, some 15 MB, cannot be seen.

Which programs: LOADLINT (default: target/release/loadlint of this repository), RUFF and
BANDITRS (default: from PATH). Before anything is timed each has to find a `pickle.loads` in a
small file, so that a program that fails at once cannot pass for a fast one. What is missing
or broken is reported in the table and on standard error, never dropped.

Not the same work: loadlint applies all its rules, ruff one, banditrs all of Bandit's; ruff and
banditrs leave out some folders by name (`dist`, `.tox`), banditrs reads only `.py`.

Exit code: 0 loadlint and at least one peer were timed, 1 otherwise.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {".py", ".pyi", ".ipynb"}
MEASURES = (("wall", "s"), ("CPU", "s"), ("peak", "MB"))


class Tool:
    """A program, how it is called on a folder, and which exit codes mean that it worked."""

    def __init__(self, name, variable, default, before, after, works):
        self.name, self.variable, self.works = name, variable, works
        self.wanted = os.environ.get(variable) or default
        self.path = shutil.which(self.wanted)
        self.before, self.after = before, after
        self.problem = "" if self.path else f"missing: no program `{self.wanted}`; set {variable}="
        self.exits = Counter()
        self.samples = []

    def command(self, folder):
        return [self.path, *self.before, str(folder), *self.after]

    def version(self):
        done = subprocess.run([self.path, "--version"], capture_output=True, text=True,
                              check=False)
        return (done.stdout.split("\n", 1)[0].split() or ["unknown"])[-1]

    def probe(self):
        """Check that the very command that is timed finds something where there is something."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "probe.py").write_text("import pickle\npickle.loads(input())\n")
            done = subprocess.run(self.command(folder), capture_output=True, text=True,
                                  check=False)
        if done.returncode not in self.works or "probe.py" not in done.stdout:
            words = (done.stderr.strip().splitlines() or ["it reported nothing"])[-1]
            self.problem = f"broken: exit code {done.returncode} on a small file: {words}"

    def run(self, folder):
        """One run; returns (wall seconds, CPU seconds, peak megabytes)."""
        with tempfile.TemporaryFile() as errors:
            command = [str(word) for word in self.command(folder)]
            streams = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                       (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                       (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
            start = time.perf_counter()
            # What starts a process must take little beside what the process does: `Popen` takes a millisecond.
            process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
            _, status, usage = os.wait4(process, 0)
            wall = time.perf_counter() - start
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            self.exits[code] += 1
            if code not in self.works:
                errors.seek(0)
                words = errors.read().decode("utf-8", "replace").strip().splitlines() or [""]
                self.problem = f"failed: exit code {code} on the corpus: {words[-1]}"
        unit = 1 if sys.platform == "darwin" else 1024
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def tools():
    # loadlint's 2 says that some file could not be analysed; the rest of the corpus was.
    return [
        Tool("loadlint", "LOADLINT", str(ROOT / "target/release/loadlint"),
             ["check"], ["--no-config", "--exit-zero", "-q"], works={0, 2}),
        Tool("ruff (S301)", "RUFF", "ruff",
             ["check", "--isolated", "--no-cache", "--select", "S301", "--exit-zero", "-q"], [],
             works={0}),
        Tool("banditrs", "BANDITRS", "banditrs", ["-r", "-q"], [], works={0, 1}),
    ]


def read_all(folder):
    """Read every source file once; return their number and bytes."""
    paths = [path for path in folder.rglob("*") if path.suffix in SOURCES and path.is_file()]
    return len(paths), sum(len(path.read_bytes()) for path in paths)


def ratio(tool, base, index):
    """How many times `base` a tool needs: median and extremes over the rounds."""
    pairs = sorted(mine[index] / its[index] for mine, its in zip(tool.samples, base.samples))
    return f"{median(pairs):.2f} ({pairs[0]:.2f} to {pairs[-1]:.2f})"


def row(tool, base):
    if tool.problem:
        return [tool.name, tool.problem] + [""] * (2 * len(MEASURES))
    cells = [tool.name, tool.version()]
    cells += [f"{median(sample[index] for sample in tool.samples):.2f}"
              for index in range(len(MEASURES))]
    for index in range(len(MEASURES)):
        cells.append("-" if base.problem else "1" if tool is base else ratio(tool, base, index))
    return cells


def report(all_tools, runs, files, volume):
    base = all_tools[0]
    print(f"{files:,} files, {volume / 1e6:.1f} MB; medians of {runs} rounds; "
          f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}\n")
    header = ["tool", "version"] + [f"{name} {unit}" for name, unit in MEASURES]
    header += [f"{name} / {base.name}" for name, _ in MEASURES]
    print("| " + " | ".join(header) + " |")
    print("|---|---|" + "---:|" * (2 * len(MEASURES)))
    for tool in all_tools:
        print("| " + " | ".join(row(tool, base)) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="folder to check, see fetch_corpus.py")
    parser.add_argument("runs", nargs="?", type=int, default=5,
                        help="rounds (default: %(default)s)")
    arguments = parser.parse_args()
    if not arguments.corpus.is_dir() or arguments.runs < 1:
        parser.error("CORPUS has to be a folder and RUNS at least 1")

    files, volume = read_all(arguments.corpus)
    if not files:
        parser.error(f"no Python file below {arguments.corpus}")
    all_tools = tools()
    for tool in all_tools:
        if not tool.problem:
            tool.probe()
    for turn in range(arguments.runs):
        first = turn % len(all_tools)
        for tool in all_tools[first:] + all_tools[:first]:
            if not tool.problem:
                tool.samples.append(tool.run(arguments.corpus))

    report(all_tools, arguments.runs, files, volume)
    for tool in all_tools:
        if tool.problem:
            print(f"WARNING: {tool.name} was not measured: {tool.problem}", file=sys.stderr)
        elif 2 in tool.exits:
            print(f"WARNING: {tool.name} ended {tool.exits[2]} times with exit code 2: it could "
                  f"not analyse everything", file=sys.stderr)
    timed = [not tool.problem for tool in all_tools]
    return 0 if timed[0] and any(timed[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
