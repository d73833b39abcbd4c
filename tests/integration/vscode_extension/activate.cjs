// Starts the packaged extension as VS Code would, with a stand-in for the editor's module `vscode`: what the client library
// asks of it is answered, what it only registers is taken and forgotten. Prints each step behind `STEP `.
const fs = require('fs');
const Module = require('module');
const path = require('path');
const { pathToFileURL, fileURLToPath } = require('url');

const step = (name, value) => console.log('STEP ' + JSON.stringify({ name, value }));
const root = process.env.ROOT;

class Position { constructor(line, character) { this.line = line; this.character = character; } }
class Range {
  constructor(a, b, c, d) {
    [this.start, this.end] = a instanceof Position ? [a, b] : [new Position(a, b), new Position(c, d)];
  }
}
class Diagnostic { constructor(range, message, severity) { Object.assign(this, { range, message, severity }); } }
class EventEmitter {
  constructor() {
    this.listeners = [];
    this.event = (listener, self) => {
      this.listeners.push((value) => listener.call(self, value));
      return { dispose() {} };
    };
  }
  fire(value) { return this.listeners.map((listener) => listener(value)); }
  dispose() {}
}
class TabInputText { constructor(uri) { this.uri = uri; } }
class CodeActionKind {
  constructor(value) { this.value = value; }
  append(part) { return new CodeActionKind(this.value ? `${this.value}.${part}` : part); }
}
CodeActionKind.Empty = new CodeActionKind('');
class CancellationTokenSource {
  constructor() { this.token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose() {} }) }; }
  cancel() {}
  dispose() {}
}
class Uri {
  constructor(href) {
    this.href = href;
    this.scheme = href.split(':')[0];
    this.fsPath = this.path = this.scheme === 'file' ? fileURLToPath(href) : new URL(href).pathname;
  }
  static file(name) { return new Uri(pathToFileURL(name).href); }
  static parse(href) { return new Uri(href); }
  toString() { return this.href; }
}

// Anything else: can be called, made, extended and asked for parts of the same kind.
function anything() {
  const known = {};
  return new Proxy(class { dispose() {} }, {
    get: (target, key) => {
      if (key === 'prototype') return target.prototype;
      if (typeof key === 'symbol' || key === 'then') return undefined;
      if (/^on(Did|Will)/.test(key)) return () => ({ dispose() {} });
      return (known[key] ??= anything());
    },
    apply: () => ({ dispose() {} }),
  });
}
const over = (own) => {
  const rest = anything();
  return new Proxy(own, { get: (target, key) => (key in target ? target[key] : rest[key]) });
};

const commands = new Map();
const said = new Map();
const opened = new EventEmitter();
const configuration = { path: process.env.LOADLINT, args: [], enable: true, config: null, unsafeFixes: false };
const section = () => ({ ...configuration, get: (key, other) => configuration[key] ?? other, has: (key) => key in configuration });
const file = path.join(root, 'app.py');
const text = fs.readFileSync(file, 'utf8');
const document = { uri: Uri.file(file), languageId: 'python', version: 1, getText: () => text, isClosed: false, fileName: file };
const log = over({ info() {}, error: (message) => console.error(message), append: console.error, appendLine: console.error, show() {}, logLevel: 2 });
const vscode = over({
  version: '1.82.0', Position, Range, Diagnostic, EventEmitter, CancellationTokenSource, CodeActionKind, TabInputText, Uri,
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  commands: over({ registerCommand: (name, run) => { commands.set(name, run); return { dispose() {} }; } }),
  window: over({
    createOutputChannel: () => log, visibleTextEditors: [], activeTextEditor: undefined, visibleNotebookEditors: [],
    // Documents are asked about only if a tab shows them.
    tabGroups: over({ all: [{ tabs: [{ input: new TabInputText(document.uri) }] }] }),
    showErrorMessage: async (message) => console.error('SHOWN', message),
  }),
  workspace: over({
    workspaceFolders: [{ uri: Uri.file(root), name: 'root', index: 0 }],
    textDocuments: [document], notebookDocuments: [],
    getConfiguration: section, onDidOpenTextDocument: opened.event,
    getWorkspaceFolder: () => ({ uri: Uri.file(root), name: 'root', index: 0 }),
  }),
  languages: over({
    match: (selector, one) => (selector.some?.((part) => part.language === one.languageId) ? 10 : 0),
    createDiagnosticCollection: () => over({
      set: (uri, list) => said.set(uri.toString(), list), delete: (uri) => said.delete(uri.toString()), clear: () => said.clear(),
    }),
  }),
});
const load = Module._load;
Module._load = (request, ...rest) => (request === 'vscode' ? vscode : load(request, ...rest));

async function until(what, test) {
  const end = Date.now() + 20000;
  while (!test()) {
    if (Date.now() > end) throw new Error('timeout: ' + what);
    await new Promise((done) => setTimeout(done, 20));
  }
}

(async () => {
  const extension = require(process.env.EXTENSION);
  await extension.activate({ subscriptions: [] });
  step('activated', true);
  const uri = document.uri.toString();
  await until('diagnostics', () => said.get(uri)?.length);
  step('opened', said.get(uri).map((one) => one.code?.value ?? one.code));
  step('commands', [...commands.keys()].sort());
  await extension.deactivate();
  step('stopped', true);
  process.exit(0);
})().catch((error) => { console.error('FAILED', error); process.exit(1); });
