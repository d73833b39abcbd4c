"""Neovim as the client: pushed diagnostics in UTF-16, incremental changes, the quick fix, a suppression in two files."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import ASTRAL_LINE, ENTRY, FIXED, SUPPRESSED_LINE, apt, equal, lines, project, run  # noqa: E402

apt("nvim", "neovim")
root = project()
command = ["nvim", "--headless", "--clean", "-c", f"luafile {HERE / 'session.lua'}"]
output = run(command, FILE=root / "app.py", ROOT=root)
states = {state["name"]: state for state in lines(output, "STATE ")}
equal(sorted(states), ["fixed", "opened", "owned", "register", "suppressed", "typed"], "states", output)


def found(name):
    return [(d["code"], d["line"], d["severity"]) for d in states[name]["diagnostics"]]


equal(found("opened"), [("LL110", 2, 1), ("LL101", 3, 1)], "opened", output)
# Neovim counts bytes.
equal(states["opened"]["diagnostics"][0]["col"], ASTRAL_LINE.encode().index(b"pickle"), "the astral column", output)
equal(found("typed"), [("LL110", 2, 1), ("LL101", 3, 1), ("LL101", 4, 1)], "typed", output)
equal(found("fixed"), [("LL110", 2, 1)], "fixed", output)
equal(states["fixed"]["text"][3:], [FIXED, "n = torch.load(other, weights_only=True)"], "the text", output)
equal(found("suppressed"), [], "suppressed", output)
equal(states["suppressed"]["text"][2], SUPPRESSED_LINE, "the comment", output)
register = "\n".join(states["register"]["text"])
equal(ENTRY in register, True, "the entry", output)
equal([d["code"] for d in states["register"]["diagnostics"]], ["LL420"], "the register", output)
equal(found("owned"), [], "the register with an owner", output)
print("neovim", states["opened"]["encoding"], "holds")
