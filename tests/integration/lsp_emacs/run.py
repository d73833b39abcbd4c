"""Emacs with eglot as the client: pushed diagnostics for a client that agrees on nothing, changes, the quick fix,
a suppression in two files."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import ASTRAL_LINE, ENTRY, FIXED, SUPPRESSED_LINE, apt, equal, lines, project, run, skip  # noqa: E402

apt("emacs", "emacs-nox", "elpa-eglot")
if not list(pathlib.Path("/usr/share/emacs").glob("**/eglot*.el*")):
    apt("no-such-program", "elpa-eglot")
    skip("this Emacs has no eglot")
root = project()
output = run(["emacs", "--batch", "-Q", "-l", HERE / "session.el"], FILE=root / "app.py")
states = {state["name"]: state for state in lines(output, "STATE ")}
equal(sorted(states), ["fixed", "opened", "owned", "suppressed", "typed"], "states", output)


def found(name):
    return [(d[0], d[1]) for d in states[name]["diagnostics"]]


# Emacs counts characters.
equal(found("opened"), [(3, ASTRAL_LINE.index("pickle")), (4, 4)], "opened", output)
equal(found("typed"), [(3, ASTRAL_LINE.index("pickle")), (4, 4), (5, 4)], "typed", output)
equal(found("fixed"), [(3, ASTRAL_LINE.index("pickle")), (4, 4)], "fixed", output)
equal(states["fixed"]["text"].splitlines()[4], FIXED.replace("m =", "n =").replace("path", "other"), "the text", output)
equal(found("suppressed"), [(4, 4)], "suppressed", output)
equal(states["suppressed"]["text"].splitlines()[2], SUPPRESSED_LINE, "the comment", output)
equal(found("owned"), [(4, 4)], "owned", output)
(register,) = lines(output, "REGISTER ")
equal(ENTRY in register, True, "the entry", output)
print("emacs holds")
