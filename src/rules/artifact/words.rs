//! What names say by themselves, where no list names them.

/// Modules that are reached through the namespace of others (`logging.os`), to get at what they can do.
const MODULES_OF_POWER: [&str; 48] = [
    "__builtin__",
    "_io",
    "_posixsubprocess",
    "_winapi",
    "asyncio",
    "bdb",
    "builtins",
    "cProfile",
    "cloudpickle",
    "codeop",
    "commands",
    "concurrent",
    "cpp_extension",
    "ctypes",
    "dill",
    "ftplib",
    "httplib",
    "imp",
    "importlib",
    "importlib_metadata",
    "inspect",
    "io",
    "joblib",
    "marshal",
    "multiprocessing",
    "nt",
    "ntpath",
    "os",
    "pdb",
    "pickle",
    "pickletools",
    "pkgutil",
    "posix",
    "posixpath",
    "pty",
    "pydoc",
    "requests",
    "runpy",
    "shutil",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "sysconfig",
    "tempfile",
    "urllib",
    "webbrowser",
];

/// Dunder attributes that lead nowhere: texts and classes of plain values.
const HARMLESS_DUNDERS: [&str; 6] = ["__doc__", "__name__", "__qualname__", "__version__", "__new__", "__init__"];

/// What a function that runs, loads or fetches something has in its name.
const ALARMING_WORDS: [&str; 50] = [
    "call",
    "chmod",
    "cmd",
    "command",
    "compile",
    "connect",
    "delete",
    "download",
    "eval",
    "exec",
    "execfile",
    "execute",
    "execv",
    "execve",
    "execvp",
    "fetch",
    "fork",
    "getattr",
    "globals",
    "import",
    "inject",
    "install",
    "interact",
    "invoke",
    "listen",
    "load",
    "loads",
    "locals",
    "open",
    "popen",
    "process",
    "remove",
    "request",
    "rmtree",
    "run",
    "runcall",
    "runctx",
    "runsource",
    "runstring",
    "save",
    "script",
    "send",
    "shell",
    "spawn",
    "subprocess",
    "system",
    "unlink",
    "unpickle",
    "urlopen",
    "write",
];

/// Those of them for which it is enough that the function is called just so, as one is that a library took from another: it
/// may be kept to be called later.
const ALARMING_TO_NAME: [&str; 13] = [
    "compile",
    "eval",
    "exec",
    "execfile",
    "execute",
    "import",
    "popen",
    "shell",
    "spawn",
    "subprocess",
    "system",
    "unpickle",
    "urlopen",
];

/// Classes of the standard library that libraries import, so that their modules have them too.
const POWERFUL_CLASSES: [&str; 23] = [
    "BuiltinImporter",
    "CodeType",
    "Connection",
    "FileIO",
    "FunctionType",
    "HTTPConnection",
    "HTTPSConnection",
    "LambdaType",
    "MethodType",
    "ModuleType",
    "NamedTemporaryFile",
    "Pool",
    "Popen",
    "Process",
    "SimpleQueue",
    "SourceFileLoader",
    "TarFile",
    "TemporaryDirectory",
    "TemporaryFile",
    "Thread",
    "ThreadPool",
    "Unpickler",
    "ZipFile",
];

/// What a class whose constructor does something has in its name.
const ALARMING_CLASS_WORDS: [&str; 28] = [
    "client",
    "command",
    "connection",
    "console",
    "daemon",
    "debugger",
    "downloader",
    "evaluator",
    "executor",
    "file",
    "finder",
    "importer",
    "interpreter",
    "launcher",
    "loader",
    "popen",
    "process",
    "request",
    "runner",
    "server",
    "session",
    "shell",
    "socket",
    "spawn",
    "subprocess",
    "terminal",
    "thread",
    "unpickler",
];

/// Whether the last part of a dotted name is written as Python writes classes: `Model`, `_Loss`, `LSTM`.
pub(super) fn is_class_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).trim_start_matches('_');
    last.starts_with(char::is_uppercase)
}

/// Whether a name is that of a compiled class of one number type, which is written before it as BLAS does: `s`, `d`,
/// `c`, `z`, as in `_representation.dStatespace`.
pub(super) fn is_typed_class_name(module: &str, name: &str) -> bool {
    let is_compiled = module.rsplit('.').next().is_some_and(|last| last.starts_with('_'));
    let mut letters = name.chars();
    let is_typed = matches!(letters.next(), Some('s' | 'd' | 'c' | 'z'))
        && letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase);
    is_compiled && is_typed && alarming_word(name).is_none()
}

/// Whether a name of `builtins` is a type that annotations parametrise: `list[int]`.
pub(super) fn is_plain_type(name: &str) -> bool {
    matches!(name, "dict" | "frozenset" | "list" | "set" | "tuple" | "type")
}

/// Whether dill's or cloudpickle's name for a type is that of one whose calls are judged under its own name, or that only
/// keeps values; others make functions, code and modules.
pub(super) fn is_plain_type_name(name: &str) -> bool {
    const TYPES: [&str; 32] = [
        "AttrGetterType",
        "BooleanType",
        "EllipsisType",
        "ItemGetterType",
        "MethodType",
        "NoneType",
        "NotImplementedType",
        "PartialType",
        "RangeType",
        "SliceType",
        "XRangeType",
        "bool",
        "bytearray",
        "bytes",
        "classmethod",
        "complex",
        "dict",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "list",
        "memoryview",
        "object",
        "property",
        "range",
        "reversed",
        "set",
        "slice",
        "str",
        "tuple",
        "zip",
    ];
    TYPES.contains(&name) || ["Error", "Exception", "Warning"].iter().any(|kind| name.ends_with(kind))
}

/// Whether `part` is one of Python's own attributes, `__globals__`.
pub(super) fn is_dunder(part: &str) -> bool {
    part.len() > 4 && part.starts_with("__") && part.ends_with("__")
}

/// The first part of an attribute path that leads out of what the path starts at: Python's internals or a module of
/// power.
pub(super) fn escaping_part(attribute: &str) -> Option<&str> {
    attribute.split('.').find(|part| {
        if is_dunder(part) {
            return !HARMLESS_DUNDERS.contains(part);
        }
        // `random._os` is `os`.
        let names_module = |name: &str| MODULES_OF_POWER.binary_search(&name).is_ok();
        names_module(part) || names_module(part.trim_start_matches('_'))
    })
}

/// The first word in a function's name that says it runs, loads or fetches something.
pub(super) fn alarming_word(name: &str) -> Option<&'static str> {
    find_word(name, &ALARMING_WORDS)
}

/// The same for a function that is not called here.
pub(super) fn alarming_to_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    ALARMING_TO_NAME.binary_search(&last.trim_matches('_')).is_ok()
}

/// Whether a name's last part is that of a powerful class of the standard library.
pub(super) fn is_powerful_class(name: &str) -> bool {
    POWERFUL_CLASSES.binary_search(&name.rsplit('.').next().unwrap_or(name)).is_ok()
}

/// The same of a class whose constructor does.
pub(super) fn alarming_class_word(name: &str) -> Option<&'static str> {
    find_word(name, &ALARMING_CLASS_WORDS)
}

fn find_word(name: &str, words: &[&'static str]) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let mut start = 0;
    let mut previous = '_';
    for (at, c) in last.char_indices().chain([(last.len(), '_')]) {
        let is_border = c == '_' || (c.is_uppercase() && !previous.is_uppercase());
        if is_border {
            let word = last[start..at].trim_matches('_').to_ascii_lowercase();
            if let Ok(index) = words.binary_search(&word.as_str()) {
                return Some(words[index]);
            }
            start = at;
        }
        previous = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_for_the_search() {
        assert!(MODULES_OF_POWER.is_sorted() && ALARMING_WORDS.is_sorted() && ALARMING_CLASS_WORDS.is_sorted());
        assert!(ALARMING_TO_NAME.is_sorted() && POWERFUL_CLASSES.is_sorted());
    }

    #[test]
    fn words_are_found_in_snake_and_camel_case_only_as_wholes() {
        for (name, word) in [
            ("lib._exec_with_source", Some("exec")),
            ("lib.runString", Some("run")),
            ("lib.run", Some("run")),
            ("lib.loadtxt", None),
            ("lib.rebuild_prune_model", None),
            ("lib.load.rebuild", None),
        ] {
            assert_eq!(alarming_word(name), word, "{name}");
        }
        assert_eq!(alarming_class_word("lib.HTTPConnection"), None);
        assert_eq!(alarming_class_word("lib.SshClient"), Some("client"));
        assert_eq!(alarming_class_word("lib.ClientError2"), Some("client"));
    }

    #[test]
    fn internals_and_modules_of_power_are_escapes() {
        for (path, part) in [
            ("OrderedDict.__init__.__globals__", Some("__globals__")),
            ("os.system", Some("os")),
            ("__builtins__", Some("__builtins__")),
            ("OrderedDict.fromkeys", None),
            ("Model.__init__", None),
            ("osmosis", None),
            ("_os.system", Some("_os")),
        ] {
            assert_eq!(escaping_part(path), part, "{path}");
        }
    }
}
