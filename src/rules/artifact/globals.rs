//! What a named global is, from the lists and from what names and texts say.
//!
//! `rules::artifact::matching` asks; a use that no list proves safe is unknown, and an unknown has a degree: a class that
//! is made from plain data is a note, a function that is called a warning.

use std::sync::OnceLock;

use super::contract;
use super::entry::{Entry, EntryFile, GlobalPattern, Only, Reach};
use super::lookup::{Lookup, Use};
use super::{GLOBAL_FILES, words};
use crate::fact::artifact::{CodeReference, ReferenceKind};
use crate::fact::pickle::{Attribute, AttributeTarget, CallOpcode, Callee, Datum, PickleCall, Route};
use crate::rules::load::{RuleError, parse_data};

pub(super) use crate::finding::Level as Degree;
pub(super) use crate::rules::Verdict;

/// What is known of one use of a global.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// What it is.
    pub verdict: Verdict,
    /// Why, from the matching entry; a sentence without its full stop.
    pub reason: &'a str,
    /// What it does, to follow its name: "runs a shell command".
    pub effect: Option<&'a str>,
    /// How much it matters.
    pub degree: Degree,
    /// For a global that is safe with some arguments only: what is wrong with these; a sentence without its full stop.
    pub broken_contract: Option<String>,
}

impl<'a> Judgement<'a> {
    pub(super) fn unknown(degree: Degree, reason: &'a str) -> Self {
        Self { verdict: Verdict::Unknown, reason, effect: None, degree, broken_contract: None }
    }

    fn dangerous(reason: &'a str, effect: &'a str) -> Self {
        Self { verdict: Verdict::Dangerous, reason, effect: Some(effect), degree: Degree::Error, broken_contract: None }
    }

    fn safe(reason: &'a str) -> Self {
        Self { verdict: Verdict::Safe, reason, effect: None, degree: Degree::Note, broken_contract: None }
    }

    fn of(entry: &'a Entry) -> Self {
        let usual = match entry.verdict {
            Verdict::Safe => Degree::Note,
            Verdict::Unknown => Degree::Warning,
            Verdict::Dangerous => Degree::Error,
        };
        Self {
            verdict: entry.verdict,
            reason: &entry.reason,
            effect: entry.effect.as_deref(),
            degree: entry.degree.unwrap_or(usual),
            broken_contract: None,
        }
    }

    /// Raises an unknown use to `degree` at least.
    fn at_least(mut self, degree: Degree, reason: &'a str) -> Self {
        if self.verdict == Verdict::Unknown && self.degree < degree {
            self.degree = degree;
            self.reason = reason;
        }
        self
    }
}

/// The lists, with what a project allows and denies.
#[derive(Debug, Clone, Default)]
pub struct Globals {
    project: Lookup,
}

const COMPUTED: &str = "the name cannot be known before the pickle is loaded";
const INDIRECT: &str = "the name is reached by a detour instead of being written out";
const EXTENSION: &str = "an extension code means whatever the loading process has registered";
const INTERNALS: &str = "the name leads through Python's internals or another module's imports";
const INTERNALS_EFFECT: &str = "reaches past what it is imported from";
const UNKNOWN_NAMED: &str = "no list knows it; its module is imported";
const UNKNOWN_ALARMING: &str = "no list knows it, and its name says that it runs, loads or changes something";
const UNKNOWN_CLASS: &str = "no list knows this class; it is made from plain data";
const UNKNOWN_FUNCTION: &str = "no list knows this function, and it is called";
const UNKNOWN_TEXT: &str = "no list knows it, and it is given an address, a path, a command or code";
const UNKNOWN_STATE: &str = "no list knows the class whose method is called with state";
const PLANTED: &str = "the state replaces what Python itself calls on the object";
const PLANTED_EFFECT: &str = "replaces a method of the object";
const PATCHED: &str = "attributes of an imported module, class or function are set, for the whole process";
const PATCHED_EFFECT: &str = "changes imported code";
const STATE_OF_UNKNOWN: &str = "attributes are set of something that cannot be known";
const PLAIN_STATE: &str = "attributes of an object that a harmless class or function makes";
const ALLOWED: &str = "the project's configuration allows it";
const DENIED: &str = "the project's configuration denies it";
const DENIED_EFFECT: &str = "is denied by the project's configuration";
const UNKNOWN_REFERENCE: &str = "no list knows it, and the loader imports and calls it";
const KEPT: &str = "calls what was judged when it was kept";
const BROKEN: &str = "harmless with other arguments only";

impl Globals {
    /// The lists that are part of loadlint. They are read when the first name is looked up.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Globals> = OnceLock::new();
        BUILTIN.get_or_init(Self::default)
    }

    /// These lists with what a project says. Its word comes first and `deny` before `allow` at equal specificity, but a
    /// pattern with a gap does not allow what the lists name as dangerous more exactly.
    #[must_use]
    pub fn with(&self, allow: &[GlobalPattern], deny: &[GlobalPattern]) -> Self {
        let mut globals = self.clone();
        let entry = |names: &[GlobalPattern], verdict, reason: &str, effect: Option<&str>| Entry {
            module: None,
            names: names.to_vec(),
            verdict,
            reason: reason.into(),
            effect: effect.map(Into::into),
            degree: None,
            contract: None,
            only: Only::Any,
            loaders: Vec::new(),
        };
        globals.project.add(entry(allow, Verdict::Safe, ALLOWED, None));
        globals.project.add(entry(deny, Verdict::Dangerous, DENIED, Some(DENIED_EFFECT)));
        globals
    }

    /// A name that is imported, whatever happens to it then.
    pub fn judge_import(&self, callee: &Callee) -> Judgement<'_> {
        let usage = Use { is_class: words::is_class_name(callee.attribute()), is_called: false, loader: None };
        self.listed(callee, usage).map_or_else(|unknown| unknown, |(_, judgement)| judgement)
    }

    /// A call with its arguments.
    pub fn judge_call(&self, call: &PickleCall) -> Judgement<'_> {
        if let Some(class) = call.callee.name.strip_suffix(".__new__") {
            // `cls.__new__(cls, …)` is what `NEWOBJ` does.
            let module_length = call.callee.module_length.min(class.len());
            let callee = Callee { name: class.to_owned(), module_length, spelled: None, route: call.callee.route };
            return self.judge_call(&PickleCall { callee, opcode: CallOpcode::NewObj, ..call.clone() });
        }
        if call.opcode == CallOpcode::Method
            && let Some(judgement) = self.judge_state_method(call)
        {
            return judgement;
        }
        if call.callee.name == "functools.partial()" {
            // What it keeps was judged when it was made, with the same arguments.
            return Judgement::safe(KEPT);
        }
        let usage = Use { is_class: is_class_use(call), is_called: true, loader: None };
        match self.listed(&call.callee, usage) {
            Ok((entry, judgement)) => self.hold_contract(entry, judgement, call),
            Err(unknown) => unknown_call(unknown, call, usage.is_class),
        }
    }

    /// A method of an object that is kept and not called: as its class is.
    pub(super) fn judge_method(&self, method: &Callee) -> Judgement<'_> {
        let Some((class, rest)) = method.name.rsplit_once("().") else { return self.judge_import(method) };
        if words::escaping_part(rest).is_some() {
            return Judgement::dangerous(INTERNALS, INTERNALS_EFFECT);
        }
        let module_length = method.module_length.min(class.len());
        let class = Callee { name: class.to_owned(), module_length, spelled: None, route: Route::Literal };
        self.judge_state(&class, words::is_class_name(class.attribute()))
    }

    /// Attributes or items that are set.
    pub fn judge_attribute(&self, attribute: &Attribute) -> Judgement<'_> {
        let planted = attribute.names.iter().any(|name| is_hook(name));
        match &attribute.target {
            AttributeTarget::Global(callee) => {
                let judgement = self.judge_import(callee);
                if judgement.reason == ALLOWED { judgement } else { Judgement::dangerous(PATCHED, PATCHED_EFFECT) }
            }
            AttributeTarget::Unknown if planted => Judgement::dangerous(PLANTED, PLANTED_EFFECT),
            AttributeTarget::Unknown => Judgement::unknown(Degree::Warning, STATE_OF_UNKNOWN),
            AttributeTarget::Instance(_) | AttributeTarget::Result(_) if planted => {
                Judgement::dangerous(PLANTED, PLANTED_EFFECT)
            }
            AttributeTarget::Instance(callee) => self.judge_state(callee, true),
            AttributeTarget::Result(callee) => self.judge_state(callee, false),
        }
    }

    /// Code that a configuration or another format names.
    pub fn judge_reference(&self, reference: &CodeReference) -> Judgement<'_> {
        let module_length = reference.name.rfind('.').unwrap_or(reference.name.len());
        let callee = Callee { name: reference.name.clone(), module_length, spelled: None, route: Route::Literal };
        let is_class = words::is_class_name(&reference.name);
        let usage = Use { is_class, is_called: true, loader: Some(reference.kind) };
        let call = reference_call(reference, callee);
        match self.listed(&call.callee, usage) {
            Ok((entry, judgement)) => self.hold_contract(entry, judgement, &call),
            Err(unknown) if unknown.verdict == Verdict::Dangerous => unknown,
            Err(_) => {
                let usual = unknown_reference_degree(reference.kind, is_class);
                let told = call.texts.iter().any(|text| words::telling_text(text).is_some());
                let told = if told && follows_arguments(reference.kind) { Degree::Warning } else { Degree::Note };
                Judgement::unknown(usual, UNKNOWN_REFERENCE).at_least(told, UNKNOWN_TEXT)
            }
        }
    }

    /// What the lists say of a name, or in the error what follows from its not being listed, before its use is looked at.
    fn listed(&self, callee: &Callee, usage: Use) -> Result<(Option<&Entry>, Judgement<'_>), Judgement<'_>> {
        if callee.name.is_empty() {
            return Err(Judgement::unknown(Degree::Warning, COMPUTED));
        }
        let found = embedded().find(&callee.name, usage);
        if let Some((entry, reach)) = self.project.find(&callee.name, Use { loader: None, ..usage }) {
            let knows_better = reach != Reach::Exact
                && entry.verdict == Verdict::Safe
                && (self.is_escaping(callee) || found.is_some_and(|(other, _)| other.verdict == Verdict::Dangerous));
            if !knows_better {
                return Ok((None, Judgement::of(entry)));
            }
        }
        match found {
            Some((entry, Reach::Exact)) => Ok((Some(entry), Judgement::of(entry))),
            _ if self.is_escaping(callee) => Err(Judgement::dangerous(INTERNALS, INTERNALS_EFFECT)),
            // A module's namespace also holds what it imports, so a pattern does not vouch for these.
            Some((entry, _)) if entry.verdict != Verdict::Dangerous && is_powerful(callee, usage) => {
                Err(Judgement::unknown(Degree::Warning, UNKNOWN_ALARMING))
            }
            Some((entry, _)) => Ok((Some(entry), Judgement::of(entry))),
            None => Err(unlisted(callee, usage)),
        }
    }

    fn is_escaping(&self, callee: &Callee) -> bool {
        words::escaping_part(callee.attribute()).is_some()
    }

    fn hold_contract<'a>(
        &'a self,
        entry: Option<&'a Entry>,
        judgement: Judgement<'a>,
        call: &PickleCall,
    ) -> Judgement<'a> {
        let Some(contract) = entry.and_then(|entry| entry.contract) else { return judgement };
        match contract::hold(contract, self, call) {
            Ok(()) => judgement,
            Err(breach) => Judgement {
                verdict: breach.verdict,
                degree: breach.degree,
                reason: BROKEN,
                effect: judgement.effect,
                broken_contract: Some(breach.message),
            },
        }
    }

    /// `obj.__setstate__(state)` and the like: what the object's class makes of it.
    fn judge_state_method(&self, call: &PickleCall) -> Option<Judgement<'_>> {
        const METHODS: [&str; 7] =
            ["__setstate__", "__setitem__", "append", "extend", "add", "update", "__dict__.update"];
        let name = &call.callee.name;
        let class = METHODS.iter().find_map(|method| name.strip_suffix(method)?.strip_suffix('.'))?;
        let class = class.strip_suffix("()").unwrap_or(class);
        let module_length = call.callee.module_length.min(class.len());
        let class = Callee { name: class.to_owned(), module_length, spelled: None, route: call.callee.route };
        Some(self.judge_state(&class, true))
    }

    fn judge_state(&self, class: &Callee, is_class: bool) -> Judgement<'_> {
        if class.name.is_empty() {
            return Judgement::unknown(Degree::Warning, STATE_OF_UNKNOWN);
        }
        let usage = Use { is_class, is_called: true, loader: None };
        match self.listed(class, usage) {
            Ok((_, judgement)) if judgement.verdict == Verdict::Safe => Judgement::safe(PLAIN_STATE),
            Ok((_, judgement)) => judgement,
            Err(unknown) if unknown.verdict == Verdict::Dangerous => unknown,
            Err(_) => Judgement::unknown(Degree::Note, UNKNOWN_STATE),
        }
    }
}

/// The entries of the lists that are part of loadlint.
///
/// # Panics
/// Never in a build whose tests pass: they load every embedded file.
fn embedded() -> &'static Lookup {
    static EMBEDDED: OnceLock<Lookup> = OnceLock::new();
    EMBEDDED.get_or_init(|| {
        let mut lookup = Lookup::default();
        for (path, text) in GLOBAL_FILES {
            let file = entries(path, text).expect("the embedded lists are valid, which a test holds");
            file.into_iter().for_each(|entry| lookup.add(entry));
        }
        lookup
    })
}

fn entries(path: &str, text: &str) -> Result<Vec<Entry>, RuleError> {
    parse_data(path, text).map(|file: EntryFile| file.entry)
}

/// Whether a call makes an instance: by an opcode that takes classes only, or of something named like one.
fn is_class_use(call: &PickleCall) -> bool {
    match call.opcode {
        CallOpcode::NewObj | CallOpcode::NewObjEx => true,
        CallOpcode::Reduce | CallOpcode::Inst | CallOpcode::Obj | CallOpcode::Method | CallOpcode::Inner => {
            words::is_class_name(call.callee.attribute())
        }
    }
}

/// Whether a name that a pattern covers is one of the classes that do something, or makes classes.
fn is_powerful(callee: &Callee, usage: Use) -> bool {
    words::is_powerful_class(&callee.name) || (usage.is_called && callee.name.ends_with("Meta"))
}

/// A name that no list has.
fn unlisted<'a>(callee: &Callee, usage: Use) -> Judgement<'a> {
    let named = if !usage.is_class && words::alarming_to_name(callee.attribute()) {
        Judgement::unknown(Degree::Warning, UNKNOWN_ALARMING)
    } else {
        Judgement::unknown(Degree::Note, UNKNOWN_NAMED)
    };
    match callee.route {
        Route::Literal | Route::Method => named,
        // Nested classes are written with dots, so a path of class names alone is no detour.
        Route::Attribute if callee.attribute().split('.').all(words::is_class_name) => named,
        Route::Attribute | Route::Computed | Route::Import | Route::Unknown => {
            named.at_least(Degree::Warning, INDIRECT)
        }
        Route::Extension => Judgement::unknown(Degree::Error, EXTENSION),
    }
}

/// A call of what no list has.
fn unknown_call<'a>(unlisted: Judgement<'a>, call: &PickleCall, is_class: bool) -> Judgement<'a> {
    if unlisted.verdict == Verdict::Dangerous {
        return unlisted;
    }
    let name = call.callee.attribute();
    let runs_constructor = !matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    let texts = call.texts.iter().chain(own_texts(call)).map(String::as_str);
    let told = words::telling(texts, !runs_constructor).is_some();
    if !is_class {
        let degree = if words::alarming_word(name).is_some() || told { Degree::Error } else { Degree::Warning };
        let reason = if told { UNKNOWN_TEXT } else { UNKNOWN_FUNCTION };
        return unlisted.at_least(degree, reason);
    }
    if told {
        return unlisted.at_least(Degree::Warning, UNKNOWN_TEXT);
    }
    let has_texts = !call.texts.is_empty() || own_texts(call).next().is_some();
    if runs_constructor && has_texts && words::alarming_class_word(name).is_some() {
        return unlisted.at_least(Degree::Warning, UNKNOWN_ALARMING);
    }
    if unlisted.degree == Degree::Note { Judgement::unknown(Degree::Note, UNKNOWN_CLASS) } else { unlisted }
}

fn own_texts(call: &PickleCall) -> impl Iterator<Item = &String> {
    let values = call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value));
    values.filter_map(|value| match value {
        Datum::Text { start, .. } => Some(start),
        _ => None,
    })
}

/// Attributes of an object that Python or the unpickler calls by themselves.
fn is_hook(name: &str) -> bool {
    // What a planted `append` or `extend` leads to is a call that the machine tells by itself.
    const HOOKS: [&str; 34] = [
        "__bases__",
        "__builtins__",
        "__call__",
        "__class__",
        "__code__",
        "__del__",
        "__delattr__",
        "__enter__",
        "__eq__",
        "__exit__",
        "__format__",
        "__get__",
        "__getattr__",
        "__getattribute__",
        "__getitem__",
        "__globals__",
        "__hash__",
        "__import__",
        "__init__",
        "__iter__",
        "__len__",
        "__loader__",
        "__mro__",
        "__new__",
        "__next__",
        "__path__",
        "__reduce__",
        "__reduce_ex__",
        "__setattr__",
        "__setitem__",
        "__setstate__",
        "__subclasshook__",
        "find_class",
        "persistent_load",
    ];
    HOOKS.binary_search(&name).is_ok()
}

fn reference_call(reference: &CodeReference, callee: Callee) -> PickleCall {
    let (keywords, positional): (Vec<_>, Vec<_>) =
        reference.arguments.iter().cloned().partition(|(keyword, _)| !keyword.is_empty());
    let mut texts = Vec::new();
    reference.arguments.iter().for_each(|(_, value)| collect_texts(value, &mut texts));
    let arguments = positional.into_iter().map(|(_, value)| value).collect();
    PickleCall { callee, opcode: CallOpcode::Reduce, arguments, keywords, texts }
}

/// `value` has a few levels only, which its type promises.
fn collect_texts(value: &Datum, texts: &mut Vec<String>) {
    match value {
        Datum::Text { start, .. } => texts.push(start.clone()),
        Datum::Tuple(items) | Datum::List(items) | Datum::Set(items) => {
            items.iter().for_each(|item| collect_texts(item, texts));
        }
        Datum::Dict(items) => items.iter().for_each(|(_, item)| collect_texts(item, texts)),
        _ => {}
    }
}

fn unknown_reference_degree(kind: ReferenceKind, is_class: bool) -> Degree {
    match kind {
        // Configurations of training name the project's own classes; the loader has them or fails.
        ReferenceKind::HydraTarget | ReferenceKind::SkopsType | ReferenceKind::Other if is_class => Degree::Note,
        ReferenceKind::KerasOwnClass if is_class => Degree::Note,
        ReferenceKind::KerasRegistered => Degree::Note,
        ReferenceKind::HydraTarget
        | ReferenceKind::SkopsType
        | ReferenceKind::Other
        | ReferenceKind::KerasClass
        | ReferenceKind::KerasOwnClass
        | ReferenceKind::KerasFunction
        | ReferenceKind::LoaderModule
        | ReferenceKind::ModuleType
        | ReferenceKind::PipelineComponent
        | ReferenceKind::Handler
        | ReferenceKind::Plugin => Degree::Warning,
    }
}

/// Whether the loader hands the arguments of the file to what it names, so that they can direct it.
fn follows_arguments(kind: ReferenceKind) -> bool {
    matches!(kind, ReferenceKind::HydraTarget | ReferenceKind::Plugin | ReferenceKind::Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn callee(name: &str, route: Route) -> Callee {
        let module_length = name.rfind('.').unwrap_or(name.len());
        Callee { name: name.into(), module_length, spelled: None, route }
    }

    /// `module name` with the border between them where the stream has it.
    fn dotted(module: &str, attribute: &str, route: Route) -> Callee {
        Callee { name: format!("{module}.{attribute}"), module_length: module.len(), spelled: None, route }
    }

    fn text(text: &str) -> Datum {
        Datum::Text { start: text.into(), length: text.len() as u64 }
    }

    fn call(name: &str, opcode: CallOpcode, arguments: Vec<Datum>) -> PickleCall {
        let mut texts = Vec::new();
        arguments.iter().for_each(|value| collect_texts(value, &mut texts));
        PickleCall { callee: callee(name, Route::Literal), opcode, arguments, keywords: Vec::new(), texts }
    }

    fn import(name: &str) -> (Verdict, Degree) {
        let judgement = Globals::builtin().judge_import(&callee(name, Route::Literal));
        (judgement.verdict, judgement.degree)
    }

    fn judged(call: &PickleCall) -> (Verdict, Degree) {
        let judgement = Globals::builtin().judge_call(call);
        (judgement.verdict, judgement.degree)
    }

    fn reduce(name: &str, arguments: Vec<Datum>) -> (Verdict, Degree) {
        judged(&call(name, CallOpcode::Reduce, arguments))
    }

    const SAFE: (Verdict, Degree) = (Verdict::Safe, Degree::Note);
    const NOTE: (Verdict, Degree) = (Verdict::Unknown, Degree::Note);
    const WARNING: (Verdict, Degree) = (Verdict::Unknown, Degree::Warning);
    const UNKNOWN_ERROR: (Verdict, Degree) = (Verdict::Unknown, Degree::Error);
    const DANGEROUS: (Verdict, Degree) = (Verdict::Dangerous, Degree::Error);

    #[test]
    fn the_lists_are_valid_and_name_nothing_twice() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (path, text) in GLOBAL_FILES {
            let file: EntryFile = parse_data(path, text).unwrap_or_else(|error| panic!("{error}"));
            for entry in &file.entry {
                assert!(!entry.reason.is_empty() && !entry.reason.ends_with('.'), "{path}: {}", entry.reason);
                assert!(entry.verdict != Verdict::Dangerous || entry.effect.is_some(), "{path}: {}", entry.reason);
                for name in &entry.names {
                    let name = name.below(entry.module.as_deref());
                    let key = format!("{name} {:?} {:?}", entry.only, entry.loaders);
                    if let Some(other) = seen.insert(key, path) {
                        panic!("{name} stands twice: {other}, {path}");
                    }
                }
            }
        }
        assert!(seen.len() > 2_000);
    }

    #[test]
    fn what_runs_things_is_dangerous_imported_and_called() {
        for name in [
            "os.system",
            "posix.system",
            "nt.system",
            "subprocess.Popen",
            "builtins.eval",
            "builtins.exec",
            "runpy.run_path",
            "pip.main",                                                              // CVE-2025-1716
            "timeit.timeit",                                                         // GHSA-v7x6-rv5q-mhwc
            "ensurepip._run_pip",                                                    // GHSA-xp4f-hrf8-rxw7
            "pkgutil.resolve_name",                                                  // GHSA-vvpj-8cmc-gx39
            "profile.run",                                                           // GHSA-7wx9-6375-f5wh
            "uuid._get_command_stdout",                                              // GHSA-g38g-8gr9-h9xp
            "_osx_support._read_output",                                             // GHSA-g38g-8gr9-h9xp
            "_aix_support._read_cmd_output",                                         // GHSA-g38g-8gr9-h9xp
            "_pyrepl.pager.pipe_pager",                                              // GHSA-g38g-8gr9-h9xp
            "imaplib.IMAP4_stream",                                                  // GHSA-g38g-8gr9-h9xp
            "numpy.f2py.crackfortran.getlincoef",                                    // GHSA-r8g5-cgf2-4m4m
            "_operator.methodcaller",                                                // GHSA-955r-x9j8-7rhh
            "distutils.file_util.write_file",                                        // GHSA-m273-6v24-x4m4
            "_interpreters.run_string",                                              // GHSA-6ggj-6f2q-f7mx
            "asyncio.unix_events._UnixSelectorEventLoop._make_subprocess_transport", // CVE-2025-10157
            "multiprocessing.util.spawnv_passfds",
            "torch.utils._config_module.load_config",
            "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
            "torch.hub.load",
            "torch.load",
            "torch.jit.load",
            "joblib.load",
            "pandas.read_csv",
            "pandas.read_pickle",
            "numpy.load",
            "idlelib.pyshell.ModifiedInterpreter.runcode",
            "lib2to3.pgen2.pgen.ParserGenerator.make_label",
            "doctest.debug_script",
            "code.InteractiveInterpreter.runcode",
            "cProfile.runctx",
            "trace.Trace.run",
            "bdb.Bdb.run",
            "pydoc.pipepager",
            "logging.config.dictConfig",
            "shutil.rmtree",
            "tempfile.mktemp",
            "sqlite3.connect",
            "ctypes.CDLL",
            "webbrowser.open",
            "antigravity.fly",
            "this.s",
            "urllib.request.urlopen",
            "socket.create_connection",
            "smtplib.SMTP",
            "http.client.HTTPConnection",
            "dill._dill._create_function",
            "cloudpickle.cloudpickle._make_function",
            "requests.get",
            "jinja2.Template",
            "IPython.utils.process.system",
            "sympy.sympify",
            "nltk.data.load",
            "gensim.utils.unpickle",
            "yaml.unsafe_load",
        ] {
            assert_eq!(import(name).0, Verdict::Dangerous, "{name}");
            assert!(import(name).1 >= Degree::Warning, "{name}");
            assert!(reduce(name, vec![text("x")]).1 >= Degree::Warning, "{name}");
        }
    }

    #[test]
    fn what_real_files_call_is_safe() {
        let class = |name: &str| Datum::Global(callee(name, Route::Literal));
        for (name, arguments) in [
            ("collections.OrderedDict", vec![]),
            ("collections.defaultdict", vec![class("builtins.list")]),
            ("collections.defaultdict", vec![Datum::Result("functools.partial".into())]),
            ("numpy.core.multiarray._reconstruct", vec![class("numpy.ndarray"), Datum::Tuple(vec![Datum::Int(0)])]),
            ("numpy.dtype", vec![text("f8"), Datum::Bool(false), Datum::Bool(true)]),
            ("torch._utils._rebuild_tensor_v2", vec![Datum::Persistent(Box::new(Datum::Unknown))]),
            (
                "torch._tensor._rebuild_from_type_v2",
                vec![
                    class("torch._utils._rebuild_tensor_v2"),
                    class("torch.Tensor"),
                    Datum::Tuple(vec![]),
                    Datum::Dict(vec![]),
                ],
            ),
            (
                "copyreg._reconstructor",
                vec![class("torch.nn.modules.linear.Linear"), class("builtins.object"), Datum::None],
            ),
            ("_codecs.encode", vec![text("ab"), text("latin1")]),
            ("builtins.getattr", vec![class("zoneinfo.ZoneInfo"), text("_unpickle")]),
            ("functools.partial", vec![class("builtins.int")]),
            ("logging.getLogger", vec![text("a.b")]),
            ("pathlib.PosixPath", vec![text("/"), text("home")]),
            ("re._compile", vec![text(r"\d+"), Datum::Int(32)]),
            ("operator.getitem", vec![class("typing.Union"), Datum::Tuple(vec![])]),
            ("builtins.bytearray", vec![Datum::Bytes { start: vec![1], length: 1 }]),
            ("pandas._libs.internals._unpickle_block", vec![Datum::Unknown]),
            ("numpy.core._ufunc_reconstruct", vec![text("numpy.core._multiarray_umath"), text("add")]),
        ] {
            assert_eq!(reduce(name, arguments.clone()), SAFE, "{name} {arguments:?}");
        }
    }

    #[test]
    fn powerful_names_are_held_to_their_contracts() {
        let class = |name: &str| Datum::Global(callee(name, Route::Literal));
        for (name, arguments) in [
            ("_codecs.encode", vec![text("bf.flfgrz"), text("rot13")]),
            ("builtins.getattr", vec![class("os.path"), text("os")]),
            ("builtins.getattr", vec![Datum::Unknown, text("x")]),
            ("builtins.getattr", vec![class("collections.OrderedDict"), text("__globals__")]),
            ("builtins.getattr", vec![class("collections.OrderedDict"), Datum::Unknown]),
            ("functools.partial", vec![class("os.system"), text("id")]),
            ("builtins.iter", vec![class("my.lib.function"), Datum::Int(1)]),
            ("functools.partial", vec![class("my.lib.function"), text("https://example.org")]),
            ("collections.defaultdict", vec![class("webbrowser.open")]),
            ("builtins.map", vec![class("builtins.getattr"), Datum::List(vec![])]),
            (
                "torch._tensor._rebuild_from_type_v2",
                vec![class("posix.system"), class("torch.Tensor"), Datum::Tuple(vec![text("id")])],
            ),
            ("copyreg._reconstructor", vec![class("subprocess.Popen"), class("builtins.object")]),
            ("numpy.core._ufunc_reconstruct", vec![text("os"), text("system")]),
            ("numpy.core.multiarray._reconstruct", vec![class("builtins.eval"), text("1")]),
            ("numpy.dtype", vec![class("builtins.eval")]),
            ("builtins.bytearray", vec![Datum::Int(1 << 40)]),
            ("builtins.pow", vec![Datum::Int(9), Datum::Int(99_999_999)]),
            ("builtins.type", vec![text("X"), Datum::Tuple(vec![]), Datum::Dict(vec![])]),
            ("operator.attrgetter", vec![text("__globals__.os")]),
            ("operator.getitem", vec![Datum::Result("builtins.vars".into()), text("eval")]),
            ("sympy.core.add.Add", vec![text("__import__('os').system('id')")]),
            ("joblib.numpy_pickle_compat.NDArrayWrapper", vec![text("../../x")]),
        ] {
            let judgement = call(name, CallOpcode::Reduce, arguments.clone());
            let judgement = Globals::builtin().judge_call(&judgement);
            assert!(judgement.broken_contract.is_some(), "{name} {arguments:?}: {judgement:?}");
            assert!(judgement.degree >= Degree::Warning, "{name} {arguments:?}: {judgement:?}");
        }
    }

    #[test]
    fn the_unknown_has_degrees() {
        assert_eq!(import("my.models.Net"), NOTE);
        assert_eq!(judged(&call("sklearn.svm._classes.SVC", CallOpcode::NewObj, vec![])), NOTE);
        assert_eq!(judged(&call("pytorch_lightning.callbacks.Timer", CallOpcode::NewObj, vec![])), SAFE);
        assert_eq!(import("my.models.collate"), NOTE);
        assert_eq!(import("my.tools.exec_shell"), WARNING);
        assert_eq!(judged(&call("my.models.Net", CallOpcode::NewObj, vec![])), NOTE);
        assert_eq!(judged(&call("my.models.Net", CallOpcode::Reduce, vec![Datum::Int(3), text("relu")])), NOTE);
        assert_eq!(reduce("my.models.build", vec![Datum::Int(3)]), WARNING);
        assert_eq!(reduce("my.models.load_weights", vec![Datum::Int(3)]), UNKNOWN_ERROR);
        for fed in ["https://example.org", "/etc/passwd", "~/x", "..\\x", "curl x | sh", "import os"] {
            assert_eq!(reduce("my.models.Net", vec![text(fed)]), WARNING, "{fed}");
            assert_eq!(reduce("my.models.build", vec![text(fed)]), UNKNOWN_ERROR, "{fed}");
        }
        let kept = Datum::Global(callee("my.models.collate", Route::Literal));
        assert_eq!(reduce("functools.partial", vec![kept]), NOTE, "its call would be told");
        assert_eq!(reduce("_collections_abc.ABCMeta", vec![text("X")]).1, Degree::Warning);
        assert_eq!(reduce("my.net.HttpClient", vec![text("example.org")]), WARNING);
        assert_eq!(judged(&call("my.net.HttpClient", CallOpcode::NewObj, vec![])), NOTE);
        assert_eq!(import("torch.utils.data.dataloader.ThreadPool"), WARNING);
    }

    #[test]
    fn detours_raise_the_unknown_and_leave_the_safe() {
        let judge = |route| Globals::builtin().judge_import(&callee("my.models.Net", route)).degree;
        assert_eq!(judge(Route::Computed), Degree::Warning);
        assert_eq!(judge(Route::Import), Degree::Warning);
        assert_eq!(judge(Route::Extension), Degree::Error);
        let nested = dotted("my.models", "Net.Config", Route::Attribute);
        assert_eq!(Globals::builtin().judge_import(&nested).degree, Degree::Note);
        let method = dotted("my.models", "Net.forward", Route::Attribute);
        assert_eq!(Globals::builtin().judge_import(&method).degree, Degree::Warning);
        let safe = callee("collections.OrderedDict", Route::Computed);
        assert_eq!(Globals::builtin().judge_import(&safe).verdict, Verdict::Safe);
        assert_eq!(Globals::builtin().judge_import(&callee("", Route::Unknown)).degree, Degree::Warning);
    }

    /// GHSA-5j3x-jp52-966f: a dotted name through a harmless module.
    #[test]
    fn dotted_names_are_walked_part_by_part() {
        for (module, attribute) in [
            ("logging", "os.system"),
            ("torch.serialization", "os.system"),
            ("numpy", "__builtins__"),
            ("sklearn.base", "__builtins__"),
            ("collections", "OrderedDict.__init__.__globals__"),
            ("sklearn.utils", "_os.system"),
            ("my.lib", "sys.modules"),
            ("numpy", "__builtins__.eval"),
            ("random", "_os.system"),
        ] {
            let callee = dotted(module, attribute, Route::Attribute);
            let judgement = Globals::builtin().judge_import(&callee);
            assert_eq!((judgement.verdict, judgement.degree), DANGEROUS, "{callee}");
        }
    }

    #[test]
    fn state_is_judged_by_whose_it_is_and_what_it_replaces() {
        let judge = |target, names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            let judgement = Globals::builtin().judge_attribute(&Attribute { target, names });
            (judgement.verdict, judgement.degree)
        };
        let net = || callee("my.models.Net", Route::Literal);
        let linear = || callee("torch.nn.modules.linear.Linear", Route::Literal);
        assert_eq!(judge(AttributeTarget::Instance(net()), &["weight"]), NOTE);
        assert_eq!(judge(AttributeTarget::Instance(linear()), &["weight"]), SAFE);
        assert_eq!(judge(AttributeTarget::Instance(linear()), &["__setstate__"]), DANGEROUS);
        assert_eq!(judge(AttributeTarget::Global(linear()), &["forward"]), DANGEROUS);
        assert_eq!(judge(AttributeTarget::Unknown, &["x"]), WARNING);
        let array = callee("numpy.core.multiarray._reconstruct", Route::Literal);
        assert_eq!(judge(AttributeTarget::Result(array), &[]), SAFE);
        let set_state = call("my.models.Net.__setstate__", CallOpcode::Method, vec![text("/data/x")]);
        assert_eq!(judged(&set_state), NOTE);
    }

    #[test]
    fn a_project_allows_and_denies() {
        let pattern = |text: &str| GlobalPattern::new(text).expect("a pattern");
        let globals = Globals::builtin().with(
            &[pattern("my.**"), pattern("os.**"), pattern("pty.spawn")],
            &[pattern("torch.**"), pattern("my.evil.*"), pattern("my.x")],
        );
        let judge = |name: &str| globals.judge_call(&call(name, CallOpcode::Reduce, vec![text("/etc")])).verdict;
        assert_eq!(judge("my.models.build"), Verdict::Safe);
        assert_eq!(judge("my.evil.run"), Verdict::Dangerous);
        assert_eq!(judge("my.x"), Verdict::Dangerous);
        assert_eq!(judge("os.system"), Verdict::Dangerous, "a pattern does not allow what is listed as dangerous");
        assert_eq!(judge("pty.spawn"), Verdict::Safe, "an exact name does");
        assert_eq!(judge("torch._utils._rebuild_tensor_v2"), Verdict::Dangerous);
    }

    #[test]
    fn references_of_configurations_are_judged_for_their_loader() {
        let judge = |kind, name: &str, arguments: &[(&str, Datum)]| {
            let arguments = arguments.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            let judgement =
                Globals::builtin().judge_reference(&CodeReference { kind, name: name.into(), arguments, text: None });
            (judgement.verdict, judgement.degree)
        };
        use ReferenceKind as Kind;
        assert_eq!(judge(Kind::HydraTarget, "torch.optim.AdamW", &[("lr", Datum::Float(0.1))]), SAFE);
        assert_eq!(
            judge(Kind::HydraTarget, "nemo.collections.asr.modules.ConformerEncoder", &[("p", text("/data/x"))]),
            NOTE
        );
        assert_eq!(judge(Kind::HydraTarget, "src.models.Net", &[]), NOTE);
        assert_eq!(judge(Kind::HydraTarget, "src.models.build", &[]), WARNING);
        // CVE-2025-23304
        assert_eq!(judge(Kind::HydraTarget, "builtins.exec", &[("", text("import os"))]), DANGEROUS);
        assert_eq!(judge(Kind::HydraTarget, "os.system", &[("", text("id"))]), DANGEROUS);
        assert_eq!(judge(Kind::KerasClass, "keras.layers.Dense", &[]), SAFE);
        assert_eq!(judge(Kind::KerasClass, "keras.layers.Lambda", &[]).0, Verdict::Dangerous);
        assert_eq!(judge(Kind::KerasClass, "os.system", &[]), DANGEROUS);
        // CVE-2025-8747
        assert_eq!(judge(Kind::KerasFunction, "keras.utils.get_file", &[]).0, Verdict::Dangerous);
        assert_eq!(judge(Kind::KerasFunction, "keras.activations.relu", &[]), SAFE);
        assert_eq!(judge(Kind::LoaderModule, "mlflow.sklearn", &[]), NOTE);
        assert_eq!(judge(Kind::LoaderModule, "my_loader", &[]), WARNING);
        assert_eq!(judge(Kind::LoaderModule, "antigravity", &[]), DANGEROUS);
        assert_eq!(judge(Kind::ModuleType, "sentence_transformers.models.Pooling", &[]), SAFE);
        assert_eq!(judge(Kind::ModuleType, "custom_st.Transformer", &[]), WARNING);
        assert_eq!(judge(Kind::PipelineComponent, "diffusers.UNet2DConditionModel", &[]), SAFE);
        assert_eq!(judge(Kind::SkopsType, "sklearn.linear_model._base.LinearRegression", &[]), SAFE);
        assert_eq!(judge(Kind::SkopsType, "os.system", &[]), DANGEROUS);
        assert_eq!(judge(Kind::Handler, "image_classifier", &[]), NOTE);
        assert_eq!(judge(Kind::Handler, "handler", &[]), WARNING);
    }
}
