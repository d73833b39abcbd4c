//! Published techniques, each with the advisory that names it: what they run must be seen. All payloads are inert.

mod limits;
mod streams;

use std::fmt::Write as _;

use crate::artifact::{Detail, examine};
use crate::fact::artifact::{ArtifactFacts, Format, GapKind, ObservationKind, ReferenceKind, Seen};
use crate::fact::pickle::{DECISIVE_ATTRIBUTES, Datum};
use crate::limits::Limits;

/// Opcodes, written as they are needed.
#[derive(Default, Clone)]
struct Pickle(Vec<u8>);

impl Pickle {
    fn new() -> Self {
        Self(b"\x80\x04".to_vec())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        let length = u8::try_from(text.len()).expect("a short text");
        self.raw(&[0x8C, length]).raw(text.as_bytes())
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).expect("few bytes");
        self.raw(b"B").raw(&length.to_le_bytes()).raw(bytes)
    }

    fn global(self, module: &str, name: &str) -> Self {
        self.text(module).text(name).raw(b"\x93")
    }

    /// Calls what lies below with one text.
    fn calls(self, text: &str) -> Self {
        self.text(text).raw(b"\x85R")
    }

    fn stop(self) -> Vec<u8> {
        self.raw(b".").0
    }
}

fn system() -> Vec<u8> {
    Pickle::new().global("os", "system").calls("echo loadlint-test").stop()
}

fn seen(bytes: &[u8]) -> ArtifactFacts {
    examine(&bytes.to_vec().into(), "model.pkl", &Limits::default(), Detail::Findings)
}

/// The calls, as Python would write them, one a line; those in members with the member before them.
fn calls(facts: &ArtifactFacts) -> String {
    let mut out = String::new();
    for fact in &facts.facts {
        if let Seen::Call(call) = &fact.seen {
            let member = fact.place.member.to_string();
            let separator = if member.is_empty() { "" } else { ": " };
            writeln!(out, "{member}{separator}{call}").expect("writable");
        }
    }
    out
}

fn has_call(bytes: &[u8], call: &str) -> ArtifactFacts {
    let facts = seen(bytes);
    let all = calls(&facts);
    assert!(all.lines().any(|line| line == call), "{call} is not among\n{all}");
    facts
}

fn observed(facts: &ArtifactFacts, kind: ObservationKind) -> Vec<String> {
    let of_kind = facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Observation(observation) if observation.kind == kind => Some(observation.subject.clone()),
        _ => None,
    });
    of_kind.collect()
}

// GHSA-655q-fx9r-782v, CVE-2025-1716 (pip.main); GHSA-f7qq-56ww-84cr, CVE-2025-10157 (asyncio.unix_events); GHSA-v7x6-rv5q-mhwc
// (timeit); GHSA-xp4f-hrf8-rxw7 (ensurepip); GHSA-7wx9-6375-f5wh (profile); GHSA-g38g-8gr9-h9xp (uuid and others);
// GHSA-r8g5-cgf2-4m4m (numpy.f2py); GHSA-m273-6v24-x4m4 (distutils); GHSA-6ggj-6f2q-f7mx (_interpreters); modelscan #338.
#[test]
fn a_name_is_told_whatever_it_is() {
    for (module, name) in [
        ("pip", "main"),
        ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
        ("timeit", "timeit"),
        ("ensurepip", "_run_pip"),
        ("profile", "run"),
        ("uuid", "_get_command_stdout"),
        ("_osx_support", "_read_output"),
        ("numpy.f2py.crackfortran", "getlincoef"),
        ("distutils.file_util", "write_file"),
        ("_interpreters", "run_string"),
        ("multiprocessing.util", "spawnv_passfds"),
        ("mlflow.projects.backend.local", "_run_entry_point"),
        ("pandas", "read_csv"),
    ] {
        has_call(&Pickle::new().global(module, name).calls("x").stop(), &format!("{module}.{name}(\"x\")"));
    }
}

// An import runs the module: `antigravity` opens a browser.
#[test]
fn an_import_that_is_never_called_is_told() {
    let facts = seen(&Pickle::new().global("antigravity", "geohash").raw(b"0N").stop());
    assert!(
        facts.facts.iter().any(|fact| matches!(&fact.seen, Seen::Import(name) if name.name == "antigravity.geohash"))
    );
}

// GHSA-9gvj-pp9x-gcfr: operands of `STACK_GLOBAL` that do not stand right before it.
#[test]
fn operands_come_from_wherever_the_stack_has_them() {
    let memoized = Pickle::new().text("os").raw(b"\x940").text("system").raw(b"\x940h\x00h\x01\x93").calls("x").stop();
    has_call(&memoized, "os.system(\"x\")");
    let dropped = Pickle::new().text("os").text("system").text("harmless").raw(b"0\x93").calls("x").stop();
    has_call(&dropped, "os.system(\"x\")");
    let unpacked =
        Pickle::new().raw(b"(").text("a").raw(b"1").text("os").raw(b"N0").text("system").raw(b"\x93").calls("x");
    has_call(&unpacked.stop(), "os.system(\"x\")");
}

// picklescan #14, and its like with a sparse memo: `MEMOIZE` takes the number of entries.
#[test]
fn the_memo_counts_as_c_does() {
    let mixed = Pickle::new().text("posix").raw(b"q\x01").text("join").raw(b"q\x00").text("system").raw(b"\x94");
    has_call(&mixed.raw(b"h\x01h\x02\x93").calls("x").stop(), "posix.system(\"x\")");
    let sparse = Pickle::new().text("join").raw(b"\x94").text("os").raw(b"q\x05").text("system").raw(b"\x94000");
    has_call(&sparse.raw(b"h\x05h\x02\x93").calls("x").stop(), "os.system(\"x\")");
}

#[test]
fn quotes_and_escapes_hide_no_name() {
    has_call(b"S\"os\"\nS'system'\n\x93S'x'\n\x85R.", "os.system(\"x\")");
    has_call(b"S'\\157\\x73'\nV\\u0073ystem\n\x93S'x'\n\x85R.", "os.system(\"x\")");
}

// GHSA-vvpj-8cmc-gx39: pkgutil.resolve_name reaches everything.
#[test]
fn resolve_name_is_followed() {
    let path = Pickle::new().global("pkgutil", "resolve_name").calls("os:system").calls("x").stop();
    has_call(&path, "os.system(\"x\")");
}

#[test]
fn types_that_libraries_name_are_called_as_what_they_are() {
    for by_name in ["cloudpickle.cloudpickle _builtin_type", "dill._dill _load_type"] {
        let (module, function) = by_name.split_once(' ').expect("two words");
        let named = |name: &str| Pickle::new().global(module, function).calls(name);
        // `MethodType(system, "echo")()` calls `system("echo")`.
        let method = named("MethodType").global("os", "system").text("echo loadlint-test").raw(b"\x86R)R").stop();
        let told = calls(&seen(&method));
        assert!(told.contains("types.MethodType(os.system, \"echo loadlint-test\")"), "{told}");
        assert!(told.contains("os.system(\"echo loadlint-test\")"), "{told}");
        let code = named("CodeType").raw(b"K\x00\x85R").stop();
        assert!(calls(&seen(&code)).contains("types.CodeType(0)"), "{}", calls(&seen(&code)));
    }
}

// GHSA-955r-x9j8-7rhh: _operator.methodcaller; and attrgetter, itemgetter beside it.
#[test]
fn getters_and_callers_are_followed() {
    let module = |pickle: Pickle| pickle.global("importlib", "import_module").calls("os");
    let caller = Pickle::new().global("_operator", "methodcaller").text("system").text("x").raw(b"\x86R");
    has_call(&module(caller).raw(b"\x85R").stop(), "os.system(\"x\")");
    let getter = Pickle::new().global("operator", "attrgetter").calls("system");
    has_call(&module(getter).raw(b"\x85R").calls("x").stop(), "os.system(\"x\")");
    let item = Pickle::new().global("operator", "itemgetter").calls("os").global("sys", "modules").raw(b"\x85R");
    let attribute = Pickle::new().global("builtins", "getattr").raw(&item.0[2..]).text("system").raw(b"\x86R");
    has_call(&attribute.calls("x").stop(), "os.system(\"x\")");
}

// picklescan #66.
#[test]
fn modules_are_followed_to_their_attributes() {
    let module = Pickle::new().global("importlib", "import_module").calls("os");
    let attribute = Pickle::new().global("builtins", "getattr").raw(&module.0[2..]).text("system").raw(b"\x86R");
    has_call(&attribute.calls("x").stop(), "os.system(\"x\")");
    let space = Pickle::new().global("builtins", "vars").raw(&module.0[2..]).raw(b"\x85R");
    let item = Pickle::new().global("operator", "getitem").raw(&space.0[2..]).text("system").raw(b"\x86R");
    has_call(&item.calls("x").stop(), "os.system(\"x\")");
}

// GHSA-mxhj-88fx-4pcv: the result of OBJ is dropped.
#[test]
fn a_result_that_is_dropped_was_called() {
    has_call(b"(cos\nsystem\nS'x'\no0N.", "os.system(\"x\")");
    has_call(b"(S'x'\nios\nsystem\n0N.", "os.system(\"x\")");
}

// GHSA-5j3x-jp52-966f: a dotted name through a harmless module.
#[test]
fn a_dotted_name_is_that_of_the_module_it_reaches() {
    let facts = has_call(&Pickle::new().global("logging", "os.system").calls("x").stop(), "os.system(\"x\")");
    let spelled = facts.facts.iter().any(|fact| matches!(&fact.seen, Seen::Import(name) if name.name == "os.system"));
    assert!(spelled);
    let modules = Pickle::new().global("collections", "abc.sys.modules.get").calls("os");
    let attribute = Pickle::new().global("builtins", "getattr").raw(&modules.0[2..]).text("system").raw(b"\x86R");
    has_call(&attribute.calls("x").stop(), "os.system(\"x\")");
}

// cpython #154848, fickling PR #317: what a file reader of CPython before 3.14.7 drops at the end of a frame.
#[test]
fn both_readings_of_a_crossed_frame_are_told() {
    let hidden = Pickle::default().raw(b"cos\nsystem\nVx\n\x85R(").0;
    let payload = [&b"\0\0"[..], &hidden, &vec![b'N'; 261 - hidden.len()], b"1"].concat();
    let pickle =
        Pickle(b"\x80\x05N".to_vec()).raw(b"(\x95").raw(&2_u64.to_le_bytes()).raw(b"B\x07\x01\0\0").raw(&payload);
    let facts = has_call(&pickle.stop(), "os.system(\"x\")");
    assert!(!observed(&facts, ObservationKind::PickleAmbiguous).is_empty());
}

// modelscan #330: numpy.__builtins__, and BUILD on a name.
#[test]
fn builtins_of_a_module_are_builtins() {
    let get = Pickle::new().global("numpy", "__builtins__.get").calls("eval").calls("1").stop();
    has_call(&get, "builtins.eval(\"1\")");
    let item = Pickle::new().global("operator", "getitem").global("numpy", "__builtins__").text("eval").raw(b"\x86R");
    has_call(&item.calls("1").stop(), "builtins.eval(\"1\")");
    let built = seen(&Pickle::new().global("numpy", "size").raw(b"}").text("a").text("b").raw(b"sb").stop());
    assert!(built.facts.iter().any(|fact| matches!(&fact.seen, Seen::Attribute(set) if set.names == ["a"])));
}

// modelscan #331: names joined at run time; ShadowPickle (arXiv 2607.17503): names computed by allowed codecs.
#[test]
fn computed_names_are_computed() {
    let join = Pickle::new().global("builtins", "getattr").text("").text("join").raw(b"\x86R](").text("o").text("s");
    let joined = join.raw(b"e\x85R").text("system").raw(b"\x93").calls("x").stop();
    let rot13 = Pickle::new().global("_codecs", "encode").text("bf").text("rot13").raw(b"\x86R").text("system");
    let base64 = Pickle::new().global("base64", "b64decode").calls("b3M=");
    let decoded =
        Pickle::new().global("codecs", "decode").raw(&base64.0[2..]).text("ascii").raw(b"\x86R").text("system");
    let reversed = Pickle::new().global("builtins", "reversed").calls("so");
    let joined_reversed = Pickle::new().global("builtins", "str.join").text("").raw(&reversed.0[2..]).raw(b"\x86R");
    for pickle in [
        joined,
        rot13.raw(b"\x93").calls("x").stop(),
        decoded.raw(b"\x93").calls("x").stop(),
        joined_reversed.text("system").raw(b"\x93").calls("x").stop(),
    ] {
        let facts = has_call(&pickle, "os.system(\"x\")");
        assert_eq!(observed(&facts, ObservationKind::ComputedName), ["os.system"]);
    }
}

#[test]
fn what_cannot_be_computed_is_told_as_unknown() {
    let unknown = Pickle::new().global("time", "tzname").global("a", "b").raw(b"\x85R").text("system").raw(b"\x93");
    let facts = has_call(&unknown.calls("x").stop(), "something unknown(\"x\")");
    assert!(!observed(&facts, ObservationKind::ComputedName).is_empty());
}

// An instance's attribute, or a method given to a class, that an opcode calls.
#[test]
fn a_planted_method_is_called_by_the_opcode_that_calls_it() {
    let planted = Pickle::new().global("collections", "UserList").raw(b")\x81}").text("append").global("os", "system");
    has_call(&planted.raw(b"sb").text("x").raw(b"a").stop(), "os.system([\"x\"])");
    let class =
        Pickle::new().global("a", "A").raw(b"q\x00N}").text("__setitem__").global("os", "system").raw(b"s\x86b0");
    let facts =
        has_call(&class.raw(b"h\x00)\x81").text("x").text("y").raw(b"s").stop(), "os.system(a.A(…), (\"x\", \"y\"))");
    assert!(facts.facts.iter().any(|fact| matches!(&fact.seen, Seen::Attribute(set) if set.names == ["__setitem__"])));
    let state = Pickle::new().global("a", "A").raw(b")\x81}").text("__setstate__").global("os", "system").raw(b"sb");
    has_call(&state.text("x").raw(b"b").stop(), "os.system(\"x\")");
}

// EXT1 through copyreg._inverted_registry, and through add_extension.
#[test]
fn extension_codes_are_followed_to_the_registry() {
    let pair = Pickle::default().text("os").text("system").raw(b"\x86").0;
    let written = Pickle::new().global("copyreg", "_inverted_registry").raw(b"K\x07").raw(&pair).raw(b"s0\x82\x07");
    let added =
        Pickle::new().global("copyreg", "add_extension").text("os").text("system").raw(b"K\x07\x87R0\x84\x07\0\0\0");
    for pickle in [written, added] {
        let facts = has_call(&pickle.calls("x").stop(), "os.system(\"x\")");
        assert_eq!(observed(&facts, ObservationKind::ExtensionCode), ["7"]);
    }
    let facts = has_call(&Pickle::new().raw(b"\x83\x07\0").calls("x").stop(), "something unknown(\"x\")");
    assert_eq!(observed(&facts, ObservationKind::ExtensionCode), ["7"]);
}

// A gadget inside the bytes of torch.storage._load_from_bytes and other loaders.
#[test]
fn bytes_that_are_loaded_are_looked_into() {
    for (module, name) in [("torch.storage", "_load_from_bytes"), ("pickle", "loads"), ("io", "BytesIO")] {
        let facts = seen(&Pickle::new().global(module, name).bytes(&system()).raw(b"\x85R").stop());
        assert!(calls(&facts).contains(": os.system(\"echo loadlint-test\")"), "{module}");
    }
    let latin: String = system().iter().map(|byte| char::from(*byte)).collect();
    let text =
        Pickle::new().global("pickle", "loads").global("_codecs", "encode").text(&latin).text("latin1").raw(b"\x86R");
    assert!(calls(&seen(&text.raw(b"\x85R").stop())).contains(": os.system(\"echo loadlint-test\")"));
    let kept = seen(&Pickle::new().raw(b"}").text("a").bytes(&system()).raw(b"s").stop());
    assert!(calls(&kept).contains(": os.system("), "a constant that nobody loads yet");
    let data = seen(&Pickle::new().raw(b"}").text("a").bytes(b"\x80\x04\x00\x01\x02\x03\x04").raw(b"s").stop());
    assert_eq!((data.parts, data.gaps.len()), (1, 0));
}

#[test]
fn functions_that_call_functions_are_followed() {
    let list = Pickle::default().raw(b"]").text("x").raw(b"a").0;
    for (module, name) in [("builtins", "map"), ("builtins", "filter")] {
        let mapped = Pickle::new().global(module, name).global("os", "system").raw(&list).raw(b"\x86R");
        has_call(&mapped.stop(), "os.system(\"x\")");
    }
    let partial = Pickle::new().global("functools", "partial").global("os", "system").text("x").raw(b"\x86R)R");
    has_call(&partial.stop(), "os.system(\"x\")");
    let target = Pickle::new().global("threading", "Thread").raw(b")}").text("target").global("os", "system").raw(b"s");
    has_call(&target.raw(b"\x92").stop(), "os.system(?)");
    let method = Pickle::new().global("builtins", "getattr").global("subprocess", "Popen").calls("x").text("wait");
    has_call(&method.raw(b"\x86R)R").stop(), "subprocess.Popen().wait()");
}

#[test]
fn the_state_of_a_partial_function_is_what_it_calls() {
    let harmless = Pickle::new().global("functools", "partial").global("builtins", "dict").raw(b"\x85");
    let state = |pickle: Pickle| pickle.global("os", "system").text("x").raw(b"\x85}}t");
    for made in [&b"R"[..], b"\x81"] {
        let built = state(harmless.clone().raw(made).raw(b"(")).raw(b"b)R");
        has_call(&built.stop(), "os.system(\"x\")");
    }
    let called =
        Pickle::new().global("builtins", "getattr").raw(b"(").global("functools", "partial").global("builtins", "dict");
    let called = called.raw(b"\x85R\x94").text("__setstate__").raw(b"tR(");
    has_call(&state(called).raw(b"\x85R0h\0)R").stop(), "os.system(\"x\")");
    let unknown = harmless.raw(b"R").global("somewhere", "state").raw(b")Rb)R");
    assert!(!observed(&seen(&unknown.stop()), ObservationKind::ComputedName).is_empty(), "who knows what is called");
}

#[test]
fn a_kept_function_that_is_not_followed_is_told() {
    let partial = |kept: Pickle| Pickle(Vec::new()).global("functools", "partial").raw(&kept.0).raw(b"\x85R");
    let nested = (0..14).fold(Pickle(Vec::new()).global("lib", "run"), |kept, _| partial(kept));
    let many = partial(Pickle(Vec::new()).global("lib", "run")).raw(b"(").raw(&b"N".repeat(1100)).raw(b"tR");
    for pickle in [nested.raw(b")R"), many] {
        let facts = seen(&Pickle::new().raw(&pickle.0).stop());
        assert!(!observed(&facts, ObservationKind::ComputedName).is_empty(), "{}", calls(&facts));
    }
    let few = partial(Pickle(Vec::new()).global("lib", "run")).raw(b")R");
    let facts = has_call(&Pickle::new().raw(&few.0).stop(), "lib.run()");
    assert!(observed(&facts, ObservationKind::ComputedName).is_empty());
}

#[test]
fn names_that_data_keeps_for_its_loader_are_told() {
    let kept = |key: &str| {
        let pickle = Pickle::new().raw(b"}}(").text("a").text("b").text(key).text("os.system").raw(b"u");
        let facts = seen(&pickle.stop());
        let names = facts.facts.iter().filter_map(|fact| match &fact.seen {
            Seen::Reference(reference) => Some((reference.kind, reference.name.clone())),
            _ => None,
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(kept("_instantiator"), [(ReferenceKind::Plugin, "os.system".to_owned())]);
    assert_eq!(kept("_target_"), [(ReferenceKind::KeptTarget, "os.system".to_owned())]);
    assert_eq!(kept("_targets_"), []);
}

#[test]
fn values_that_decide_what_an_object_does_are_told() {
    let object = Pickle::new().global("scipy.stats._distn_infrastructure", "rv_sample").raw(b")\x81}(");
    let built = object.text("a").text("b").text("_parse_arg_template").text("print(1)").raw(b"ub").stop();
    let facts = seen(&built);
    let values = facts.facts.iter().find_map(|fact| match &fact.seen {
        Seen::Attribute(attribute) => Some(attribute.values.clone()),
        _ => None,
    });
    let text = Datum::Text { start: "print(1)".to_owned(), length: 8 };
    assert_eq!(values, Some(vec![("_parse_arg_template".to_owned(), text)]));
}

#[test]
fn what_reconstructs_calls_the_base() {
    let reconstructor = || Pickle::new().global("copyreg", "_reconstructor");
    let own = reconstructor().global("lib", "File").raw(b"\x94h\0").text("x").raw(b"\x87R");
    has_call(&own.stop(), "lib.File(\"x\")");
    let base = reconstructor().global("lib", "Own").global("lib", "File").text("x").raw(b"\x87R");
    has_call(&base.stop(), "lib.File(\"x\")");
    let plain = reconstructor().global("lib", "Own").global("builtins", "object").raw(b"N\x87R");
    assert!(!calls(&seen(&plain.stop())).contains("lib.Own("), "nothing but `__new__` is called");
    let made = Pickle::new().global("copyreg", "__newobj__").global("functools", "partial").global("os", "system");
    has_call(&made.raw(b"\x86R").calls("x").stop(), "os.system(\"x\")");
}

#[test]
fn old_names_are_told_as_todays() {
    let facts = has_call(b"c__builtin__\neval\n(S'1'\ntR.", "builtins.eval(\"1\")");
    let spelled = facts.facts.iter().find_map(|fact| match &fact.seen {
        Seen::Import(name) => name.spelled.clone(),
        _ => None,
    });
    assert_eq!(spelled.as_deref(), Some("__builtin__ eval"));
}

// A key whose hash takes 2^60 steps stops CPython (and hayward) for ever.
#[test]
fn a_key_that_is_never_hashed_is_told() {
    let tuple = [&b"\x80\x04)"[..], &b"2\x86".repeat(60), b"q\x000"].concat();
    for key in [&b"}h\x00Ns."[..], b"(h\x00\x91.", b"\x8f(h\x00\x90.", b"(h\x00Nd."] {
        let facts = seen(&[&tuple[..], key].concat());
        assert_eq!(observed(&facts, ObservationKind::HashBomb).len(), 1, "{}", key.escape_ascii());
    }
    assert!(observed(&seen(&[&tuple[..], b"h\x00."].concat()), ObservationKind::HashBomb).is_empty());
}

#[test]
fn values_of_decisive_attributes_are_told() {
    for name in DECISIVE_ATTRIBUTES {
        let made = Pickle::new().global("library", "Class").raw(b")\x81}").text(name).text("x").raw(b"sb").stop();
        let facts = seen(&made);
        let values = facts.facts.iter().filter_map(|fact| match &fact.seen {
            Seen::Attribute(attribute) => Some(&attribute.values),
            _ => None,
        });
        let names: Vec<_> = values.flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [name]);
    }
}
