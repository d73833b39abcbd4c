//! One session: its threads, its state, and who answers which message.
//!
//! A thread reads, a thread writes, one scans model files, and one, whose stack parsing has room on, does everything else,
//! message by message. Diagnostics are worked out when nothing more has come in: of many keystrokes only the last counts.

use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use lsp_server::{ErrorCode, Message, Notification, Request};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::client::{Client, Preferences};
use super::documents::{Checked, Documents};
use super::files::Elsewhere;
use super::notifications;
use super::requests;
use super::transport::{Frame, read_frame, write_frame};
use super::workspace::{Scanned, Workspace};
use crate::suppress::Date;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// `shutdown`, then `exit`.
    Properly,
    /// Without `shutdown`.
    Abruptly,
}

/// As much as parsing may want; see `engine::run`. Only touched pages are real memory.
const STACK_BYTES: usize = 256 << 20;

enum Event {
    Frame(Frame),
    Scanned(u64, Option<Scanned>),
    End,
}

/// Tells the day; whoever starts a session has the clock.
pub type Clock = fn() -> Date;

/// Serves one client until it leaves. `folder` stands in for a workspace where the client names none.
///
/// # Errors
/// If the threads cannot be started.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    folder: PathBuf,
    clock: Clock,
) -> io::Result<Ended> {
    let (events, inbox) = mpsc::channel();
    let (outbox, messages) = mpsc::channel::<Value>();
    let waiting = Waiting::default();
    let reader = Reader { events: events.clone(), waiting: waiting.clone() };
    thread::Builder::new().name("reader".to_owned()).spawn(move || reader.read(input))?;
    let writer = thread::Builder::new().name("writer".to_owned()).spawn(move || write(messages, output))?;
    let session = Session { events: Some(events), waiting, ..Session::new(outbox, folder).with_clock(clock) };
    let main = thread::Builder::new().name("session".to_owned()).stack_size(STACK_BYTES);
    let main = main.spawn(move || session.run(&inbox))?;
    let ended = main.join().unwrap_or(Ended::Abruptly);
    // What was said is to reach the client before the program ends.
    let _ = writer.join();
    Ok(ended)
}

/// Requests that came in and are not yet answered, and whether the client has cancelled them.
type Waiting = Arc<Mutex<FxHashMap<String, bool>>>;

struct Reader {
    events: Sender<Event>,
    waiting: Waiting,
}

impl Reader {
    fn read(&self, input: impl Read) {
        let mut input = BufReader::new(input);
        while let Ok(Some(frame)) = read_frame(&mut input) {
            if let Frame::Json(value) = &frame
                && self.is_cancellation(value)
            {
                continue;
            }
            if self.events.send(Event::Frame(frame)).is_err() {
                return;
            }
        }
        let _ = self.events.send(Event::End);
    }

    /// Cancellations overtake what waits; one of a request that has been answered means nothing.
    fn is_cancellation(&self, value: &Value) -> bool {
        let method = value.get("method").and_then(Value::as_str);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if method == Some("$/cancelRequest") {
            let id = value.pointer("/params/id").map(Value::to_string).unwrap_or_default();
            waiting.entry(id).and_modify(|is_cancelled| *is_cancelled = true);
            return true;
        }
        if let (Some(id), Some(_)) = (value.get("id"), method) {
            waiting.insert(id.to_string(), false);
        }
        false
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the thread owns its end of the channel")]
fn write(messages: Receiver<Value>, mut output: impl Write) {
    for message in messages.iter() {
        if write_frame(&mut output, &message).is_err() {
            return;
        }
    }
}

/// The state of one session. Messages go in one by one; answers come out of the channel.
pub struct Session {
    out: Sender<Value>,
    events: Option<Sender<Event>>,
    waiting: Waiting,
    /// Stands in for a workspace where the client names none.
    pub(super) folder: PathBuf,
    pub(super) client: Client,
    pub(super) preferences: Preferences,
    pub(super) workspace: Option<Workspace>,
    pub(super) documents: Documents,
    /// What is said of files that nobody has open, and of registers.
    pub(super) elsewhere: Elsewhere,
    /// Documents and notebooks whose diagnostics are to be pushed.
    pub(super) due: Vec<String>,
    /// Whether something has changed on which the registers' diagnostics depend.
    pub(super) registers_due: bool,
    /// Whether an open register has changed: settings hold what it said before.
    pub(super) is_stale: bool,
    pub(super) clock: Option<Clock>,
    /// Our own requests that are not yet answered, and what they asked.
    pub(super) asked: FxHashMap<String, &'static str>,
    asked_count: u64,
    told: FxHashSet<String>,
    stage: Stage,
    ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    ShutDown,
}

impl Session {
    /// A session that sends its messages to `out`.
    pub fn new(out: Sender<Value>, folder: PathBuf) -> Self {
        Self {
            out,
            events: None,
            waiting: Waiting::default(),
            folder,
            client: Client::default(),
            preferences: Preferences::default(),
            workspace: None,
            documents: Documents::default(),
            elsewhere: Elsewhere::default(),
            due: Vec::new(),
            registers_due: false,
            is_stale: false,
            clock: None,
            asked: FxHashMap::default(),
            asked_count: 0,
            told: FxHashSet::default(),
            stage: Stage::New,
            ended: None,
        }
    }

    /// The same with a clock, without which no threat expires.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    fn run(mut self, inbox: &Receiver<Event>) -> Ended {
        loop {
            let event = match self.is_settled() {
                true => inbox.recv().unwrap_or(Event::End),
                false => match inbox.try_recv() {
                    Ok(event) => event,
                    Err(TryRecvError::Disconnected) => Event::End,
                    Err(TryRecvError::Empty) => {
                        self.settle_one();
                        continue;
                    }
                },
            };
            match event {
                Event::Frame(Frame::Json(value)) => self.handle(value),
                Event::Frame(Frame::Broken(why)) => self.error(&Value::Null, ErrorCode::ParseError, &why),
                Event::Scanned(number, found) => self.scanned(number, found),
                Event::End => return Ended::Abruptly,
            }
            if let Some(ended) = self.ended {
                return ended;
            }
        }
    }

    /// Answers one message, whatever it is.
    pub fn handle(&mut self, value: Value) {
        let id = value.get("id").cloned().unwrap_or(Value::Null);
        let done = catch_unwind(AssertUnwindSafe(|| match serde_json::from_value(value) {
            Ok(Message::Request(request)) => self.request(request),
            // An id that is neither a number nor a text: it wants an answer and cannot be given one by that name.
            Ok(Message::Notification(_)) if !id.is_null() => {
                self.error(&Value::Null, ErrorCode::InvalidRequest, "the id is neither a whole number nor a string");
            }
            Ok(Message::Notification(notification)) => self.notification(notification),
            Ok(Message::Response(response)) => {
                let id = serde_json::to_value(&response.id).unwrap_or_default();
                let asked = self.asked.remove(id.as_str().unwrap_or_default());
                if let (Some("workspace/configuration"), Ok(answer)) = (asked, response.response_result) {
                    notifications::did_change_configuration::answered(self, &answer);
                }
            }
            Err(error) => self.error(&id, ErrorCode::InvalidRequest, &error.to_string()),
        }));
        if done.is_err() && !id.is_null() {
            self.error(&id, ErrorCode::InternalError, "loadlint failed on this, please report it");
        }
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let id = serde_json::to_value(&id).unwrap_or_default();
        let waited = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.to_string());
        if waited == Some(true) {
            return self.error(&id, ErrorCode::RequestCanceled, "cancelled");
        }
        self.renew();
        let answer = match (self.stage, method.as_str()) {
            (Stage::New, "initialize") => {
                self.stage = Stage::Running;
                Ok(requests::initialize::answer(self, &params))
            }
            (Stage::New, _) => Err((ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned())),
            (Stage::ShutDown, _) | (_, "initialize") => Err((ErrorCode::InvalidRequest, "not now".to_owned())),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                Ok(Value::Null)
            }
            (Stage::Running, "textDocument/diagnostic") => requests::diagnostic::answer(self, &params),
            (Stage::Running, "textDocument/codeAction") => requests::code_action::answer(self, &params),
            (Stage::Running, "codeAction/resolve") => requests::suppress::resolve(self, &params),
            (Stage::Running, "textDocument/hover") => requests::hover::answer(self, &params),
            (Stage::Running, "textDocument/definition") => requests::definition::answer(self, &params),
            (Stage::Running, method) => Err((ErrorCode::MethodNotFound, format!("there is no `{method}` here"))),
        };
        match answer {
            Ok(result) => self.send(json!({"jsonrpc": "2.0", "id": id, "result": result})),
            Err((code, message)) => self.error(&id, code, &message),
        }
    }

    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        if method == "exit" {
            let properly = self.stage == Stage::ShutDown;
            self.ended = Some(if properly { Ended::Properly } else { Ended::Abruptly });
            return;
        }
        if self.stage != Stage::Running {
            return;
        }
        match method.as_str() {
            "initialized" => notifications::initialized::take(self),
            "textDocument/didOpen" => notifications::did_open::take(self, &params),
            "textDocument/didChange" => notifications::did_change::take(self, &params),
            "textDocument/didClose" => notifications::did_close::take(self, &params),
            "notebookDocument/didOpen" => notifications::notebook::opened(self, &params),
            "notebookDocument/didChange" => notifications::notebook::changed(self, &params),
            "notebookDocument/didClose" => notifications::notebook::closed(self, &params),
            "workspace/didChangeConfiguration" => notifications::did_change_configuration::take(self, &params),
            "workspace/didChangeWatchedFiles" => notifications::did_change_watched_files::take(self, &params),
            "workspace/didChangeWorkspaceFolders" => notifications::did_change_folders::take(self, &params),
            _ => {}
        }
    }

    pub(super) fn send(&self, message: Value) {
        // A client that is gone needs no answer.
        let _ = self.out.send(message);
    }

    fn error(&self, id: &Value, code: ErrorCode, message: &str) {
        let code = code as i32;
        self.send(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}));
    }

    pub(super) fn notify(&self, method: &str, params: &Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Asks the client something.
    pub(super) fn ask(&mut self, method: &'static str, params: &Value) {
        self.asked_count += 1;
        let id = format!("loadlint-{}", self.asked_count);
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.asked.insert(id, method);
    }

    /// Tells the user something, once.
    pub(super) fn tell(&mut self, message: &str) {
        if self.told.insert(message.to_owned()) {
            self.notify("window/showMessage", &json!({"type": 1, "message": format!("loadlint: {message}")}));
        }
    }

    /// Starts a scan of the files that nobody has open. Where there is no thread for it, as in tests, it is made now.
    pub(super) fn scan(&mut self) {
        let Some(workspace) = &self.workspace else { return };
        let scan = workspace.scan();
        let is_wanted = self.preferences.enable;
        let number = scan.number;
        let work = move || if is_wanted { scan.run() } else { Some(Scanned::default()) };
        let Some(events) = self.events.clone() else { return self.scanned(number, work()) };
        let work = move || {
            let _ = events.send(Event::Scanned(number, work()));
        };
        if let Err(error) = thread::Builder::new().name("scan".to_owned()).spawn(work) {
            self.tell(&format!("model files are not scanned: {error}"));
        }
    }

    fn scanned(&mut self, number: u64, found: Option<Scanned>) {
        let is_latest = |workspace: &Workspace| workspace.generation.load(Ordering::SeqCst) == number;
        let Some(found) = found.filter(|_| self.workspace.as_ref().is_some_and(is_latest)) else { return };
        self.elsewhere.scanned = Some(found);
        self.registers_due = true;
    }

    /// The last check of a document or notebook, made now if it has changed since.
    pub(super) fn check(&mut self, uri: &str) -> Option<&Checked> {
        if self.documents.checked(uri).is_none() {
            let checked = self.checked_now(uri)?;
            match self.documents.notebooks.get_mut(uri) {
                Some(notebook) => notebook.checked = Some(checked),
                None => self.documents.texts.get_mut(uri)?.checked = Some(checked),
            }
            // What cites the register may be another now.
            self.registers_due = true;
        }
        self.documents.checked(uri)
    }

    fn is_settled(&self) -> bool {
        self.due.is_empty() && !self.registers_due
    }

    /// Does one thing that is due; registers last, as their diagnostics follow from all else.
    fn settle_one(&mut self) {
        self.renew();
        if !self.due.is_empty() {
            return self.push_due();
        }
        self.registers_due = false;
        if catch_unwind(AssertUnwindSafe(|| self.push_elsewhere())).is_err() {
            self.tell("failed on the threat register, please report it");
        }
    }

    fn push_due(&mut self) {
        let Some(uri) = self.due.pop() else { return };
        self.due.retain(|other| *other != uri);
        let pushed = catch_unwind(AssertUnwindSafe(|| self.push(&uri)));
        if pushed.is_err() {
            self.tell(&format!("failed on {uri}, please report it"));
        }
    }

    /// Marks a document or notebook whose diagnostics the client is to get.
    pub(super) fn is_due(&mut self, uri: &str) {
        let owner = self.documents.owner(uri).to_owned();
        // Notebooks are pushed to everybody: a cell cannot be asked for by itself.
        if !self.client.pulls || self.documents.notebooks.contains_key(&owner) {
            self.due.push(owner);
        }
    }

    /// Works out and pushes all that is due; for tests and benches, which have no other thread.
    pub fn settle(&mut self) {
        while !self.is_settled() {
            self.settle_one();
        }
    }
}

/// What a request is answered with.
pub(super) type Answer = Result<Value, (ErrorCode, String)>;

/// The error for parameters that make no sense.
pub(super) fn invalid(what: &str) -> (ErrorCode, String) {
    (ErrorCode::InvalidParams, format!("the parameters have no {what}"))
}
