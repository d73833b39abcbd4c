// From the settings to the program that is started. Nothing of VS Code is named here, so that tests need none.

import * as path from "node:path";

/** What the settings and the machine say. */
export interface Wanted {
  /** `loadlint.path`. */
  readonly program: string;
  /** `loadlint.args`. */
  readonly args: readonly string[];
  /** The first folder of the workspace, if one is open. */
  readonly folder: string | undefined;
  /** The user's home folder. */
  readonly home: string;
}

/** A program with its arguments, ready to be started. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command of the server. A name without a separator is left to the `PATH`; a relative path starts in the workspace's
 * folder. Throws an `Error` whose message is for the user if a path needs a folder and none is open.
 */
export function serverCommand(wanted: Wanted): Command {
  const program = expand(wanted.program.trim() || "loadlint", wanted);
  const isName = !program.includes("/") && !program.includes("\\");
  const command = isName || path.isAbsolute(program) ? program : path.join(folderOf(wanted), program);
  return { command, args: ["server", ...wanted.args.map((argument) => expand(argument, wanted))] };
}

function expand(text: string, wanted: Wanted): string {
  const home = text === "~" || text.startsWith("~/") || text.startsWith("~\\") ? wanted.home + text.slice(1) : text;
  return home.includes("${workspaceFolder}") ? home.replaceAll("${workspaceFolder}", folderOf(wanted)) : home;
}

function folderOf(wanted: Wanted): string {
  if (wanted.folder === undefined) {
    throw new Error("loadlint.path starts in the workspace's folder, and none is open");
  }
  return wanted.folder;
}
