//! Whole sessions of the language server, message by message, without an editor.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};

use loadlint::server::Session;
use loadlint::suppress::Date;
use serde_json::{Value, json};

use super::support::Place;

const ASTRAL: &str = "import pickle\nx = \"é𝄞\"; y = pickle.loads(b)\n";
const TORCH: &str = "import torch\nm = torch.load(p, weights_only=False)\n";

/// A session that has been initialised, in a folder.
struct Client {
    session: Session,
    out: Receiver<Value>,
    place: Place,
    next: i64,
    /// What was pushed last for each document, by URI.
    said: HashMap<String, Vec<Value>>,
}

#[expect(clippy::needless_pass_by_value, reason = "literals read better without an ampersand")]
impl Client {
    fn new(files: &[(&str, &str)], capabilities: &Value) -> Self {
        let place = Place::new(files);
        let (sender, out) = channel();
        let mut client = Self {
            session: Session::new(sender, place.path().to_path_buf()),
            out,
            place,
            next: 0,
            said: HashMap::new(),
        };
        let root = client.uri("");
        client.ask("initialize", json!({"capabilities": capabilities, "rootUri": root}));
        client.tell("initialized", json!({}));
        client
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.place.path().join(name).display())
    }

    /// The answer to a request: its result, or the code of its error.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        self.session.handle(request);
        let sent: Vec<Value> = self.out.try_iter().collect();
        let answer = sent.iter().find(|message| message["id"] == self.next).expect("an answer").clone();
        if answer.get("error").is_some() { answer["error"]["code"].clone() } else { answer["result"].clone() }
    }

    /// What is sent after a notification and all that was due.
    fn tell(&mut self, method: &str, params: Value) -> Vec<Value> {
        self.session.handle(json!({"jsonrpc": "2.0", "method": method, "params": params}));
        self.session.settle();
        let sent: Vec<Value> = self.out.try_iter().collect();
        for message in sent.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics") {
            let params = &message["params"];
            let uri = params["uri"].as_str().expect("a text").to_owned();
            self.said.insert(uri, params["diagnostics"].as_array().expect("a list").clone());
        }
        sent
    }

    /// The rules of the diagnostics that a document has now.
    fn said(&self, name: &str) -> Vec<String> {
        let found = self.said.get(&self.uri(name)).map(Vec::as_slice).unwrap_or_default();
        codes(found).into_iter().map(str::to_owned).collect()
    }

    fn open(&mut self, name: &str, text: &str) -> Vec<Value> {
        let uri = self.uri(name);
        let item = json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": item}))
    }

    fn change(&mut self, name: &str, changes: &Value) -> Vec<Value> {
        let document = json!({"uri": self.uri(name), "version": 2});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}))
    }

    fn pull(&mut self, name: &str, previous: Option<&str>) -> Value {
        let uri = self.uri(name);
        self.ask("textDocument/diagnostic", json!({"textDocument": {"uri": uri}, "previousResultId": previous}))
    }

    fn at(&mut self, method: &str, name: &str, line: u32, character: u32) -> Value {
        let uri = self.uri(name);
        self.ask(method, json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}))
    }

    fn actions(&mut self, name: &str, line: u32, only: Option<&str>) -> Vec<Value> {
        let uri = self.uri(name);
        let range = json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 999}});
        let context = match only {
            Some(kind) => json!({"diagnostics": [], "only": [kind]}),
            None => json!({"diagnostics": []}),
        };
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": context});
        self.ask("textDocument/codeAction", params).as_array().expect("a list").clone()
    }
}

/// The diagnostics that were pushed for the last time, by the end of their URI.
fn pushed(sent: &[Value], name: &str) -> Option<Vec<Value>> {
    let of = |message: &&Value| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["uri"].as_str().is_some_and(|uri| uri.ends_with(name))
    };
    sent.iter().rev().find(of).map(|message| message["params"]["diagnostics"].as_array().expect("a list").clone())
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}

#[test]
fn columns_count_as_was_agreed() {
    for (encodings, column) in
        [(json!(null), 15), (json!(["utf-16"]), 15), (json!(["utf-8"]), 18), (json!(["utf-32"]), 14)]
    {
        let mut client = Client::new(&[], &json!({"general": {"positionEncodings": encodings}}));
        let sent = client.open("a.py", ASTRAL);
        let found = pushed(&sent, "a.py").expect("pushed");
        assert_eq!(codes(&found), ["LL110"]);
        assert_eq!(found[0]["range"]["start"], json!({"line": 1, "character": column}), "{encodings}");
    }
}

#[test]
fn the_buffer_counts_and_is_changed_piece_by_piece() {
    let mut client = Client::new(&[("a.py", TORCH)], &json!({}));
    let sent = client.open("a.py", "import torch\n");
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()), "the disk does not count");
    let end = json!({"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}});
    let sent = client.change("a.py", &json!([{"range": end, "text": "m = torch.load(p, weights_only=False)\n"}]));
    assert_eq!(codes(&pushed(&sent, "a.py").expect("pushed")), ["LL101"]);
    let word = json!({"start": {"line": 1, "character": 31}, "end": {"line": 1, "character": 36}});
    let sent = client.change("a.py", &json!([{"range": word, "text": "True"}]));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    let sent = client.change("a.py", &json!([{"text": "def f(:\n"}]));
    assert_eq!(codes(&pushed(&sent, "a.py").expect("pushed")), ["syntax-error"]);
    let uri = client.uri("a.py");
    let sent = client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()), "closing takes them away");
}

#[test]
fn a_client_that_pulls_gets_nothing_pushed_and_hears_what_is_unchanged() {
    let mut client = Client::new(&[], &json!({"textDocument": {"diagnostic": {}}}));
    let sent = client.open("a.py", TORCH);
    assert_eq!(pushed(&sent, "a.py"), None);
    let first = client.pull("a.py", None);
    assert_eq!(
        (first["kind"].as_str(), codes(first["items"].as_array().expect("a list"))),
        (Some("full"), vec!["LL101"])
    );
    let id = first["resultId"].as_str().expect("an id").to_owned();
    assert_eq!(client.pull("a.py", Some(&id)), json!({"kind": "unchanged", "resultId": id}));
    client.change("a.py", &json!([{"text": "x = 1\n"}]));
    let changed = client.pull("a.py", Some(&id));
    assert_eq!((&changed["kind"], &changed["items"]), (&json!("full"), &json!([])));
}

#[test]
fn diagnostics_say_why_and_where_to_read_more_to_clients_that_show_it() {
    let text = "import requests\nimport torch as t\nsafe = False\nb = requests.get(u).content\n\
                m = t.load(b, weights_only=safe)\n";
    let able =
        json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true, "codeDescriptionSupport": true}}});
    let sent = Client::new(&[], &able).open("a.py", text);
    let found = pushed(&sent, "a.py").expect("pushed");
    let torch = found.iter().find(|diagnostic| diagnostic["code"] == "LL101").expect("found");
    assert!(torch["codeDescription"]["href"].as_str().is_some_and(|url| url.ends_with("LL101.md")), "{torch}");
    let lines = |diagnostic: &Value| {
        let related = diagnostic["relatedInformation"].as_array().expect("a list");
        related
            .iter()
            .map(|one| one["location"]["range"]["start"]["line"].as_u64().expect("a line"))
            .collect::<Vec<_>>()
    };
    assert!(lines(torch).contains(&2), "the flag's line: {torch}");
    let flow = found.iter().find(|diagnostic| diagnostic["code"] == "LL122").expect("found");
    assert!(lines(flow).contains(&3), "where the data comes from: {flow}");
    let sent = Client::new(&[], &json!({})).open("a.py", text);
    assert!(pushed(&sent, "a.py").expect("pushed").iter().all(|d| d.get("relatedInformation").is_none()));
}

#[test]
fn a_fix_is_offered_whatever_the_client_kept_and_its_edit_ends_the_finding() {
    let mut client = Client::new(&[], &json!({"workspace": {"workspaceEdit": {"documentChanges": true}}}));
    client.open("a.py", TORCH);
    let actions = client.actions("a.py", 1, None);
    let titles: Vec<_> = actions.iter().map(|action| action["title"].as_str().expect("a text")).collect();
    assert_eq!(titles, ["Pass `weights_only=True` (LL101)", "Suppress under a new threat (LL101)"]);
    assert_eq!((&actions[0]["kind"], &actions[0]["isPreferred"]), (&json!("quickfix"), &json!(true)));
    let change = &actions[0]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["version"], 1);
    let edit = &change["edits"][0];
    let sent = client.change("a.py", &json!([{"range": edit["range"], "text": edit["newText"]}]));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    assert_eq!(client.actions("a.py", 1, None), [] as [Value; 0]);
    client.open("a.py", TORCH);
    assert_eq!(client.actions("a.py", 0, None), [] as [Value; 0], "nothing stands there");
    assert_eq!(client.actions("a.py", 1, Some("refactor")), [] as [Value; 0]);
    assert_eq!(
        client.actions("a.py", 1, Some("source.fixAll")),
        [] as [Value; 0],
        "an unsafe fix is not applied unasked"
    );
    client.tell("workspace/didChangeConfiguration", json!({"settings": {"loadlint": {"unsafeFixes": true}}}));
    let all = client.actions("a.py", 1, Some("source.fixAll"));
    assert_eq!(all[0]["kind"], "source.fixAll.loadlint");
}

#[test]
fn cells_of_a_notebook_are_checked_together_and_told_apart() {
    let mut client = Client::new(&[], &json!({"textDocument": {"diagnostic": {}}}));
    let (book, one, two) = (client.uri("n.ipynb"), client.uri("n.ipynb#1"), client.uri("n.ipynb#2"));
    let cell = |uri: &str, text: &str| json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
    let sent = client.tell(
        "notebookDocument/didOpen",
        json!({
            "notebookDocument": {"uri": book, "notebookType": "jupyter-notebook", "version": 1,
                "cells": [{"kind": 2, "document": one}, {"kind": 2, "document": two}]},
            "cellTextDocuments": [cell(&one, "import torch"), cell(&two, "x = 1\nm = torch.load(\n    p,\n    weights_only=False,\n)")],
        }),
    );
    assert_eq!(pushed(&sent, "#1"), Some(Vec::new()));
    let found = pushed(&sent, "#2").expect("pushed");
    assert_eq!((codes(&found), &found[0]["range"]["start"]["line"]), (vec!["LL101"], &json!(1)));
    let actions = client.actions("n.ipynb#2", 1, None);
    let edit = &actions[0]["edit"]["changes"][&two][0];
    assert_eq!((&edit["range"]["start"], &edit["newText"]), (&json!({"line": 3, "character": 17}), &json!("True")));
    let edits =
        json!([{"document": {"uri": two, "version": 2}, "changes": [{"range": edit["range"], "text": "True"}]}]);
    let document = json!({"uri": book, "version": 2});
    let sent = client.tell(
        "notebookDocument/didChange",
        json!({"notebookDocument": document, "change": {"cells": {"textContent": edits}}}),
    );
    assert_eq!(pushed(&sent, "#2"), Some(Vec::new()));
    let gone = json!({"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": one}]});
    let change = json!({"notebookDocument": document, "change": {"cells": {"structure": gone}}});
    client.tell("notebookDocument/didChange", change);
    let sent = client.tell(
        "notebookDocument/didClose",
        json!({"notebookDocument": {"uri": book}, "cellTextDocuments": [{"uri": two}]}),
    );
    assert_eq!(pushed(&sent, "#2"), Some(Vec::new()));
}

const EXCUSED: &str = "import torch\nm = torch.load(p)  # nosec B614  # T-003: built by our own pipeline\nB614 = 1\n";
const REGISTER: &str =
    "# Threats\n\n## T-003: Own models\n- Status: accepted\n- Owner: @ml\n- Rules: B614\n\n## Prose\n";

#[test]
fn rules_and_threats_are_explained_and_found() {
    let mut client = Client::new(&[("THREATS.md", REGISTER)], &json!({}));
    let sent = client.open("a.py", EXCUSED);
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()), "it is excused");
    let line = EXCUSED.lines().nth(1).expect("there");
    let column = |word: &str| line.find(word).expect("there") as u32 + 1;
    let value = |hover: Value| hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let hover = value(client.at("textDocument/hover", "a.py", 1, column("B614")));
    assert!(hover.starts_with("**LL101 "), "{hover}");
    assert_eq!(client.at("textDocument/hover", "a.py", 2, 1), Value::Null, "no comment");
    let hover = value(client.at("textDocument/hover", "a.py", 1, column("T-003")));
    assert_eq!(hover, "## T-003: Own models\n- Status: accepted\n- Owner: @ml\n- Rules: B614");
    let hover = value(client.at("textDocument/hover", "a.py", 1, column("nosec")));
    assert!(hover.contains("`B614`: LL101") && hover.contains("T-003: Own models** (accepted)"), "{hover}");
    let found = client.at("textDocument/definition", "a.py", 1, column("T-003"));
    let place = json!({"start": {"line": 2, "character": 3}, "end": {"line": 2, "character": 8}});
    assert_eq!(found["range"], place);
    assert!(found["uri"].as_str().is_some_and(|uri| uri.ends_with("/THREATS.md")));
    // An open register counts as it is in the editor.
    let uri = client.uri("THREATS.md");
    let item = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": "\n\n\n\n## T-003: moved"});
    client.tell("textDocument/didOpen", json!({"textDocument": item}));
    assert_eq!(client.at("textDocument/definition", "a.py", 1, column("T-003"))["range"]["start"]["line"], 4);
}

#[test]
fn ids_of_threats_look_as_they_are_configured() {
    let files = [
        ("loadlint.toml", "[suppressions]\nthreat-pattern = 'RISK/\\d+'\nregister = 'docs/risks.md'\n"),
        ("docs/risks.md", "| ID | Title | Status | Owner |\n|--|--|--|--|\n| RISK/7 | Own models | accepted | @ml |\n"),
    ];
    let mut client = Client::new(&files, &json!({}));
    let text = "import torch\nm = torch.load(p)  # nosec B614  # RISK/7: built by our own pipeline\n";
    let sent = client.open("a.py", text);
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    let column = text.lines().nth(1).and_then(|line| line.find("RISK")).expect("there") as u32 + 2;
    let hover = client.at("textDocument/hover", "a.py", 1, column);
    assert_eq!(hover["contents"]["value"], "## RISK/7: Own models\n\n- status: accepted\n- owner: @ml");
    let found = client.at("textDocument/definition", "a.py", 1, column);
    assert_eq!(found["range"]["start"], json!({"line": 2, "character": 2}));
    assert!(found["uri"].as_str().is_some_and(|uri| uri.ends_with("/docs/risks.md")));
}

#[test]
fn comments_and_the_register_are_held_against_each_other_while_both_change() {
    let able = json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}});
    let mut client = Client::new(&[("THREATS.md", REGISTER)], &able);
    let sent =
        client.open("a.py", "import torch\nm = torch.load(p)  # nosec B614  # T-009: built by our own pipeline\n");
    assert_eq!(codes(&pushed(&sent, "a.py").expect("pushed")), ["LL405"], "told in the place of what it hides");
    assert_eq!(client.said("THREATS.md"), ["LL423"], "nothing cites T-003");
    let sent = client.change("a.py", &json!([{"text": EXCUSED}]));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    assert_eq!(client.said("THREATS.md"), [""; 0], "now something does");
    // The register is opened and changed, not saved.
    let uri = client.uri("THREATS.md");
    let item = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": REGISTER});
    client.tell("textDocument/didOpen", json!({"textDocument": item}));
    let sent = client.change("THREATS.md", &json!([{"text": REGISTER.replace("accepted", "open")}]));
    let found = pushed(&sent, "a.py").expect("pushed");
    assert_eq!(codes(&found), ["LL406"]);
    let entry = &found[0]["relatedInformation"][0];
    assert!(entry["location"]["uri"].as_str().is_some_and(|uri| uri.ends_with("THREATS.md")), "{entry}");
    assert_eq!(
        (&entry["location"]["range"]["start"]["line"], &entry["message"]),
        (&json!(2), &json!("T-003: Own models"))
    );
    let sent = client.change("THREATS.md", &json!([{"text": REGISTER.replace("accepted", "acepted")}]));
    let found = pushed(&sent, "THREATS.md").expect("pushed");
    assert_eq!((codes(&found), &found[0]["range"]["start"]), (vec!["LL420"], &json!({"line": 3, "character": 10})));
    // Its problems have fixes too.
    let actions = client.actions("THREATS.md", 3, None);
    assert_eq!(actions[0]["edit"]["changes"][&uri][0]["newText"], "accepted", "{actions:?}");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.said("THREATS.md"), [""; 0], "what was saved counts again");
    client.place.write("THREATS.md", REGISTER.replace("B614", "B301").as_bytes());
    let sent = client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    assert_eq!(codes(&pushed(&sent, "a.py").expect("pushed")), ["LL407"]);
    // Another entry can be added from the code: an edit of the register.
    let actions = client.actions("a.py", 1, None);
    let of_register: Vec<_> =
        actions.iter().filter_map(|action| action["edit"]["changes"][&uri][0]["newText"].as_str()).collect();
    assert_eq!(of_register, [", LL101"], "{actions:?}");
}

/// Makes the edits of an action that knows `changes` only.
fn made(text: &str, edits: &Value) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for edit in edits.as_array().expect("a list").iter().rev() {
        let (start, end) = (&edit["range"]["start"], &edit["range"]["end"]);
        let at = |place: &Value, key: &str| place[key].as_u64().expect("a number") as usize;
        assert_eq!(start["line"], end["line"], "within a line");
        let line = &mut lines[at(start, "line")];
        line.replace_range(at(start, "character")..at(end, "character"), edit["newText"].as_str().expect("a text"));
    }
    lines.join("\n")
}

#[test]
fn a_finding_is_suppressed_under_an_entry_that_is_about_it() {
    let register = format!(
        "{REGISTER}\n## T-004: Not decided yet\n- Status: open\n- Owner: @ml\n\n## T-005: Other files\n\
         - Status: accepted\n- Owner: @ml\n- Scope: lib/**\n\n## T-006: Other rules\n- Status: accepted\n\
         - Owner: @ml\n- Rules: B301\n\n## T-007: x\n- Status: mitigated\n- Owner: @ml\n"
    );
    let mut client = Client::new(&[("THREATS.md", &register)], &json!({}));
    client.open("a.py", TORCH);
    let actions = client.actions("a.py", 1, None);
    let titles: Vec<_> = actions.iter().map(|action| action["title"].as_str().expect("a text")).collect();
    let expected = [
        "Pass `weights_only=True` (LL101)",
        "Suppress under T-003: Own models (LL101)",
        "Suppress under T-007: x (LL101)",
        "Suppress under a new threat (LL101)",
    ];
    assert_eq!(titles, expected);
    let uri = client.uri("a.py");
    for (action, comment) in [(1, "T-003: Own models"), (2, "T-007: decided in THREATS.md")] {
        client.change("a.py", &json!([{"text": TORCH}]));
        let actions = client.actions("a.py", 1, None);
        let text = made(TORCH, &actions[action]["edit"]["changes"][&uri]);
        assert!(text.ends_with(&format!("weights_only=False)  # nosec B614  # {comment}\n")), "{text}");
        client.change("a.py", &json!([{"text": text}]));
        assert_eq!(client.said("a.py"), [""; 0]);
    }
    // A comment that lacks something is completed.
    let text = "import torch\nm = torch.load(p)  # nosec\n";
    client.change("a.py", &json!([{"text": text}]));
    assert_eq!(client.said("a.py"), ["LL401"]);
    let actions = client.actions("a.py", 1, None);
    let under = actions.iter().find(|action| action["title"].as_str().is_some_and(|t| t.contains("under T-003")));
    let text = made(text, &under.expect("offered")["edit"]["changes"][&uri]);
    assert!(text.ends_with("torch.load(p)  # nosec B614  # T-003: Own models\n"), "{text}");
}

#[test]
fn a_finding_is_suppressed_under_a_new_threat_in_two_files() {
    let able = json!({"workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        "textDocument": {"codeAction": {"dataSupport": true, "resolveSupport": {"properties": ["edit"]}}}});
    let mut client = Client::new(&[], &able);
    client.open("a.py", TORCH);
    let is_new = |action: &&Value| action["title"] == "Suppress under a new threat (LL101)";
    let offered = client.actions("a.py", 1, None).iter().find(is_new).expect("offered").clone();
    assert_eq!(offered.get("edit"), None, "it is worked out once it is chosen");
    let resolved = client.ask("codeAction/resolve", offered.clone());
    let changes = resolved["edit"]["documentChanges"].as_array().expect("a list").clone();
    let (register, code) = (client.uri("THREATS.md"), client.uri("a.py"));
    assert_eq!(changes[0], json!({"kind": "create", "uri": register, "options": {"ignoreIfExists": true}}));
    let edits = |uri: &str| {
        let change = changes.iter().find(|change| change["textDocument"]["uri"] == uri).expect("a change");
        change["edits"].clone()
    };
    let entry = made("", &edits(&register));
    assert!(entry.contains("## T-001: torch-load-unpickles in a.py\n\n- Status: accepted\n- Owner:\n"), "{entry}");
    let text = made(TORCH, &edits(&code));
    assert!(text.ends_with("# nosec B614  # T-001: decided in THREATS.md\n"), "{text}");
    // The editor makes both edits; nothing is saved yet.
    let item = json!({"uri": register, "languageId": "markdown", "version": 1, "text": entry});
    client.tell("textDocument/didOpen", json!({"textDocument": item}));
    client.change("a.py", &json!([{"text": text}]));
    assert_eq!((client.said("a.py"), client.said("THREATS.md")), (vec![], vec!["LL420".to_owned()]), "it has no owner");
    let entry = entry.replace("- Owner:\n", "- Owner: @ml\n");
    client.change("THREATS.md", &json!([{"text": entry}]));
    assert_eq!(client.said("THREATS.md"), [""; 0]);
    // What was offered before the change stands there no more.
    assert_eq!(client.ask("codeAction/resolve", offered), -32801);
    assert_eq!(client.ask("codeAction/resolve", json!({"title": "x"})), -32602);
    // The next one gets the next id, and a second entry behind the first.
    client.change("a.py", &json!([{"text": format!("{text}n = torch.load(q, weights_only=False)\n")}]));
    let offered = client.actions("a.py", 2, None).iter().find(is_new).expect("offered").clone();
    let resolved = client.ask("codeAction/resolve", offered);
    assert_eq!(resolved["edit"]["documentChanges"].as_array().map(Vec::len), Some(2), "{resolved}");
    assert!(resolved.to_string().contains("## T-002: "), "{resolved}");
}

#[test]
fn a_cell_of_a_notebook_is_suppressed_in_its_place() {
    let mut client = Client::new(&[("THREATS.md", REGISTER)], &json!({}));
    let (book, cell) = (client.uri("n.ipynb"), client.uri("n.ipynb#1"));
    let text = "import torch\nm = torch.load(p, weights_only=False)";
    client.tell(
        "notebookDocument/didOpen",
        json!({
            "notebookDocument": {"uri": book, "cells": [{"kind": 2, "document": cell}]},
            "cellTextDocuments": [{"uri": cell, "languageId": "python", "version": 1, "text": text}],
        }),
    );
    let actions = client.actions("n.ipynb#1", 1, None);
    let under = actions.iter().find(|action| action["title"].as_str().is_some_and(|t| t.contains("under T-003")));
    let text = made(text, &under.expect("offered")["edit"]["changes"][&cell]);
    assert!(text.ends_with("weights_only=False)  # nosec B614  # T-003: Own models"), "{text}");
}

#[test]
fn a_client_that_pulls_is_told_to_ask_again_when_the_register_changes() {
    let able = json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let mut client = Client::new(&[("THREATS.md", REGISTER)], &able);
    client.open("a.py", EXCUSED);
    assert_eq!(client.pull("a.py", None)["items"], json!([]));
    let uri = client.uri("THREATS.md");
    let item = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": ""});
    let sent = client.tell("textDocument/didOpen", json!({"textDocument": item}));
    assert!(sent.iter().any(|message| message["method"] == "workspace/diagnostic/refresh"), "{sent:?}");
    let items = client.pull("a.py", None)["items"].as_array().expect("a list").clone();
    assert_eq!(codes(&items), ["LL405"]);
}

#[test]
fn what_nobody_has_open_is_told_and_follows_the_disk() {
    let mut client = Client::new(&[("THREATS.md", REGISTER), ("src/b.py", EXCUSED)], &json!({}));
    let pickle = b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.";
    client.place.write("models/m.pkl", pickle);
    let watched = |client: &mut Client, name: &str, kind: u32| {
        let uri = client.uri(name);
        client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": kind}]}))
    };
    let sent = watched(&mut client, "models/m.pkl", 1);
    assert!(codes(&pushed(&sent, "models/m.pkl").expect("pushed")).contains(&"LL201"));
    assert_eq!(client.said("THREATS.md"), [""; 0], "a file that nobody has open cites T-003");
    std::fs::remove_file(client.place.path().join("models/m.pkl")).expect("it is there");
    let sent = watched(&mut client, "models/m.pkl", 3);
    assert_eq!(pushed(&sent, "models/m.pkl"), Some(Vec::new()));
    // Scripts and settings that nobody has open are told of in the same way.
    client.place.write("Dockerfile", b"FROM a\nENV TRUST_REMOTE_CODE=1\n");
    let sent = watched(&mut client, "Dockerfile", 1);
    let told = pushed(&sent, "Dockerfile").expect("pushed");
    assert_eq!((codes(&told), &told[0]["range"]["start"]), (vec!["LL120"], &json!({"line": 1, "character": 4})));
    std::fs::remove_file(client.place.path().join("src/b.py")).expect("it is there");
    watched(&mut client, "src/b.py", 3);
    assert_eq!(client.said("THREATS.md"), ["LL423"]);
    client.place.write("pyproject.toml", b"[tool.loadlint]\nignore = ['LL423']\n");
    let sent = watched(&mut client, "pyproject.toml", 1);
    assert_eq!(pushed(&sent, "THREATS.md"), Some(Vec::new()));
}

/// Each kind of script: what the buffer says counts, a finding is suppressed in it under an entry and under a new one, and
/// what was saved is told again once it is closed.
#[test]
fn an_open_script_is_checked_and_suppressed_as_it_is_in_the_editor() {
    for (name, language, saved, bad, line) in [
        ("Dockerfile", "dockerfile", "FROM a\n", "FROM a\nENV TRUST_REMOTE_CODE=1\n", 1),
        ("run.sh", "shellscript", "true\n", "set -e\npython x.py --trust-remote-code\n", 1),
        ("ci.yml", "yaml", "a: 1\n", "run: |\n  vllm serve m --trust-remote-code\n", 1),
        ("serve.yaml", "yaml", "a: 1\n", "model: x\ntrust_remote_code: true\n", 1),
        ("train.toml", "toml", "a = 1\n", "# ours\ntrust_remote_code = true\n", 1),
        ("Makefile", "makefile", "a:\n", "a:\n\tpython x.py --trust-remote-code\n", 1),
    ] {
        let register = REGISTER.replace("- Rules: B614\n", "");
        let mut client = Client::new(&[("THREATS.md", &register), (name, saved)], &json!({}));
        let uri = client.uri(name);
        let item = json!({"uri": uri, "languageId": language, "version": 1, "text": bad});
        client.tell("textDocument/didOpen", json!({"textDocument": item}));
        let found = client.said(name);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(client.said[&uri][0]["range"]["start"]["line"], line, "{name}");
        let actions = client.actions(name, line, None);
        for wanted in ["Suppress under T-003", "Suppress under a new threat"] {
            let title = |action: &&Value| action["title"].as_str().is_some_and(|title| title.starts_with(wanted));
            let action = actions.iter().find(title).unwrap_or_else(|| panic!("{name}: {wanted}: {actions:?}"));
            let changes = &action["edit"]["changes"];
            // In YAML the new entry excuses by itself.
            let text = changes.get(&uri).map_or_else(|| bad.to_owned(), |edits| made(bad, edits));
            let by_itself = language == "yaml" && wanted.ends_with("new threat");
            assert_ne!(text.contains("# loadlint: ignore[LL"), by_itself, "{name}: {text}");
            if let Some(edits) = changes.get(client.uri("THREATS.md")) {
                let item =
                    json!({"uri": client.uri("THREATS.md"), "languageId": "markdown", "text": made(&register, edits)});
                client.tell("textDocument/didOpen", json!({"textDocument": item}));
            }
            client.change(name, &json!([{"text": text}]));
            assert_eq!(client.said(name), [""; 0], "{name}: {text}");
            client.change(name, &json!([{"text": bad}]));
            client.tell("textDocument/didClose", json!({"textDocument": {"uri": client.uri("THREATS.md")}}));
            assert_eq!(client.said(name), found, "{name}");
        }
        // Saved, it is told by the scan too; the client has it once, and still has it after closing.
        client.place.write(name, bad.as_bytes());
        client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
        assert_eq!(client.said(name), found, "{name}");
        client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
        assert_eq!(client.said(name), found, "{name}, closed");
    }
}

#[test]
fn a_threat_expires_by_the_clock_of_whoever_starts_the_server_even_while_it_runs() {
    static IS_LATER: AtomicBool = AtomicBool::new(false);
    fn clock() -> Date {
        let day = if IS_LATER.load(Ordering::SeqCst) { "2026-06-01" } else { "2026-05-31" };
        Date::parse(day).expect("a date")
    }
    let place = Place::new(&[("THREATS.md", &REGISTER.replace("- Rules", "- Expires: 2026-05-31\n- Rules"))]);
    let (sender, out) = channel();
    let mut session = Session::new(sender, place.path().to_path_buf()).with_clock(clock);
    let mut said = |message: Value| {
        session.handle(message);
        session.settle();
        let sent: Vec<Value> = out.try_iter().collect();
        pushed(&sent, "a.py").map(|found| codes(&found).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    said(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}));
    let uri = format!("file://{}/a.py", place.path().display());
    let item = json!({"uri": uri, "languageId": "python", "text": EXCUSED});
    let open = json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}});
    assert_eq!(said(open), Some(Vec::new()));
    IS_LATER.store(true, Ordering::SeqCst);
    let any = json!({"jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": {}});
    assert_eq!(said(any), Some(vec!["LL101".to_owned()]), "midnight has passed");
}

#[test]
fn settings_come_from_the_files_and_from_the_editor() {
    let mut client = Client::new(&[("loadlint.toml", "[levels]\nLL101 = 'note'\n")], &json!({}));
    let sent = client.open("a.py", TORCH);
    assert_eq!(pushed(&sent, "a.py").expect("pushed")[0]["severity"], 3);
    client.place.write("loadlint.toml", b"ignore = ['LL101']\n");
    let uri = client.uri("loadlint.toml");
    let sent = client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    client.place.write("loadlint.toml", b"nonsense = 1\n");
    let sent = client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    let found = pushed(&sent, "a.py").expect("pushed");
    assert_eq!(codes(&found), ["configuration"], "silence would read as clean");
    let set = |config: &str| json!({"settings": {"loadlint": {"config": config}}});
    client.place.write("loadlint.toml", b"");
    let sent = client.tell("workspace/didChangeConfiguration", set("levels.LL101 = 'warning'"));
    assert_eq!(pushed(&sent, "a.py").expect("pushed")[0]["severity"], 2);
    let sent = client.tell("workspace/didChangeConfiguration", set("no such thing = 1"));
    assert!(sent.iter().any(|message| message["method"] == "window/showMessage"), "{sent:?}");
    let sent = client.tell("workspace/didChangeConfiguration", json!({"settings": {"loadlint": {"enable": false}}}));
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
}

#[test]
fn excluded_files_and_other_languages_are_left_alone() {
    let mut client = Client::new(&[], &json!({}));
    let sent = client.open("node_modules/a.py", TORCH);
    assert_eq!(pushed(&sent, "a.py"), Some(Vec::new()));
    let uri = client.uri("a.txt");
    let item = json!({"uri": uri, "languageId": "plaintext", "version": 1, "text": TORCH});
    let sent = client.tell("textDocument/didOpen", json!({"textDocument": item}));
    assert_eq!(pushed(&sent, "a.txt"), Some(Vec::new()));
    let item = json!({"uri": "untitled:Untitled-1", "languageId": "python", "version": 1, "text": TORCH});
    let sent = client.tell("textDocument/didOpen", json!({"textDocument": item}));
    assert_eq!(codes(&pushed(&sent, "Untitled-1").expect("pushed")), ["LL101"]);
}

#[test]
fn nonsense_is_answered_and_survived() {
    let mut client = Client::new(&[], &json!({}));
    client.open("a.py", TORCH);
    let strange =
        json!({"textDocument": 5, "position": [], "range": "x", "contentChanges": {"a": []}, "event": 1, "changes": 7});
    for method in
        ["textDocument/codeAction", "textDocument/hover", "textDocument/definition", "textDocument/diagnostic"]
    {
        assert_eq!(client.ask(method, strange.clone()), -32602, "{method}");
        assert_eq!(client.ask(method, Value::Null), -32602, "{method}");
    }
    assert_eq!(client.ask("no/such", json!({})), -32601);
    assert_eq!(client.ask("initialize", json!({})), -32600);
    for method in [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "notebookDocument/didOpen",
        "notebookDocument/didChange",
        "notebookDocument/didClose",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWatchedFiles",
        "workspace/didChangeWorkspaceFolders",
        "no/such",
        "$/setTrace",
    ] {
        client.tell(method, strange.clone());
        client.tell(method, json!([1, 2]));
    }
    for value in
        [json!([]), json!(null), json!(5), json!({}), json!({"id": {}, "method": 4}), json!({"id": 1.5, "method": "x"})]
    {
        client.session.handle(value);
        assert_eq!(client.out.try_iter().last().expect("an answer")["error"]["code"], -32600);
    }
    // An answer to a question that was never asked.
    client.session.handle(json!({"jsonrpc": "2.0", "id": "loadlint-99", "result": [1]}));
    let far = json!({"start": {"line": 99, "character": 99}, "end": {"line": 0, "character": -4}});
    client.change("a.py", &json!([{"range": far, "text": ""}]));
    let sent = client.open("a.py", TORCH);
    assert_eq!(codes(&pushed(&sent, "a.py").expect("pushed")), ["LL101"]);
    assert_eq!(client.ask("shutdown", Value::Null), Value::Null);
    assert_eq!(client.ask("textDocument/hover", json!({})), -32600, "nothing after `shutdown`");
}

#[test]
fn before_initialize_nothing_else_is_answered() {
    let (sender, out) = channel();
    let mut session = Session::new(sender, Path::new("/").to_path_buf());
    session.handle(json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {}}));
    session.handle(json!({"jsonrpc": "2.0", "id": "a", "method": "textDocument/hover", "params": {}}));
    let answers: Vec<Value> = out.try_iter().collect();
    assert_eq!((answers.len(), &answers[0]["error"]["code"]), (1, &json!(-32002)));
}

/// The program itself: frames, cancellation, the scan of model files, and how it ends.
#[test]
fn the_program_serves_a_client_on_its_standard_streams() {
    let place = Place::new(&[("a.py", TORCH)]);
    // PROTO 2, `os.system`, called with a text.
    place.write("m.pkl", b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.");
    let root = format!("file://{}", place.path().display());
    let frame = |value: &Value| {
        let text = value.to_string();
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    };
    let mut input = frame(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"rootUri": root, "capabilities": {}}}),
    );
    input += &frame(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
    input += "Content-Length: 2\r\n\r\n{]";
    // Long enough to work on for the cancellation to overtake the request before it.
    let item = json!({"uri": format!("{root}/long.py"), "languageId": "python", "text": TORCH.repeat(2_000)});
    let long = json!({"textDocument": {"uri": format!("{root}/long.py")}});
    input += &frame(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}));
    input += &frame(&json!({"jsonrpc": "2.0", "id": 6, "method": "textDocument/diagnostic", "params": long}));
    input += &frame(&json!({"jsonrpc": "2.0", "id": 7, "method": "textDocument/hover", "params": {}}));
    input += &frame(&json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 7}}));
    // What has been answered cannot be cancelled any more, and its id may come again.
    input += &frame(&json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 8}}));
    input += &frame(&json!({"jsonrpc": "2.0", "id": 8, "method": "textDocument/hover", "params": {}}));
    let mut child = place.command(&["server", "--stdio"]).stdin(std::process::Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("it reads");
    // Until the scan has told of the pickle.
    let mut seen = Vec::new();
    let mut out = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    // The scan and the answers come in any order.
    let (mut is_told, mut is_answered) = (false, false);
    while !(is_told && is_answered) {
        let mut byte = [0];
        std::io::Read::read_exact(&mut out, &mut byte).expect("it goes on");
        seen.push(byte[0]);
        is_told |= seen.ends_with(b"/m.pkl\"}}");
        is_answered |= seen.ends_with(b"\"id\":8,");
    }
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("-32700"), "{text}");
    let answer = |id: u32| {
        let end = text.find(&format!("\"id\":{id},")).expect("answered");
        text[..end].rsplit("Content-Length").next().unwrap_or_default().to_owned()
    };
    assert!(answer(7).contains("-32800") && answer(8).contains("-32602"), "{text}");
    assert!(text.contains("LL201"), "{text}");
    let bye = frame(&json!({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}))
        + &frame(&json!({"jsonrpc": "2.0", "method": "exit"}));
    std::io::Write::write_all(&mut stdin, bye.as_bytes()).expect("it reads");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
