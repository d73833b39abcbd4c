"""VS Code's own protocol library as the client: pull and push, UTF-16 and UTF-8, notebooks, model files, settings."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import ASTRAL_LINE, ENTRY, equal, lines, npm, project, run  # noqa: E402

modules = npm("vscode-languageserver-protocol@3.17.5")
before = ASTRAL_LINE.split("pickle")[0]
columns = {"utf-16": len(before.encode("utf-16-le")) // 2, "utf-8": len(before.encode())}
for pull, encodings in (("1", "utf-16"), ("0", "utf-16"), ("1", "utf-16,utf-8")):
    root = project()
    output = run(["node", HERE / "session.cjs"], MODULES=modules, ROOT=root, PULL=pull, ENCODINGS=encodings)
    steps = {step["name"]: step.get("value") for step in lines(output, "STEP ")}
    encoding = "utf-8" if "utf-8" in encodings.split(",") else "utf-16"
    astral = f"LL110@2:{columns[encoding]}"
    expected = {
        "encoding": encoding,
        "registered": ["workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"],
        "opened": [astral, "LL101@3:4"],
        "link": "LL101.md",
        "unknown": -32601,
        "invalid": -32602,
        "actions": [
            ["Pass `weights_only=True` (LL101)", "quickfix", True],
            ["Suppress under a new threat (LL101)", "quickfix", None],
        ],
        "fixed": [astral],
        "edit": [["create", "THREATS.md"], ["edit", "THREATS.md"], ["edit", "app.py"]],
        "suppressed": [],
        "register": ["LL420"],
        "definition": [True, ENTRY.splitlines()[0]],
        "hover": ["- Owner: @ml"],
        "taken back": [astral],
        "cell": ["LL101@1:4"],
        "model": True,
        "ignored": [],
        "set": [astral],
        "exit": 0,
    }
    if pull == "1":
        expected["again"] = "unchanged"
    equal(ENTRY in steps.pop("entry", ""), True, "the entry", output)
    equal(steps, expected, f"pull={pull} {encodings}", output)
print("vscode-languageserver-protocol: pull, push and both encodings hold")
