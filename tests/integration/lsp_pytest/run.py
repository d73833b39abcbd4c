"""pytest-lsp as the client, with the capabilities of Neovim, VS Code and Emacs."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lsp_common import ENTRY, SUPPRESSED_LINE, project, python_with, run  # noqa: E402

python = python_with("pytest", "pytest-asyncio", "pytest-lsp==1.0.1")
options = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-p", "no:cacheprovider"]
command = [python, "-m", "pytest", "-q", *options, HERE / "test_session.py"]
output = run(command, ROOT=project(), ENTRY=ENTRY, SUPPRESSED_LINE=SUPPRESSED_LINE)
if "3 passed" not in output:
    sys.exit(f"three profiles were to pass\n{output}")
print("pytest-lsp: three profiles hold")
