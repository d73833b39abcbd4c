//! What is known of calling some names: enough to see through names that a stream puts together while it loads.
//!
//! Comes in: a qualified name. Goes out: a [`Meaning`], which `fold` carries out. No judgement: harmless and harmful
//! names stand side by side here.

/// What a call does, as far as it matters for names and nested content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing that is known here.
    Plain,
    /// `getattr(object, name)`.
    GetAttribute,
    /// `vars(object)`.
    Vars,
    /// `setattr(object, name, value)`.
    SetAttribute,
    /// `import_module(name)`.
    ImportModule,
    /// `resolve_name("module:name")`, `locate("module.name")`.
    ResolveName,
    /// A type by the name that `types` has for it: cloudpickle's `_builtin_type(name)`.
    TypeByName,
    /// An item of a name space: `sys.modules.get(name)`.
    NamespaceItem,
    /// `encode(object, encoding)` or `decode(object, encoding)`.
    Codec { encodes: bool },
    /// A codec of its own, giving the result and a length.
    FixedCodec { encodes: bool, codec: &'static str },
    /// Text to bytes by this codec: `b64decode`, `unhexlify`.
    FromText(&'static str),
    /// `operator.add` and the like.
    Operator(Operator),
    /// `attrgetter(names)`: an object that is called.
    AttrGetter,
    /// `itemgetter(keys)`.
    ItemGetter,
    /// `methodcaller(name, arguments)`.
    MethodCaller,
    /// `partial(function, arguments)`.
    Partial,
    /// `MethodType(function, receiver)`.
    MethodType,
    /// Calls its first argument with the rest: `operator.call`, `Context.run`, `atexit.register`.
    CallsFirst,
    /// Calls its first argument with the items of its second: `start_new_thread`, `apply`.
    Applies,
    /// Calls its first argument on items of the others: `map`, `filter`.
    Maps,
    /// Calls its first argument on tuples of arguments: `starmap`.
    StarMaps,
    /// `functools.reduce(function, items)`.
    Reduces,
    /// Calls an argument with this keyword, or the one at this position: `Thread(target=…)`, `sorted(key=…)`.
    CallsKeyword(&'static str, usize),
    /// A class whose values are known: `str`, `bytes`, `list`.
    Make(Made),
    /// A method of a built-in value, given the value first.
    Method(&'static str),
    /// Reads bytes that hold an artifact: `pickle.loads`, `io.BytesIO`.
    Loader,
    /// `copyreg.add_extension(module, name, code)`.
    AddExtension,
    /// `copyreg.__newobj__(class, arguments)`: `__new__` and no more.
    MakesNew,
    /// `copyreg._reconstructor(class, base, state)`, which calls the base's `__init__` too.
    Reconstructs,
    /// `object.__setstate__(state)`, what `BUILD` does.
    SetsState,
}

/// Operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `a + b`.
    Add,
    /// `a * b`.
    Multiply,
    /// `a % b`.
    Format,
    /// `a[b]`.
    Item,
    /// `a[b] = c`.
    SetItem,
}

/// What a built-in class makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// `str`.
    Text,
    /// `bytes`.
    Bytes,
    /// `bytearray`.
    ByteArray,
    /// `chr`.
    Character,
    /// `ord`.
    Number,
    /// `tuple`, `iter`, and whatever gives the same items.
    Items,
    /// `list`.
    List,
    /// `reversed`.
    Reversed,
    /// `itertools.chain`: the items of all.
    Chained,
    /// `chain.from_iterable`.
    ChainedItems,
    /// `slice`.
    Slice,
    /// `next`.
    First,
}

/// Names and what they mean; sorted by name.
const MEANINGS: &[(&str, Meaning)] = &[
    ("_codecs.ascii_decode", Meaning::FixedCodec { encodes: false, codec: "ascii" }),
    ("_codecs.ascii_encode", Meaning::FixedCodec { encodes: true, codec: "ascii" }),
    ("_codecs.decode", Meaning::Codec { encodes: false }),
    ("_codecs.encode", Meaning::Codec { encodes: true }),
    ("_codecs.escape_decode", Meaning::FixedCodec { encodes: false, codec: "string-escape" }),
    ("_codecs.latin_1_decode", Meaning::FixedCodec { encodes: false, codec: "latin1" }),
    ("_codecs.latin_1_encode", Meaning::FixedCodec { encodes: true, codec: "latin1" }),
    ("_codecs.raw_unicode_escape_decode", Meaning::FixedCodec { encodes: false, codec: "raw-unicode-escape" }),
    ("_codecs.unicode_escape_decode", Meaning::FixedCodec { encodes: false, codec: "unicode-escape" }),
    ("_codecs.utf_8_decode", Meaning::FixedCodec { encodes: false, codec: "utf8" }),
    ("_codecs.utf_8_encode", Meaning::FixedCodec { encodes: true, codec: "utf8" }),
    ("_functools.partial", Meaning::Partial),
    ("_functools.reduce", Meaning::Reduces),
    ("_io.BytesIO", Meaning::Loader),
    ("_operator.add", Meaning::Operator(Operator::Add)),
    ("_operator.attrgetter", Meaning::AttrGetter),
    ("_operator.call", Meaning::CallsFirst),
    ("_operator.concat", Meaning::Operator(Operator::Add)),
    ("_operator.getitem", Meaning::Operator(Operator::Item)),
    ("_operator.iadd", Meaning::Operator(Operator::Add)),
    ("_operator.iconcat", Meaning::Operator(Operator::Add)),
    ("_operator.itemgetter", Meaning::ItemGetter),
    ("_operator.methodcaller", Meaning::MethodCaller),
    ("_operator.mod", Meaning::Operator(Operator::Format)),
    ("_operator.mul", Meaning::Operator(Operator::Multiply)),
    ("_operator.setitem", Meaning::Operator(Operator::SetItem)),
    ("_pickle.loads", Meaning::Loader),
    ("_thread.start_new", Meaning::Applies),
    ("_thread.start_new_thread", Meaning::Applies),
    ("atexit.register", Meaning::CallsFirst),
    ("base64.a85decode", Meaning::FromText("a85")),
    ("base64.b16decode", Meaning::FromText("hex")),
    ("base64.b32decode", Meaning::FromText("base32")),
    ("base64.b64decode", Meaning::FromText("base64")),
    ("base64.decodebytes", Meaning::FromText("base64")),
    ("base64.decodestring", Meaning::FromText("base64")),
    ("base64.standard_b64decode", Meaning::FromText("base64")),
    ("base64.urlsafe_b64decode", Meaning::FromText("base64")),
    ("binascii.a2b_base64", Meaning::FromText("base64")),
    ("binascii.a2b_hex", Meaning::FromText("hex")),
    ("binascii.unhexlify", Meaning::FromText("hex")),
    ("builtins.__import__", Meaning::ImportModule),
    ("builtins.bytearray", Meaning::Make(Made::ByteArray)),
    ("builtins.bytes", Meaning::Make(Made::Bytes)),
    ("builtins.chr", Meaning::Make(Made::Character)),
    ("builtins.dir", Meaning::Plain),
    ("builtins.filter", Meaning::Maps),
    ("builtins.getattr", Meaning::GetAttribute),
    ("builtins.iter", Meaning::Make(Made::Items)),
    ("builtins.list", Meaning::Make(Made::List)),
    ("builtins.map", Meaning::Maps),
    ("builtins.max", Meaning::CallsKeyword("key", usize::MAX)),
    ("builtins.min", Meaning::CallsKeyword("key", usize::MAX)),
    ("builtins.next", Meaning::Make(Made::First)),
    ("builtins.object.__new__", Meaning::MakesNew),
    ("builtins.ord", Meaning::Make(Made::Number)),
    ("builtins.reversed", Meaning::Make(Made::Reversed)),
    ("builtins.setattr", Meaning::SetAttribute),
    ("builtins.slice", Meaning::Make(Made::Slice)),
    ("builtins.sorted", Meaning::CallsKeyword("key", usize::MAX)),
    ("builtins.str", Meaning::Make(Made::Text)),
    ("builtins.tuple", Meaning::Make(Made::Items)),
    ("builtins.vars", Meaning::Vars),
    ("bz2.decompress", Meaning::Loader),
    ("cloudpickle.cloudpickle._builtin_type", Meaning::TypeByName),
    ("cloudpickle.cloudpickle.loads", Meaning::Loader),
    ("cloudpickle.loads", Meaning::Loader),
    ("codecs.decode", Meaning::Codec { encodes: false }),
    ("codecs.encode", Meaning::Codec { encodes: true }),
    ("copyreg.__newobj__", Meaning::MakesNew),
    ("copyreg.__newobj_ex__", Meaning::MakesNew),
    ("copyreg._reconstructor", Meaning::Reconstructs),
    ("copyreg.add_extension", Meaning::AddExtension),
    ("dill._dill._load_type", Meaning::TypeByName),
    ("dill._dill.loads", Meaning::Loader),
    ("dill.dill._load_type", Meaning::TypeByName),
    ("dill.loads", Meaning::Loader),
    ("django.utils.module_loading.import_string", Meaning::ResolveName),
    ("functools.partial", Meaning::Partial),
    ("functools.reduce", Meaning::Reduces),
    ("gzip.decompress", Meaning::Loader),
    ("importlib.__import__", Meaning::ImportModule),
    ("importlib._bootstrap.__import__", Meaning::ImportModule),
    ("importlib._bootstrap._gcd_import", Meaning::ImportModule),
    ("importlib.import_module", Meaning::ImportModule),
    ("inspect.getattr_static", Meaning::GetAttribute),
    ("io.BytesIO", Meaning::Loader),
    ("itertools.accumulate", Meaning::CallsKeyword("func", 1)),
    ("itertools.chain", Meaning::Make(Made::Chained)),
    ("itertools.chain.from_iterable", Meaning::Make(Made::ChainedItems)),
    ("itertools.dropwhile", Meaning::Maps),
    ("itertools.filterfalse", Meaning::Maps),
    ("itertools.groupby", Meaning::CallsKeyword("key", 1)),
    ("itertools.starmap", Meaning::StarMaps),
    ("itertools.takewhile", Meaning::Maps),
    ("joblib.externals.cloudpickle.cloudpickle._builtin_type", Meaning::TypeByName),
    ("joblib.load", Meaning::Loader),
    ("kombu.serialization.pickle_loads", Meaning::Loader),
    ("kombu.utils.imports.symbol_by_name", Meaning::ResolveName),
    ("lzma.decompress", Meaning::Loader),
    ("marshal.loads", Meaning::Loader),
    ("multiprocessing.Process", Meaning::CallsKeyword("target", 1)),
    ("multiprocessing.context.Process", Meaning::CallsKeyword("target", 1)),
    ("multiprocessing.process.BaseProcess", Meaning::CallsKeyword("target", 1)),
    ("numba.cloudpickle.cloudpickle._builtin_type", Meaning::TypeByName),
    ("numpy.core._multiarray_umath.frombuffer", Meaning::Plain),
    ("numpy.load", Meaning::Loader),
    ("operator.add", Meaning::Operator(Operator::Add)),
    ("operator.attrgetter", Meaning::AttrGetter),
    ("operator.call", Meaning::CallsFirst),
    ("operator.concat", Meaning::Operator(Operator::Add)),
    ("operator.getitem", Meaning::Operator(Operator::Item)),
    ("operator.iadd", Meaning::Operator(Operator::Add)),
    ("operator.iconcat", Meaning::Operator(Operator::Add)),
    ("operator.itemgetter", Meaning::ItemGetter),
    ("operator.methodcaller", Meaning::MethodCaller),
    ("operator.mod", Meaning::Operator(Operator::Format)),
    ("operator.mul", Meaning::Operator(Operator::Multiply)),
    ("operator.setitem", Meaning::Operator(Operator::SetItem)),
    ("pandas.io.pickle.read_pickle", Meaning::Loader),
    ("pandas.read_pickle", Meaning::Loader),
    ("pickle._loads", Meaning::Loader),
    ("pickle.loads", Meaning::Loader),
    ("pkgutil.resolve_name", Meaning::ResolveName),
    ("pydoc.locate", Meaning::ResolveName),
    ("pydoc.safeimport", Meaning::ImportModule),
    ("ray.cloudpickle.cloudpickle._builtin_type", Meaning::TypeByName),
    ("threading.Thread", Meaning::CallsKeyword("target", 1)),
    ("threading.Timer", Meaning::CallsKeyword("function", 1)),
    ("torch.load", Meaning::Loader),
    ("torch.serialization.load", Meaning::Loader),
    ("torch.storage._load_from_bytes", Meaning::Loader),
    ("types.MethodType", Meaning::MethodType),
    ("unittest.mock._importer", Meaning::ResolveName),
    ("werkzeug.utils.import_string", Meaning::ResolveName),
    ("zlib.decompress", Meaning::Loader),
];

/// Built-in classes whose methods are known, as names begin.
const BUILT_IN: [&str; 6] =
    ["builtins.str.", "builtins.bytes.", "builtins.bytearray.", "builtins.list.", "builtins.tuple.", "builtins.dict."];

/// Methods of built-in values that `fold` knows.
const METHODS: &[&str] = &[
    "__add__",
    "__getitem__",
    "__mod__",
    "__mul__",
    "__radd__",
    "__rmul__",
    "__str__",
    "capitalize",
    "copy",
    "decode",
    "encode",
    "format",
    "fromhex",
    "get",
    "hex",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "pop",
    "removeprefix",
    "removesuffix",
    "replace",
    "rstrip",
    "split",
    "strip",
    "swapcase",
    "title",
    "upper",
    "values",
];

impl Meaning {
    /// What calling this name means.
    pub(super) fn of(name: &str) -> Self {
        if let Ok(index) = MEANINGS.binary_search_by(|entry| entry.0.cmp(name)) {
            return MEANINGS[index].1;
        }
        let Some((base, method)) = name.rsplit_once('.') else { return Self::Plain };
        let plain = method.strip_prefix("__").and_then(|method| method.strip_suffix("__"));
        if let (Some(plain), "operator" | "_operator") = (plain, base) {
            return Self::of(&format!("operator.{plain}"));
        }
        if matches!(method, "__getattribute__" | "__getattr__") {
            return Self::GetAttribute;
        }
        if method == "__setstate__" {
            return Self::SetsState;
        }
        if matches!(method, "get" | "__getitem__" | "pop" | "setdefault") && is_namespace(base) {
            return Self::NamespaceItem;
        }
        if BUILT_IN.iter().any(|class| class.strip_suffix('.') == Some(base))
            && let Ok(index) = METHODS.binary_search(&method)
        {
            return Self::Method(METHODS[index]);
        }
        Self::Plain
    }
}

/// Whether items of what has this name are names themselves.
pub(super) fn is_namespace(name: &str) -> bool {
    name == "sys.modules"
        || [".__dict__", ".__globals__", ".__builtins__", ".f_globals", ".f_builtins"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(MEANINGS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(METHODS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn methods_and_name_spaces_are_recognised() {
        assert_eq!(Meaning::of("builtins.str.join"), Meaning::Method("join"));
        assert_eq!(Meaning::of("builtins.str.nothing"), Meaning::Plain);
        assert_eq!(Meaning::of("sys.modules.get"), Meaning::NamespaceItem);
        assert_eq!(Meaning::of("numpy.__builtins__.__getitem__"), Meaning::NamespaceItem);
        assert_eq!(Meaning::of("builtins.object.__getattribute__"), Meaning::GetAttribute);
        assert_eq!(Meaning::of("os"), Meaning::Plain);
    }
}
