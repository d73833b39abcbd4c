// A session with the protocol library of VS Code: pull or push, registrations, notebooks, fixes, nonsense.
// Prints one line of JSON for each step, behind `STEP `.
const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { createRequire } = require('module');
const rpc = createRequire(path.join(process.env.MODULES, 'x.js'))('vscode-languageserver-protocol/node');

const root = process.env.ROOT;
const pull = process.env.PULL === '1';
const uri = pathToFileURL(path.join(root, 'app.py')).href;
const server = spawn(process.env.LOADLINT, ['server', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const c = rpc.createProtocolConnection(new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin));
const step = (name, value) => console.log('STEP ' + JSON.stringify({ name, value }));
const brief = (list) => list.map((d) => `${d.code}@${d.range.start.line}:${d.range.start.character}`);

const pushed = new Map();
let settings = null;
c.onRequest(rpc.RegistrationRequest.type, (r) => step('registered', r.registrations.map((x) => x.method).sort()));
c.onRequest(rpc.ConfigurationRequest.type, (r) => r.items.map(() => settings));
let refreshed = 0;
c.onRequest(rpc.DiagnosticRefreshRequest.type, () => { refreshed += 1; });
c.onNotification(rpc.PublishDiagnosticsNotification.type, (n) => pushed.set(n.uri, n));
c.onUnhandledNotification(() => {});
c.listen();

async function until(what, test) {
  const end = Date.now() + 20000;
  while (!test()) {
    if (Date.now() > end) throw new Error('timeout: ' + what);
    await new Promise((done) => setTimeout(done, 10));
  }
}
async function diagnostics(version) {
  if (pull) return c.sendRequest(rpc.DocumentDiagnosticRequest.type, { textDocument: { uri } });
  await until('version ' + version, () => pushed.get(uri)?.version === version);
  return { items: pushed.get(uri).diagnostics };
}

(async () => {
  const init = await c.sendRequest(rpc.InitializeRequest.type, {
    processId: process.pid, rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(root).href, name: 'root' }],
    capabilities: {
      general: { positionEncodings: (process.env.ENCODINGS || 'utf-16').split(',') },
      workspace: {
        configuration: true, diagnostics: { refreshSupport: true },
        didChangeWatchedFiles: { dynamicRegistration: true }, didChangeConfiguration: { dynamicRegistration: true },
        workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
      },
      textDocument: {
        publishDiagnostics: { relatedInformation: true, codeDescriptionSupport: true, versionSupport: true },
        ...(pull ? { diagnostic: { dynamicRegistration: true } } : {}),
        codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source.fixAll'] } }, isPreferredSupport: true, dataSupport: true, resolveSupport: { properties: ['edit'] } },
      },
    },
  });
  step('encoding', init.capabilities.positionEncoding);
  c.sendNotification(rpc.InitializedNotification.type, {});
  const text = fs.readFileSync(path.join(root, 'app.py'), 'utf8');
  c.sendNotification(rpc.DidOpenTextDocumentNotification.type, { textDocument: { uri, languageId: 'python', version: 1, text } });
  const first = await diagnostics(1);
  step('opened', brief(first.items));
  const torch = first.items.find((d) => d.code === 'LL101');
  step('link', torch.codeDescription?.href.split('/').pop());
  if (pull) {
    const again = await c.sendRequest(rpc.DocumentDiagnosticRequest.type, { textDocument: { uri }, previousResultId: first.resultId });
    step('again', again.kind);
  }
  // Nonsense in between changes nothing.
  c.sendNotification('textDocument/didChange', { textDocument: { uri: 5 }, contentChanges: 'x' });
  await c.sendRequest('loadlint/noSuchThing', {}).catch((error) => step('unknown', error.code));
  await c.sendRequest('textDocument/codeAction', { textDocument: {} }).catch((error) => step('invalid', error.code));
  server.stdin.write('Content-Length: 5\r\n\r\n{"a":');

  const actions = await c.sendRequest(rpc.CodeActionRequest.type, { textDocument: { uri }, range: torch.range, context: { diagnostics: [] } });
  step('actions', actions.map((a) => [a.title, a.kind, a.isPreferred]));
  const change = actions[0].edit.documentChanges[0];
  c.sendNotification(rpc.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: 2 }, contentChanges: change.edits.map((e) => ({ range: e.range, text: e.newText })),
  });
  step('fixed', brief((await diagnostics(2)).items));

  // The other finding is suppressed under a new threat: an action that is resolved, an edit of two files, one of them new.
  const pickle = first.items.find((d) => d.code === 'LL110');
  const offered = await c.sendRequest(rpc.CodeActionRequest.type, { textDocument: { uri }, range: pickle.range, context: { diagnostics: [] } });
  const chosen = await c.sendRequest(rpc.CodeActionResolveRequest.type, offered.find((a) => a.title.startsWith('Suppress under a new threat')));
  const register = pathToFileURL(path.join(root, 'THREATS.md')).href;
  step('edit', chosen.edit.documentChanges.map((x) => [x.kind || 'edit', (x.uri || x.textDocument.uri).split('/').pop()]));
  const entry = chosen.edit.documentChanges.find((x) => x.textDocument?.uri === register).edits[0].newText;
  const comment = chosen.edit.documentChanges.find((x) => x.textDocument?.uri === uri).edits;
  step('entry', entry);
  c.sendNotification(rpc.DidOpenTextDocumentNotification.type, { textDocument: { uri: register, languageId: 'markdown', version: 1, text: entry } });
  c.sendNotification(rpc.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: 3 }, contentChanges: comment.map((e) => ({ range: e.range, text: e.newText })),
  });
  if (!pull) await until('the comment', () => pushed.get(uri)?.version === 3 && pushed.get(uri).diagnostics.length === 0);
  step('suppressed', brief((await diagnostics(3)).items));
  await until('the register', () => pushed.get(register)?.diagnostics.length === 1);
  step('register', pushed.get(register).diagnostics.map((d) => d.code));
  const owner = entry.split('\n').indexOf('- Owner:');
  const at = { line: owner, character: '- Owner:'.length };
  c.sendNotification(rpc.DidChangeTextDocumentNotification.type, {
    textDocument: { uri: register, version: 2 }, contentChanges: [{ range: { start: at, end: at }, text: ' @ml' }],
  });
  await until('the owner', () => pushed.get(register)?.diagnostics.length === 0);
  // From the comment to the entry, and what the entry says.
  const before = text.split('\n')[2].split('  # ')[0] + '  # nosec B301  # T-';
  const character = init.capabilities.positionEncoding === 'utf-8' ? Buffer.byteLength(before) : before.length;
  const there = { textDocument: { uri }, position: { line: 2, character } };
  const definition = await c.sendRequest(rpc.DefinitionRequest.type, there);
  step('definition', [definition.uri === register, entry.split('\n')[definition.range.start.line]]);
  const hover = await c.sendRequest(rpc.HoverRequest.type, there);
  step('hover', hover.contents.value.split('\n').filter((line) => line.startsWith('- Owner')));
  // Taken back.
  c.sendNotification(rpc.DidCloseTextDocumentNotification.type, { textDocument: { uri: register } });
  c.sendNotification(rpc.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: 4 }, contentChanges: [{ text: text.replace('weights_only=False', 'weights_only=True') }],
  });
  step('taken back', brief((await diagnostics(4)).items));

  // A notebook: pushed, whatever the client asks for itself.
  const [book, cell] = ['n.ipynb', 'n.ipynb#c1'].map((name) => pathToFileURL(root).href + '/' + name);
  c.sendNotification('notebookDocument/didOpen', {
    notebookDocument: { uri: book, notebookType: 'jupyter-notebook', version: 1, cells: [{ kind: 2, document: cell }] },
    cellTextDocuments: [{ uri: cell, languageId: 'python', version: 1, text: 'import torch\nm = torch.load(p, weights_only=False)' }],
  });
  await until('the cell', () => pushed.get(cell)?.diagnostics.length);
  step('cell', brief(pushed.get(cell).diagnostics));

  // A model file that nobody opens, written now.
  const model = path.join(root, 'm.pkl');
  fs.writeFileSync(model, Buffer.from('8002636f730a73797374656d0a58020000006c7385522e', 'hex'));
  c.sendNotification(rpc.DidChangeWatchedFilesNotification.type, { changes: [{ uri: pathToFileURL(model).href, type: 1 }] });
  await until('the model file', () => pushed.get(pathToFileURL(model).href)?.diagnostics.length);
  step('model', pushed.get(pathToFileURL(model).href).diagnostics.map((d) => d.code).includes('LL201'));
  fs.unlinkSync(model);
  c.sendNotification(rpc.DidChangeWatchedFilesNotification.type, { changes: [{ uri: pathToFileURL(model).href, type: 3 }] });
  await until('the model file to go', () => pushed.get(pathToFileURL(model).href)?.diagnostics.length === 0);

  // The configuration changes: on the disk, then in the editor.
  fs.writeFileSync(path.join(root, 'loadlint.toml'), "ignore = ['LL110']\n");
  const once = refreshed;
  c.sendNotification(rpc.DidChangeWatchedFilesNotification.type, { changes: [{ uri: pathToFileURL(root).href + '/loadlint.toml', type: 2 }] });
  if (pull) await until('a refresh', () => refreshed > once);
  else await until('nothing', () => pushed.get(uri).diagnostics.length === 0);
  step('ignored', brief((await diagnostics(4)).items));
  settings = { config: ["select = ['LL110']"] };
  const then = refreshed;
  c.sendNotification(rpc.DidChangeConfigurationNotification.type, { settings: null });
  if (pull) await until('a refresh', () => refreshed > then);
  else await until('it again', () => pushed.get(uri).diagnostics.length === 1);
  step('set', brief((await diagnostics(4)).items));

  if (!pull) {
    c.sendNotification(rpc.DidCloseTextDocumentNotification.type, { textDocument: { uri } });
    await until('closed', () => pushed.get(uri).diagnostics.length === 0);
  }
  const ended = new Promise((done) => server.on('exit', done));
  await c.sendRequest(rpc.ShutdownRequest.type);
  c.sendNotification(rpc.ExitNotification.type);
  step('exit', await ended);
  process.exit(0);
})().catch((error) => { console.error('FAILED', error); process.exit(1); });
