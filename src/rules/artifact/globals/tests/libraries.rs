//! What honest files of known libraries hold, and beside each shape what must still be told.

use super::*;

fn class(name: &str) -> Datum {
    Datum::Global(callee(name, Route::Literal))
}

fn made(name: &str) -> (Verdict, Degree) {
    judged(&call(name, CallOpcode::NewObj, vec![]))
}

/// Through `copyreg._reconstructor`, as protocols 0 and 1 have it.
fn reconstructed(name: &str) -> (Verdict, Degree) {
    reduce("copyreg._reconstructor", vec![class(name), class("builtins.object"), Datum::None])
}

fn state(target: AttributeTarget, names: &[&str]) -> (Verdict, Degree) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let judgement = Globals::builtin().judge_attribute(&Attribute { target, names, values: Vec::new() });
    (judgement.verdict, judgement.degree)
}

#[test]
fn objects_that_get_nothing_but_state_are_notes() {
    for name in [
        "requests.models.Response",
        "requests.cookies.RequestsCookieJar",
        "joblib.memory.Memory",
        "joblib._store_backends.FileSystemStoreBackend",
        "confection._config.Config",
        "langchain_core.documents.base.Document",
        "llama_index.core.schema.TextNode",
        "cachetools.LRUCache",
    ] {
        assert_eq!((made(name), reconstructed(name)), (NOTE, NOTE), "{name}");
        let instance = AttributeTarget::Instance(callee(name, Route::Literal));
        assert_eq!(state(instance.clone(), &["_store", "__pydantic_extra__"]), NOTE, "{name}");
        assert_eq!(state(instance, &["__setstate__"]), DANGEROUS, "{name}");
    }
}

#[test]
fn their_constructors_and_what_acts_on_state_are_told() {
    for (name, arguments) in [
        ("requests.models.Response", vec![]),
        ("requests.sessions.Session", vec![]),
        ("requests.api.get", vec![text("https://example.org")]),
        ("joblib.memory.Memory", vec![text("cache")]),
        ("joblib._store_backends.FileSystemStoreBackend", vec![]),
        ("langchain_core.documents.base.Document", vec![text("x")]),
        ("langchain_core.load.load.loads", vec![text("x")]),
    ] {
        assert!(reduce(name, arguments).1 >= Degree::Warning, "{name}");
    }
    // `HTTPAdapter.__setstate__` calls `self.init_poolmanager`; `TTLCache.__setstate__` its timer; `LockFile.__del__`
    // removes a file; `diskcache.Cache.__setstate__` opens a database.
    for name in [
        "requests.adapters.HTTPAdapter",
        "cachetools.TTLCache",
        "git.util.LockFile",
        "diskcache.Cache",
        "subprocess.Popen",
    ] {
        assert!(made(name).1 >= Degree::Warning && reconstructed(name).1 >= Degree::Warning, "{name}");
    }
    assert_eq!(reduce("joblib.memory.Memory", vec![Datum::None]), NOTE);
}

#[test]
fn classes_in_small_letters_are_classes() {
    let numbers = Datum::Tuple(vec![Datum::Int(1970); 9]);
    assert_eq!(reduce("time.struct_time", vec![numbers, Datum::Dict(vec![])]), SAFE);
    assert_eq!(reduce("time.sleep", vec![Datum::Int(1)]), WARNING);
    assert_eq!(reduce("platform.freedesktop_os_release", vec![]), DANGEROUS);
    let array = Datum::Result("numpy.ndarray".into());
    for name in ["statsmodels.tsa.statespace._representation.dStatespace", "acme._filters.zKalmanFilter"] {
        assert_eq!(reduce(name, vec![Datum::Int(1), array.clone()]), NOTE, "{name}");
    }
    for name in ["acme._filters.cSystem", "acme._filters.dRunCommand", "acme.filters.dStatespace", "acme._filters.drun"]
    {
        assert!(reduce(name, vec![array.clone()]).1 >= Degree::Warning, "{name}");
    }
}

#[test]
fn what_cython_writes_for_a_class_makes_an_object_of_it() {
    let call = |class_name: &str| {
        reduce("acme._parts.__pyx_unpickle_Part", vec![class(class_name), Datum::Int(136_983_863), Datum::None])
    };
    assert_eq!(call("acme.parts.Sub"), NOTE);
    assert_eq!(call("numpy.ndarray"), NOTE);
    assert_eq!(call("subprocess.Popen"), DANGEROUS);
    assert_eq!(reduce("acme._parts.__pyx_unpickle_Part", vec![text("x")]), UNKNOWN_ERROR);
}

#[test]
fn metaclasses_make_classes_only_from_something() {
    assert_eq!(made("spacy.language.FactoryMeta"), NOTE);
    assert_eq!(made("timm.layers.FactoryMeta"), NOTE);
    let given = vec![text("X"), Datum::Tuple(vec![]), Datum::Dict(vec![])];
    assert_eq!(judged(&call("timm.layers.FactoryMeta", CallOpcode::NewObj, given)), WARNING);
}

#[test]
fn state_of_what_a_class_gave_back_is_that_of_its_object() {
    let result = |name: &str| AttributeTarget::Result(callee(name, Route::Literal));
    assert_eq!(state(result("ast.Name"), &["id", "ctx", "lineno"]), SAFE);
    assert_eq!(state(result("ast.parse"), &["id"]), DANGEROUS);
    assert_eq!(state(result("ast.Name"), &["__class__"]), DANGEROUS);
}

#[test]
fn methods_that_are_kept_are_no_detour() {
    let route = Route::Attribute;
    let import = |module: &str, name: &str| {
        let judgement = Globals::builtin().judge_import(&dotted(module, name, route));
        (judgement.verdict, judgement.degree)
    };
    assert_eq!(import("mmengine.logging.history_buffer", "HistoryBuffer.min"), NOTE);
    assert_eq!(import("acme.log", "Outer.Inner.mean"), NOTE);
    assert_eq!(import("acme.log", "helper.mean"), WARNING);
    assert_eq!(import("acme.log", "Helper.system"), WARNING);
    assert_eq!(import("acme.log", "Helper.mean.__globals__"), DANGEROUS);
    let mut called = call("acme.log.Helper.mean", CallOpcode::Reduce, vec![]);
    called.callee = dotted("acme.log", "Helper.mean", route);
    assert_eq!(judged(&called), WARNING);
}

#[test]
fn functions_that_are_kept_run_nothing() {
    let partial = |name: &str, given: Vec<Datum>| reduce("functools.partial", [vec![class(name)], given].concat());
    for (name, degree) in [
        ("spacy.util._get_attr_unless_lookup", NOTE),
        ("spacy.lang.lex_attrs.is_stop", SAFE),
        ("acme.lex.is_stop", NOTE),
        ("spacy.util.run_command", DANGEROUS),
        ("os.system", DANGEROUS),
        ("numpy.memmap", DANGEROUS),
    ] {
        assert_eq!(partial(name, vec![]), degree, "{name}");
    }
    let fed = partial("spacy.lang.lex_attrs.is_stop", vec![text("https://example.org")]);
    assert_eq!(fed, UNKNOWN_ERROR, "an address");
    let keeps = Globals::builtin().judge_call(&call("functools.partial", CallOpcode::Reduce, vec![class("acme.f")]));
    assert_eq!(
        keeps.broken_contract.as_deref(),
        Some("it keeps `acme.f`, which loadlint does not know, to be called later")
    );
    for name in ["matplotlib.backend_bases._key_handler", "matplotlib.cbook._exception_printer"] {
        assert_eq!(import(name), NOTE, "{name}");
        assert!(reduce(name, vec![Datum::None]).1 >= Degree::Warning, "{name}");
    }
    assert_eq!(import("numpy.memmap"), SAFE);
    assert_eq!(reduce("numpy.memmap", vec![text("x")]), DANGEROUS);
    assert_eq!(reduce("builtins.map", vec![class("numpy.memmap"), Datum::List(vec![])]), DANGEROUS);
    assert_eq!(import("inspect._empty"), SAFE);
    assert_eq!(import("inspect.getsource"), DANGEROUS);
}

#[test]
fn types_by_name_are_those_that_keep_values() {
    for name in ["dill._dill._load_type", "dill.dill._load_type", "cloudpickle.cloudpickle._builtin_type"] {
        for plain in ["int", "ValueError", "MethodType", "PartialType"] {
            assert_eq!(reduce(name, vec![text(plain)]), SAFE, "{plain}");
        }
        for other in ["CodeType", "FunctionType", "ModuleType", "type", "FileType"] {
            assert_eq!(reduce(name, vec![text(other)]), DANGEROUS, "{other}");
        }
        assert_eq!(reduce(name, vec![Datum::Unknown]), DANGEROUS);
    }
}

#[test]
fn what_is_kept_is_harmless_until_it_is_called() {
    let function = |name: &str| Datum::Global(callee(name, Route::Literal));
    assert_eq!(reduce("collections.defaultdict", vec![function("my.tools.default")]), NOTE);
    assert_eq!(reduce("collections.defaultdict", vec![function("os.getcwd")]).0, Verdict::Dangerous);
    let object = || Datum::Result("nltk.stem.snowball.EnglishStemmer".into());
    let method = dotted("nltk.stem.snowball", "EnglishStemmer.stem", Route::Attribute);
    assert_eq!(reduce("types.MethodType", vec![Datum::Global(method), object()]), SAFE);
    assert_eq!(reduce("types.MethodType", vec![function("os.system"), text("id")]), DANGEROUS);
    assert_eq!(reduce("operator.methodcaller", vec![text("lower")]), SAFE);
    assert_eq!(reduce("operator.methodcaller", vec![text("split"), text(",")]), SAFE);
    for arguments in [
        vec![text("system"), text("id")], // GHSA-955r-x9j8-7rhh
        vec![text("load")],
        vec![text("__reduce__")],
        vec![text("format"), text("{0.x}")],
        vec![text("write"), text("/etc/passwd")],
        vec![Datum::Unknown],
        vec![],
    ] {
        assert!(reduce("operator.methodcaller", arguments.clone()).1 >= Degree::Warning, "{arguments:?}");
    }
}

#[test]
fn texts_take_items_of_plain_values_only() {
    let modulo = |value: Datum| reduce("operator.mod", vec![text("%(x)s"), value]);
    assert_eq!((modulo(text("a")), modulo(Datum::Tuple(vec![Datum::Int(1)]))), (SAFE, SAFE));
    assert_eq!(reduce("operator.mod", vec![Datum::Int(7), Datum::Int(3)]), SAFE);
    // A factory for missing keys is called then.
    assert_eq!(modulo(Datum::Result("collections.defaultdict".into())), WARNING);
}

#[test]
fn dill_keeps_ranges_as_text() {
    for plain in ["range(0, 3)", "range(0, 10, -2)", "xrange(5)", "Ellipsis"] {
        assert_eq!(reduce("dill._dill._eval_repr", vec![text(plain)]), SAFE, "{plain}");
    }
    for other in ["range(f())", "range(0, 3", "exit()", "range(0, 3)+x()", ""] {
        assert_eq!(reduce("dill._dill._eval_repr", vec![text(other)]), DANGEROUS, "{other}");
    }
}

#[test]
fn keras_models_are_read_from_memory() {
    let name = "keras.src.models.sequential.Sequential._unpickle_model";
    assert_eq!(reduce(name, vec![Datum::Result("_io.BytesIO".into())]), NOTE);
    assert_eq!(reduce(name, vec![text("model.keras")]), DANGEROUS);
    assert_eq!(reduce(name, vec![Datum::Result("builtins.open".into())]), DANGEROUS);
}

#[test]
fn a_helper_that_makes_an_object_is_told_by_its_class() {
    let arguments = vec![class("acme.data.Point"), class("builtins.object"), Datum::None];
    let judgement = call("copyreg._reconstructor", CallOpcode::Reduce, arguments);
    let judgement = Globals::builtin().judge_call(&judgement);
    assert_eq!(judgement.made.as_deref(), Some("acme.data.Point"));
}
