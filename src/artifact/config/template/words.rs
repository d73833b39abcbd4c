//! The names by which a template leaves its sandbox.
//!
//! Source: the attributes that jinja2's own sandbox refuses (`jinja2/sandbox.py`), CVE-2024-34359, and the published
//! collections of template injections for Jinja.

/// How much a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// An internal of Python that templates which print Python objects may name too: `__name__`, `__class__`.
    Near,
    /// One that serves to get out and nothing else: `__globals__`, `__subclasses__`.
    Out,
}

/// Between double underscores, and for getting out only.
const OUT: [&str; 24] = [
    "globals",
    "subclasses",
    "builtins",
    "mro",
    "base",
    "bases",
    "import",
    "getattribute",
    "code",
    "closure",
    "reduce",
    "reduce_ex",
    "loader",
    "self",
    "func",
    "wrapped",
    "defaults",
    "kwdefaults",
    "class_getitem",
    "subclasshook",
    "init_subclass",
    "setattr",
    "delattr",
    "traceback",
];

/// Between double underscores, and named for other reasons too.
const NEAR: [&str; 12] =
    ["class", "init", "dict", "module", "new", "call", "getattr", "getitem", "enter", "exit", "spec", "annotations"];

/// Without them.
const PLAIN: [&str; 22] = [
    "func_globals",
    "func_code",
    "func_closure",
    "im_func",
    "im_self",
    "im_class",
    "gi_frame",
    "gi_code",
    "cr_frame",
    "cr_code",
    "ag_frame",
    "ag_code",
    "f_globals",
    "f_builtins",
    "f_locals",
    "f_back",
    "tb_frame",
    "tb_next",
    "co_consts",
    "_TemplateReference__context",
    "_BlockReference__context",
    "_LoopContext__context",
];

/// Methods that run something wherever they are reached; counts only if they are called.
const METHODS: [&str; 19] = [
    "popen",
    "Popen",
    "system",
    "check_output",
    "check_call",
    "getoutput",
    "getstatusoutput",
    "execv",
    "execve",
    "execvp",
    "spawnv",
    "spawnl",
    "posix_spawn",
    "load_module",
    "exec_module",
    "import_module",
    "run_path",
    "run_module",
    "eval",
];

/// Methods of classes, of no use to a prompt; documentation is made with them.
const CLASS_METHODS: [&str; 1] = ["mro"];

/// Functions that Jinja does not have; who calls them tries to reach Python's.
const FUNCTIONS: [&str; 11] =
    ["eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "globals", "locals", "vars", "breakpoint"];

/// What Jinja itself puts into every template; their attributes are of no use but to get out.
const GLOBALS: [&str; 3] = ["lipsum", "cycler", "joiner"];

/// What an attribute or item of this name says.
pub(super) fn attribute(name: &str) -> Option<Reach> {
    if PLAIN.contains(&name) {
        return Some(Reach::Out);
    }
    let inner = name.strip_prefix("__")?.strip_suffix("__").filter(|inner| !inner.is_empty())?;
    let is_name = inner.chars().all(|c| c == '_' || c.is_alphanumeric());
    is_name.then_some(if OUT.contains(&inner) { Reach::Out } else { Reach::Near })
}

/// What a text says that is an attribute's name or holds one: `__class__`, `a.__globals__`, `__import__('os')`.
pub(super) fn text(value: &str) -> Option<(Reach, &str)> {
    if let Some(reach) = attribute(value)
        && (reach == Reach::Out || NEAR.contains(&value.trim_matches('_')))
    {
        return Some((reach, value));
    }
    value.match_indices("__").find_map(|(at, _)| {
        let rest = &value[at..];
        let length = rest[2..].find("__")? + 4;
        let name = rest.get(..length)?;
        matches!(attribute(name), Some(Reach::Out)).then_some((Reach::Out, name))
    })
}

/// What the call of a method of this name says.
pub(super) fn method(name: &str) -> Option<Reach> {
    if METHODS.contains(&name) {
        return Some(Reach::Out);
    }
    CLASS_METHODS.contains(&name).then_some(Reach::Near)
}

/// Whether this is a function of Python that templates do not have.
pub(super) fn is_python_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

/// Whether this stands in every template and serves to get out.
pub(super) fn is_template_global(name: &str) -> bool {
    GLOBALS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_near_or_out() {
        assert_eq!(attribute("__globals__"), Some(Reach::Out));
        assert_eq!(attribute("__version__"), Some(Reach::Near));
        assert_eq!(attribute("gi_frame"), Some(Reach::Out));
        for name in ["content", "____", "__", "__x", "__a b__", "_private"] {
            assert_eq!(attribute(name), None, "{name}");
        }
    }

    #[test]
    fn texts_name_internals_or_do_not() {
        assert_eq!(text("__class__"), Some((Reach::Near, "__class__")));
        assert_eq!(text("x.__class__.__globals__"), Some((Reach::Out, "__globals__")));
        assert_eq!(text("eval(\"__import__('os')\")"), Some((Reach::Out, "__import__")));
        for value in ["__image__", "__media__", "____", "if __name__ == \"__main__\":", "<|im_start|>", "__"] {
            assert_eq!(text(value), None, "{value}");
        }
    }
}
