use std::collections::HashMap;

use super::super::state::State;
use super::super::{GLOBAL_FILES_AS_WRITTEN, NAMES};
use super::*;
use crate::rules::load::parse_data;

mod libraries;

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

/// A file of `rules/artifact/globals/` as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    entry: Vec<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    state: Vec<State>,
}

#[test]
fn the_lists_are_valid_and_name_nothing_twice_and_are_embedded_as_they_are_written() {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut states = Vec::new();
    for (path, text) in GLOBAL_FILES_AS_WRITTEN {
        let written: Written = parse_data(path, text).unwrap_or_else(|error| panic!("{error}"));
        for mut entry in written.entry {
            let module = entry.remove("module").map(|module| format!("{}.", module.as_str().expect("a text")));
            let names = entry.remove("names").expect("names");
            let entry: Entry = serde_json::from_value(entry.into()).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(!entry.reason.is_empty() && !entry.reason.ends_with('.'), "{path}: {}", entry.reason);
            assert!(entry.verdict != Verdict::Dangerous || entry.effect.is_some(), "{path}: {}", entry.reason);
            for name in names.as_array().expect("an array") {
                let name = module.clone().unwrap_or_default() + name.as_str().expect("a text");
                let pattern = GlobalPattern::new(&name).unwrap_or_else(|error| panic!("{path}: {error}"));
                let mut embedded = Listed::get().entries_of(&pattern.prefix, pattern.reach);
                assert!(embedded.any(|other| format!("{other:?}") == format!("{entry:?}")), "{path}: {name}");
                let key = format!("{name} {:?} {:?}", entry.only, entry.loaders);
                if let Some(other) = seen.insert(key, path) {
                    panic!("{name} stands twice: {other}, {path}");
                }
            }
        }
        states.extend(written.state);
    }
    assert!(seen.len() > 2_000);
    assert_eq!(seen.len(), NAMES.ends.len());
    assert_eq!(format!("{states:?}"), format!("{:?}", listed::states()));
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
    assert_eq!(import("my.tools.exec_shell"), NOTE);
    assert_eq!(import("my.tools.system"), WARNING);
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
    // What a class has is no detour, as long as nobody calls it; what a function has is one.
    for (reached, degree) in [("Net.forward", Degree::Note), ("build.forward", Degree::Warning)] {
        let reached = dotted("my.models", reached, Route::Attribute);
        assert_eq!(Globals::builtin().judge_import(&reached).degree, degree);
    }
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
fn constructors_that_open_what_a_text_names_are_given_state_only() {
    let name = "onnxruntime.capi.onnxruntime_inference_collection.InferenceSession";
    assert_eq!(judged(&call(name, CallOpcode::NewObj, vec![text("model.onnx")])), NOTE);
    assert_eq!(reduce(name, vec![Datum::Int(1)]), NOTE);
    assert_eq!(reduce(name, vec![text("model.onnx")]), WARNING);
}

#[test]
fn state_is_judged_by_whose_it_is_and_what_it_replaces() {
    let judge = |target, names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let judgement = Globals::builtin().judge_attribute(&Attribute { target, names, values: Vec::new() });
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

#[test]
fn functions_that_evaluate_texts_are_errors() {
    for name in ["yaml.unsafe_load", "typing.get_type_hints", "typing._eval_type"] {
        let judgement = Globals::builtin().judge_call(&call(name, CallOpcode::Reduce, vec![text("x")])).degree;
        assert_eq!(judgement, Degree::Error, "{name}");
    }
}
