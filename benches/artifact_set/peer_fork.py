"""peer_fork.py MODULE:FUNC TIMEOUT ARGV… (with {} for the path): reads paths on stdin, forks one child a path out of a process
that has the peer imported, prints one JSON line each: rc, seconds, stdout, stderr. Run it with the peer's own interpreter."""
import importlib
import json
import os
import signal
import sys
import tempfile
import time

mod, func = sys.argv[1].split(":")
limit = float(sys.argv[2])
argv = sys.argv[3:]
main = getattr(importlib.import_module(mod), func)
real = os.dup(1)
for line in sys.stdin:
    path = line.rstrip("\n")
    o, e = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    t = time.time()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(o.fileno(), 1)
        os.dup2(e.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        sys.argv = [mod] + [a.replace("{}", path) for a in argv]
        rc = 0
        try:
            r = main()
            rc = r if isinstance(r, int) else 0
        except SystemExit as x:
            rc = x.code if isinstance(x.code, int) else 0 if x.code is None else 1
        except BaseException:
            import traceback
            traceback.print_exc()
            rc = 97
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(rc & 255)
    rc = None
    while time.time() - t < limit:
        p, st = os.waitpid(pid, os.WNOHANG)
        if p:
            rc = os.waitstatus_to_exitcode(st)
            break
        time.sleep(0.004)
    if rc is None:
        rc = "timeout"
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    o.seek(0)
    e.seek(0)
    os.write(real, (json.dumps({"rc": rc, "sec": round(time.time() - t, 3), "out": o.read(20_000_000).decode("utf-8", "replace"), "err": e.read(20000).decode("utf-8", "replace")}) + "\n").encode())
