"""The capability profiles of three editors, as pytest-lsp knows them."""

import asyncio
import os
import pathlib
import shlex
import typing

import pytest_lsp
from lsprotocol import types as t
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import register_lsp_features

COMMAND = [*shlex.split(os.environ["LOADLINT"]), "server"]
ROOT = pathlib.Path(os.environ["ROOT"])


def converter_factory():
    # pygls 2.1 has no structure hook for the union in `notebookDocumentSync`.
    converter = default_converter()
    for cls in (t.NotebookDocumentFilterWithCells, t.NotebookDocumentFilterWithNotebook):
        converter.register_structure_hook(typing.get_type_hints(cls)["notebook"], lambda value, _: value)
    return converter


def make_client():
    client = LanguageClient(converter_factory=converter_factory)
    register_lsp_features(client)

    @client.feature(t.CLIENT_REGISTER_CAPABILITY)
    def _register(params: t.RegistrationParams):
        client.registered = [registration.method for registration in params.registrations]

    return client


@pytest_lsp.fixture(
    params=["neovim", "visual_studio_code", "emacs"],
    config=ClientServerConfig(server_command=COMMAND, client_factory=make_client),
)
async def client(request, lsp_client: LanguageClient):
    params = t.InitializeParams(
        capabilities=client_capabilities(request.param),
        workspace_folders=[t.WorkspaceFolder(uri=ROOT.as_uri(), name="root")],
    )
    lsp_client.answer = await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


async def diagnostics(client, uri):
    document = client.capabilities.text_document
    if document.diagnostic is not None and client.answer.capabilities.diagnostic_provider:
        params = t.DocumentDiagnosticParams(t.TextDocumentIdentifier(uri))
        return (await client.text_document_diagnostic_async(params)).items
    await client.wait_for_notification("textDocument/publishDiagnostics")
    return client.diagnostics[uri]


async def latest(client, uri, codes):
    """As `diagnostics`; a client that gets them pushed may get some of a state in between first."""
    if client.capabilities.text_document.diagnostic is not None:
        return await diagnostics(client, uri)
    await said_of(client, uri, codes)
    return client.diagnostics[uri]


def edited(text, edits, encoding):
    """The text after edits within its lines, as an editor makes them."""
    lines = text.split("\n")

    def column(line, character):
        raw = line.encode("utf-8" if encoding == "utf-8" else "utf-16-le")
        return len(raw[: character * (1 if encoding == "utf-8" else 2)].decode("utf-8" if encoding == "utf-8" else "utf-16-le"))

    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        start, end = edit.range.start, edit.range.end
        line = lines[start.line]
        lines[start.line] = line[: column(line, start.character)] + edit.new_text + line[column(line, end.character):]
    return "\n".join(lines)


async def actions_at(client, uri, place):
    """The actions for a range, each with its edit."""
    context = t.CodeActionContext(diagnostics=[])
    actions = await client.text_document_code_action_async(t.CodeActionParams(t.TextDocumentIdentifier(uri), place, context))
    return [action if action.edit else await client.code_action_resolve_async(action) for action in actions]


def edits_by_uri(edit):
    if not edit.document_changes:
        return dict(edit.changes)
    return {one.text_document.uri: one.edits for one in edit.document_changes if isinstance(one, t.TextDocumentEdit)}


async def said_of(client, uri, codes):
    """Waits until what was pushed for a document is this."""
    for _ in range(200):
        if [d.code for d in client.diagnostics.get(uri, [])] == codes:
            return
        await asyncio.sleep(0.05)
    raise AssertionError((uri, client.diagnostics.get(uri), codes))


async def test_a_session(client: LanguageClient):
    uri = (ROOT / "app.py").as_uri()
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    item = t.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(t.DidOpenTextDocumentParams(item))
    found = await diagnostics(client, uri)
    assert [d.code for d in found] == ["LL110", "LL101"]
    encoding = client.answer.capabilities.position_encoding or "utf-16"
    before = text.splitlines()[2].split("pickle")[0]
    assert encoding in ("utf-8", "utf-16")
    column = len(before.encode()) if encoding == "utf-8" else len(before.encode("utf-16-le")) // 2
    assert found[0].range.start == t.Position(line=2, character=column)
    assert found[0].severity == t.DiagnosticSeverity.Error

    context = t.CodeActionContext(diagnostics=[found[1]])
    params = t.CodeActionParams(t.TextDocumentIdentifier(uri), found[1].range, context)
    actions = await client.text_document_code_action_async(params)
    preferred = [action for action in actions if action.is_preferred]
    assert [action.kind for action in preferred] == ["quickfix"]
    edit = preferred[0].edit
    edits = edit.document_changes[0].edits if edit.document_changes else edit.changes[uri]
    assert [edit.new_text for edit in edits] == ["True"]

    change = t.TextDocumentContentChangePartial(range=edits[0].range, text=edits[0].new_text)
    document = t.VersionedTextDocumentIdentifier(version=2, uri=uri)
    client.text_document_did_change(t.DidChangeTextDocumentParams(document, [change]))
    assert [d.code for d in await diagnostics(client, uri)] == ["LL110"]

    # The other finding is suppressed under a new threat: the comment in the buffer, the entry on the disk.
    actions = await actions_at(client, uri, found[0].range)
    (action,) = [action for action in actions if action.title.startswith("Suppress under a new threat")]
    register = ROOT / "THREATS.md"
    edits = edits_by_uri(action.edit)
    assert sorted(edits) == sorted([uri, register.as_uri()])
    register.write_text(edited("", edits[register.as_uri()], encoding), encoding="utf-8")
    try:
        saved = t.DidChangeWatchedFilesParams([t.FileEvent(register.as_uri(), t.FileChangeType.Created)])
        client.workspace_did_change_watched_files(saved)
        text = edited(text, edits[uri], encoding)
        assert text.splitlines()[2] == os.environ["SUPPRESSED_LINE"]
        text = text.replace("weights_only=False", "weights_only=True")
        document = t.VersionedTextDocumentIdentifier(version=3, uri=uri)
        whole = t.TextDocumentContentChangeWholeDocument(text)
        client.text_document_did_change(t.DidChangeTextDocumentParams(document, [whole]))
        assert [d.code for d in await latest(client, uri, [])] == []
        assert os.environ["ENTRY"] in register.read_text(encoding="utf-8")
        await said_of(client, register.as_uri(), ["LL420"])
        register.write_text(register.read_text(encoding="utf-8").replace("- Owner:", "- Owner: @ml"), encoding="utf-8")
        client.workspace_did_change_watched_files(saved)
        await said_of(client, register.as_uri(), [])
    finally:
        register.unlink()

    place = t.HoverParams(t.TextDocumentIdentifier(uri), t.Position(line=2, character=1))
    assert await client.text_document_hover_async(place) is None
