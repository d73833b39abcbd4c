import assert from "node:assert/strict";
import { test } from "node:test";
import { serverCommand } from "../src/command";

const machine = { folder: "/project", home: "/home/me" };

test("a name is left to the PATH", () => {
  assert.deepEqual(serverCommand({ ...machine, program: "loadlint", args: [] }), { command: "loadlint", args: ["server"] });
  assert.equal(serverCommand({ ...machine, program: "  ", args: [] }).command, "loadlint");
});

test("paths start at home, in the workspace or at the root", () => {
  const command = (program: string): string => serverCommand({ ...machine, program, args: [] }).command;
  assert.equal(command("~/bin/loadlint"), "/home/me/bin/loadlint");
  assert.equal(command("${workspaceFolder}/.venv/bin/loadlint"), "/project/.venv/bin/loadlint");
  assert.equal(command(".venv/bin/loadlint"), "/project/.venv/bin/loadlint");
  assert.equal(command("/opt/loadlint"), "/opt/loadlint");
});

test("arguments come behind the command", () => {
  const { args } = serverCommand({ ...machine, program: "loadlint", args: ["--stdio", "${workspaceFolder}"] });
  assert.deepEqual(args, ["server", "--stdio", "/project"]);
});

test("a path that needs a folder is an error without one", () => {
  const wanted = { folder: undefined, home: "/home/me", program: "bin/loadlint", args: [] };
  assert.throws(() => serverCommand(wanted), /none is open/);
  assert.equal(serverCommand({ ...wanted, program: "loadlint" }).command, "loadlint");
});
