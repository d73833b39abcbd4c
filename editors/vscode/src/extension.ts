// Starts `loadlint server` and restarts it when the settings that start it change. Everything else is the server's.

import * as os from "node:os";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions, TransportKind } from "vscode-languageclient/node";
import { type Command, serverCommand } from "./command";

const SECTION = "loadlint";
/** What is checked, and registers, so that they count as they are in the editor. */
const DOCUMENTS = [
  { scheme: "file", language: "python" },
  { scheme: "untitled", language: "python" },
  { scheme: "vscode-notebook-cell", language: "python" },
  { scheme: "file", pattern: "**/THREATS.md" },
  // Scripts and settings, by the names that the server knows them by.
  { scheme: "file", pattern: "**/*.{sh,bash,zsh,ksh,fish,csh,slurm,sbatch,mk,mak,just,env,toml,yaml,yml}" },
  { scheme: "file", pattern: "**/{Dockerfile,Containerfile,Dockerfile.*,Containerfile.*,*.dockerfile,*.containerfile}" },
  { scheme: "file", pattern: "**/{Makefile,makefile,GNUmakefile,justfile,.justfile,.env,.env.*}" },
];

let client: LanguageClient | undefined;
/** Restarts one after the other, however fast they are asked for. */
let turn: Promise<void> = Promise.resolve();

export function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("loadlint", { log: true });
  const again = (): Promise<void> => {
    turn = turn.then(() => restart(log)).catch((error: unknown) => report(log, error));
    return turn;
  };
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand("loadlint.restart", again),
    vscode.commands.registerCommand("loadlint.showLog", () => log.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const starts = ["path", "args"].some((key) => change.affectsConfiguration(`${SECTION}.${key}`));
      return starts ? again() : undefined;
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(again),
  );
  return again();
}

export async function deactivate(): Promise<void> {
  await turn;
  await client?.stop();
}

async function restart(log: vscode.LogOutputChannel): Promise<void> {
  await client?.stop();
  client = undefined;
  const { command, args } = wantedCommand();
  log.info(`starting ${[command, ...args].join(" ")}`);
  const server: ServerOptions = { command, args: [...args], transport: TransportKind.stdio };
  const options: LanguageClientOptions = {
    documentSelector: DOCUMENTS,
    outputChannel: log,
    initializationOptions: vscode.workspace.getConfiguration(SECTION),
    synchronize: { configurationSection: SECTION },
  };
  const started = new LanguageClient(SECTION, "loadlint", server, options);
  await started.start();
  client = started;
}

function wantedCommand(): Command {
  const settings = vscode.workspace.getConfiguration(SECTION);
  return serverCommand({
    program: settings.get("path", "loadlint"),
    args: settings.get<string[]>("args", []),
    folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    home: os.homedir(),
  });
}

async function report(log: vscode.LogOutputChannel, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  log.error(message);
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(`loadlint could not be started: ${message}`, settings);
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "loadlint.path");
  }
}
