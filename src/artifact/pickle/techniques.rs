//! Published techniques, each with the advisory that names it: what they run must be seen. All payloads are inert.

use std::fmt::Write as _;

use proptest::prelude::*;

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

// nullifAI (ReversingLabs, 2025).
#[test]
fn what_ran_before_a_stream_breaks_is_told() {
    let facts = has_call(b"cos\nsystem\n(S'x'\ntR\xFF\xFF\xFF", "os.system(\"x\")");
    assert_eq!(observed(&facts, ObservationKind::BrokenAfterCalls).len(), 1);
    assert_eq!(facts.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let truncated = seen(&system()[..30]);
    assert_eq!(truncated.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
}

#[test]
fn streams_after_the_first_are_followed() {
    let facts = has_call(&[&b"\x80\x04N."[..], &system()].concat(), "os.system(\"echo loadlint-test\")");
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
    let hidden = [&b"\x80\x04N."[..], &[0; 100], &system()].concat();
    let facts = has_call(&hidden, "<bytes at 104>: os.system(\"echo loadlint-test\")");
    assert_eq!(observed(&facts, ObservationKind::TrailingBytes).len(), 1);
}

/// The five streams of PyTorch's legacy files.
fn legacy(first: &[u8], last: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.".to_vec();
    let sizes = b"\x80\x02}.".to_vec();
    let object = b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ.".to_vec();
    let storages = [&1_u64.to_le_bytes()[..], b"\x80\x04N."].concat();
    [first, &magic, b"\x80\x02M\xe9\x03.", &sizes, &object, last, &storages].concat()
}

// Legacy torch: a call in the first, or in the fifth pickle.
#[test]
fn all_streams_of_a_legacy_torch_file_are_followed_and_storages_are_none() {
    let facts = seen(&legacy(b"", b"\x80\x02]X\x01\0\0\x000a."));
    assert_eq!((facts.format, facts.gaps.len(), calls(&facts).as_str()), (Format::TorchLegacy, 0, ""));
    let types = facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Stream(stream) => Some(stream.persistent_types.clone()),
        _ => None,
    });
    let streams: Vec<_> = types.collect();
    assert_eq!(streams.len(), 5);
    assert_eq!(streams[3], ["torch.FloatStorage"]);
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
    has_call(&legacy(b"", &system()), "os.system(\"echo loadlint-test\")");
    let behind = has_call_inside(&[legacy(b"", b"\x80\x02]X\x01\0\0\x000a."), system()].concat());
    assert_eq!(observed(&behind, ObservationKind::TrailingBytes).len(), 1);
    let dropped = Pickle::new().global("os", "system").calls("x").raw(b"0\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19").stop();
    let first = [&dropped[..], &legacy(b"", b"\x80\x02].")[15..]].concat();
    assert_eq!(has_call(&first, "os.system(\"x\")").format, Format::TorchLegacy);
}

/// A joblib file with one array of bytes between the opcodes, then `tail`.
fn joblib(dtype: &str, flags: u8, length: u8, padding: Option<&[u8]>, data: &[u8], tail: Pickle) -> Vec<u8> {
    let class = Pickle::new().raw(b"(").global("joblib.numpy_pickle", "NumpyArrayWrapper").raw(b")\x81}(");
    let shape = class.text("shape").raw(&[b'K', length, 0x85]);
    let state = shape.text("dtype").global("numpy", "dtype").text(dtype).raw(b"\x89\x88\x87R(K\x03").text("|");
    let state = state.raw(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK").raw(&[flags]).raw(b"tb");
    let state = state.text("allow_mmap").raw(b"\x88").text("numpy_array_alignment_bytes");
    let state = match padding {
        Some(_) => state.raw(b"K\x10ub"),
        None => state.raw(b"Nub"),
    };
    let padded = padding.map(|bytes| [&[bytes.len() as u8], bytes].concat()).unwrap_or_default();
    state.raw(&padded).raw(data).raw(&tail.raw(b"t").stop()).0
}

// HF proofs of concept 2026: joblib, a call after inline array bytes; padding byte 0x2e read as STOP; array bytes that
// swallow the tail.
#[test]
fn joblib_arrays_are_passed_over_as_joblib_does() {
    let call = || Pickle::default().global("os", "system").calls("x");
    let swallows = [&b"\x8e"[..], &1_000_000_u64.to_le_bytes(), b"."].concat();
    for (data, padding) in
        [(vec![1; 16], Some(&[0xFF; 3][..])), (vec![b'.'; 46], Some(&[0x2E; 0x2E][..])), (swallows, None)]
    {
        let length = u8::try_from(data.len()).expect("few bytes");
        let file = joblib("u1", 0, length, padding, &data, call());
        let facts = has_call(&file, "os.system(\"x\")");
        assert_eq!((facts.format, facts.gaps.len()), (Format::Joblib, 0));
        let clean = seen(&joblib("u1", 0, length, padding, &data, Pickle::default()));
        assert_eq!((calls(&clean).lines().count(), clean.gaps.len()), (2, 0), "{}", calls(&clean));
        assert_eq!(observed(&clean, ObservationKind::PickleAmbiguous), [""; 0]);
    }
}

// The same: what plain `pickle.load` would run where joblib sees an array.
#[test]
fn array_bytes_that_are_opcodes_are_told_too() {
    let data = Pickle::default().global("os", "system").calls("x").0;
    let facts = has_call(&joblib("u1", 0, data.len() as u8, None, &data, Pickle::default()), "os.system(\"x\")");
    assert!(!observed(&facts, ObservationKind::PickleAmbiguous).is_empty());
}

// The same: a nested pickle in an object array, with a joblib gadget.
#[test]
fn an_array_of_objects_is_a_pickle_of_its_own() {
    let gadget = Pickle::new().global("joblib.numpy_pickle_utils", "_read_fileobject").calls("x").stop();
    let after = Pickle::default().global("os", "system").calls("y");
    let facts = has_call(&joblib("O8", 63, 1, None, &gadget, after), "os.system(\"y\")");
    assert!(calls(&facts).contains("joblib.numpy_pickle_utils._read_fileobject(\"x\")"));
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
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

// A pickle that begins with the magic of another format is one all the same.
#[test]
fn a_magic_at_the_start_hides_no_pickle() {
    let end = Pickle::default().raw(b"0").global("os", "system").calls("x").stop();
    for magic in [&b"GGUF\x03\0\0\0\0"[..], b"V\x20\0\0\0\0\0\0{}\n", b"V12345TFL3\n", b"MZ\x90"] {
        has_call(&[magic, &end].concat(), "os.system(\"x\")");
    }
    let long = [b"V".as_slice(), &[b'x'; 9000], b"\n", &end].concat();
    has_call(&long, "os.system(\"x\")");
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

// What CPython refuses is not passed over in silence.
#[test]
fn what_no_loader_reads_is_a_gap() {
    let digits = [b"L".as_slice(), &[b'7'; 5000], b"L\n."].concat();
    for bytes in [
        &b"S'\\xzz'\n."[..],
        b"V\\u12\n.",
        b"K\x01(K\x02e.",
        b"K\x01}b.",
        b"](]e}b.",
        b"K\x01)R.",
        b"\x80\x04cos\nsystem\nNR.",
        b"}](K\x01eNs.",
        b"\x80\x05\x97.",
        b"\x80\x04h\x00.",
        b"\x80\x09.",
        b"\x80\x04",
        &digits,
    ] {
        let facts = examine(&bytes.to_vec().into(), "model.pkl", &Limits::default(), Detail::Findings);
        assert!(!facts.gaps.is_empty(), "{}", bytes.escape_ascii());
    }
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

// `shelve` with `dbm.dumb` keeps pickles in blocks of 512 bytes.
#[test]
fn zeros_up_to_a_block_are_padding() {
    let block = [&b"\x80\x04K\x01."[..], &[0; 507]].concat();
    let facts = has_call(&[&block[..], &system()].concat(), "os.system(\"echo loadlint-test\")");
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
}

#[test]
fn tensors_have_the_names_that_lead_to_them() {
    let storage = Pickle::new().raw(b"}(").text("layer.weight").global("torch._utils", "_rebuild_tensor_v2").raw(b"((");
    let storage = storage.text("storage").global("torch", "HalfStorage").text("0").text("cpu").raw(b"K\x06tQ");
    let bytes = storage.raw(b"K\x00K\x02K\x03\x86K\x03K\x01\x86\x89)tRu").stop();
    let facts = examine(&bytes.into(), "model.pkl", &Limits::default(), Detail::Inventory);
    let tensor = &facts.tensors[0];
    assert_eq!(
        (tensor.name.as_str(), tensor.dtype.as_str(), &tensor.shape[..]),
        ("layer.weight", "float16", &[2, 3][..])
    );
}

#[test]
fn bombs_come_to_an_end() {
    // Nested pairs of which each level is twice as large, then a key that Python would hash for ever.
    let bomb = [&b"\x80\x04)"[..], &b"2\x86".repeat(60), b"}q\x00h\x000", &b"2\x86".repeat(60), b"N\x86R."].concat();
    let nested = [b"\x80\x04".as_slice(), &vec![b']'; 1_000_000], &vec![b'a'; 999_999], b"."].concat();
    let memo = [b"\x80\x04".as_slice(), &b"]\x94h\x00a".repeat(100_000), b"."].concat();
    let wide = [b"\x80\x04(".as_slice(), &vec![b'N'; 1_000_000], b"t."].concat();
    for bytes in [bomb, nested, memo, wide] {
        assert!(seen(&bytes).facts.len() < 100);
    }
}

/// Each stream is found behind each one before it, and there are more paths through forty than can be walked; each is looked
/// at once at each depth at most.
#[test]
fn streams_behind_streams_are_looked_at_once() {
    let streams = [&system()[..], b"\0\0\0"].concat().repeat(40);
    let facts = seen(&streams);
    let told = calls(&facts).matches("os.system").count();
    assert!((8..=40 * 8).contains(&told), "{told}");
    assert!(!facts.gaps.is_empty() && facts.gaps.iter().all(|gap| gap.kind == GapKind::Limit), "deeper ones are not");
}

/// Bytes that are mostly opcodes with the names that the machine sees through.
fn nearly_a_pickle() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "builtins getattr",
        "builtins map",
        "builtins list",
        "builtins bytes",
        "builtins str",
        "builtins slice",
        "operator getitem",
        "operator methodcaller",
        "operator attrgetter",
        "functools partial",
        "functools reduce",
        "_codecs encode",
        "sys modules",
        "os system",
        "importlib import_module",
        "joblib.numpy_pickle NumpyArrayWrapper",
        "numpy dtype",
        "copyreg add_extension",
        "pickle loads",
        "itertools starmap",
        "builtins reversed",
    ];
    let name = prop::sample::select(names.to_vec()).prop_map(|name| {
        let (module, name) = name.split_once(' ').unwrap_or((name, name));
        Pickle::default().global(module, name).0
    });
    let text =
        prop::sample::select(vec!["os", "system", "join", "", "latin1", "__setstate__", "shape", "dtype", "%s{}"]);
    let piece = prop_oneof![
        4 => name,
        3 => text.prop_map(|text| Pickle::default().text(text).0),
        8 => prop::sample::select(b"(((ttll)]}ede0122NRRRRobbssuaa\x81\x85\x86\x87\x88\x8f\x90\x91\x92\x93\x94\x94".to_vec())
            .prop_map(|code| vec![code]),
        3 => (0_u8..6).prop_map(|number| vec![b'h', number]),
        2 => (0_u8..6).prop_map(|number| vec![b'q', number]),
        2 => any::<i32>().prop_map(|number| [&b"J"[..], &number.to_le_bytes()].concat()),
        1 => any::<u64>().prop_map(|number| [&b"\x95"[..], &number.to_le_bytes()].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at_without_harm(bytes in nearly_a_pickle()) {
        let whole = [&b"\x80\x04"[..], &bytes].concat();
        let facts = examine(&whole.clone().into(), "model.pkl", &Limits::default(), Detail::Inventory);
        prop_assert!(!facts.facts.is_empty() || !facts.gaps.is_empty());
        super::disassemble(&whole.into(), &Limits::default(), &mut |_| {});
        seen(&bytes);
    }
}

// Whoever loads again and again from one file reads whatever comes to STOP, of any protocol.
#[test]
fn all_pickles_in_a_row_are_read() {
    let evil = b"cos\nsystem\n(S'echo loadlint-test'\ntR.".as_slice();
    for between in
        [&b"]q\x00."[..], b"}q\x00.", b"I5\n.", b"S'a'\np0\n.", b"N.", b"(lp0\n.", b"\x88.", b"I5\n.N.]q\x00.", b""]
    {
        for first in [b"\x80\x02N.".as_slice(), b"\x80\x04]\x94.", b"}q\x00.", b"I1\n."] {
            has_call(&[first, between, evil].concat(), "os.system(\"echo loadlint-test\")");
        }
    }
    // It calls before it breaks off.
    let broken = [b"\x80\x02N.]q\x00.".as_slice(), &evil[..evil.len() - 1], b"\xFF"].concat();
    has_call(&broken, "os.system(\"echo loadlint-test\")");
    // Not by its name alone.
    let facts = examine(
        &[b"N.]q\x00.I5\n.".as_slice(), evil].concat().into(),
        "cache.dat",
        &Limits::default(),
        Detail::Findings,
    );
    assert_eq!(calls(&facts), "os.system(\"echo loadlint-test\")\n");
}

#[test]
fn what_follows_a_pickle_need_not_be_one() {
    let numbers: Vec<u8> = (0..4096_u32).flat_map(|number| (number as f32 * 0.37).to_le_bytes()).collect();
    for rest in [numbers.as_slice(), b"\nthe end of the file\n", b"{\"a\": 1}", &[0; 600]] {
        let bytes = [b"\x80\x04]\x94.".as_slice(), rest].concat();
        let facts = seen(&bytes);
        assert_eq!(calls(&facts), "");
        assert_eq!(facts.gaps, []);
        assert!(!facts.facts.iter().any(|fact| matches!(fact.seen, Seen::Import(_))), "{}", rest.escape_ascii());
    }
}

#[test]
fn bytes_that_nothing_loads_are_idle_at_every_protocol() {
    let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let evil = system();
    let escapes: String = evil.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let kept = Pickle::new().raw(b"}").text("blob").bytes(&evil).raw(b"s").stop();
    let encoded = Pickle::new().global("_codecs", "encode").text(&latin(&evil)).text("latin1").raw(b"\x86R").stop();
    let as_text = Pickle::new().text(&latin(&evil)).stop();
    let on_a_line = format!("S'{escapes}'\n.").into_bytes();
    let of_python_2 = [b"U", &[u8::try_from(evil.len()).expect("short")][..], &evil, b"."].concat();
    for bytes in [kept, encoded, as_text, on_a_line, [b"\x80\x02".as_slice(), &of_python_2].concat()] {
        let facts = has_call_inside(&bytes);
        let inner =
            facts.facts.iter().filter(|fact| matches!(&fact.seen, Seen::Call(call) if call.callee.name == "os.system"));
        assert!(
            inner.clone().count() == 1 && inner.clone().all(|fact| fact.place.member.is_idle()),
            "{}",
            bytes.escape_ascii()
        );
    }
    let loaded = Pickle::new().global("pickle", "loads").bytes(&evil).raw(b"\x85R").stop();
    assert!(has_call_inside(&loaded).facts.iter().all(|fact| !fact.place.member.is_idle()));
}

fn has_call_inside(bytes: &[u8]) -> ArtifactFacts {
    let facts = seen(bytes);
    assert!(calls(&facts).contains(": os.system(\"echo loadlint-test\")"), "{}", calls(&facts));
    facts
}

#[test]
fn no_operand_is_so_long_that_what_follows_is_hidden() {
    let long = |letter: &str| letter.repeat((1 << 20) + 10);
    let lines = [
        format!("S'{}'\n0", long("a")),
        format!("S\"{}\"\n0", long("\\x41")),
        format!("V{}\n0", long("a")),
        format!("L{}L\n0", long("1")),
        format!("I{}\n0", long("1")),
        format!("F{}\n0", long("1")),
        format!("P{}\n0", long("a")),
        format!("Ng{}1\n0", long("0")).replacen("Ng", "Np1\n0g", 1),
    ];
    for line in lines {
        let facts = seen(&[line.as_bytes(), &system()].concat());
        assert!(calls(&facts).contains("os.system(\"echo loadlint-test\")"), "{}…", &line[..20]);
    }
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

#[test]
fn millions_of_streams_come_to_an_end_that_is_told() {
    let limits = Limits { max_pickle_operations: 10_000, ..Limits::default() };
    let few = examine(&b"N.".repeat(100).into(), "a.pkl", &limits, Detail::Findings);
    assert!(few.gaps.is_empty());
    let many = examine(&b"N.".repeat(100_000).into(), "a.pkl", &limits, Detail::Findings);
    assert!(many.gaps.iter().any(|gap| gap.kind == GapKind::Limit), "{:?}", many.gaps);
}
