//! What libraries write for honest objects, from opcodes: no warning, and beside each shape one that must be told.

use crate::advisories::build::{checkpoint, stack_global, stream, text, zip};
use crate::advisories::scanned;
use loadlint::finding::{InputOutcome, Level};

/// `getattr(module.class, name)`.
fn attribute(module: &str, class: &str, name: &str) -> Vec<u8> {
    [stack_global("builtins", "getattr"), stack_global(module, class), text(name), b"\x86R".to_vec()].concat()
}

/// `module.name(arguments)`, the arguments between the marks of a tuple.
fn call(module: &str, name: &str, arguments: &[&[u8]]) -> Vec<u8> {
    [&stack_global(module, name), &b"("[..], &arguments.concat(), b"tR"].concat()
}

/// A dictionary of one item.
fn dictionary(key: &str, value: &[u8]) -> Vec<u8> {
    [b"}", &text(key)[..], value, b"s"].concat()
}

fn look(value: &[u8]) -> InputOutcome {
    scanned("model.pkl", stream(4, &[value]))
}

/// What is said.
fn said(outcome: &InputOutcome) -> Vec<(Level, &str)> {
    outcome.findings.iter().map(|finding| (finding.level, finding.message.as_str())).collect()
}

/// The highest level of what is said.
fn level(outcome: &InputOutcome) -> Option<Level> {
    outcome.findings.iter().map(|finding| finding.level).max()
}

#[track_caller]
fn quiet(value: &[u8]) {
    let outcome = look(value);
    assert!(level(&outcome) <= Some(Level::Note), "{:?}", said(&outcome));
}

#[track_caller]
fn told(value: &[u8], least: Level, word: &str) {
    let outcome = look(value);
    let is_told = outcome.findings.iter().any(|one| one.level >= least && one.message.contains(word));
    assert!(is_told, "{word}: {:?}", said(&outcome));
}

// `self.act = torch.relu` in a whole module.
#[test]
fn functions_of_torch_by_their_holder() {
    for (class, name) in [("_VariableFunctionsClass", "relu"), ("_TensorBase", "add"), ("TensorBase", "sigmoid")] {
        quiet(&attribute("torch._C", class, name));
        told(&attribute("torch._C", class, "__globals__"), Level::Error, "reaches any attribute");
        let called = [&attribute("torch._C", class, name), &text("x")[..], b"\x85R"].concat();
        told(&called, Level::Warning, "torch._C");
    }
    told(&attribute("torch._C", "_jit_compile", "x"), Level::Error, "torch._C");
}

// CPython 3.11.0 to 3.11.4 write a member of an enumeration so.
#[test]
fn members_of_enumerations_by_their_class() {
    quiet(&attribute("inspect", "_ParameterKind", "POSITIONAL_OR_KEYWORD"));
    quiet(&attribute("re", "RegexFlag", "IGNORECASE"));
    quiet(&attribute("uuid", "SafeUUID", "safe"));
    told(&attribute("re", "RegexFlag", "__subclasses__"), Level::Error, "reaches any attribute");
    quiet(&attribute("peft.utils.peft_types", "PeftType", "LORA"));
    quiet(&attribute("peft.utils.peft_types", "TaskType", "CAUSAL_LM"));
    told(&attribute("inspect", "Source", "POSITIONAL_OR_KEYWORD"), Level::Error, "inspect");
    told(&attribute("inspect", "_ParameterKind", "__subclasses__"), Level::Error, "reaches any attribute");
    told(&attribute("subprocess", "Popen", "NAME"), Level::Error, "subprocess.Popen");
}

#[test]
fn a_class_of_a_known_library_is_not_called_unknown() {
    for (module, class, known) in [
        ("mmengine.logging.history_buffer", "HistoryBuffer", "a class of a known library"),
        ("acme.history", "Buffer", "a class that loadlint does not know"),
    ] {
        told(&attribute(module, class, "min"), Level::Note, known);
        quiet(&attribute(module, class, "min"));
    }
}

#[test]
fn functions_of_libraries_that_compute_and_those_that_fetch() {
    for (module, name) in [
        ("sentence_transformers.util.similarity", "cos_sim"),
        ("sentence_transformers.util", "pairwise_cos_sim"),
        ("peft.utils.other", "transpose"),
        ("accelerate.utils.operations", "ConvertOutputsToFp32"),
        ("torchvision.datasets.folder", "default_loader"),
    ] {
        quiet(&stack_global(module, name));
    }
    for (module, name) in [
        ("sentence_transformers.util", "http_get"),
        ("sentence_transformers.util.misc", "import_from_string"),
        ("peft.utils.save_and_load", "load_peft_weights"),
        ("diffusers.utils.loading_utils", "load_image"),
        ("datasets.utils.file_utils", "cached_path"),
    ] {
        told(&stack_global(module, name), Level::Warning, "reads, fetches or imports");
        told(&call(module, name, &[&text("x")]), Level::Warning, name);
    }
    told(&call("peft.utils.other", "helper", &[&text("x")]), Level::Warning, "does not know");
}

#[test]
fn arrays_that_dill_wrote() {
    let array = |function: &[u8], more: &[u8]| {
        let arguments = [&stack_global("numpy", "ndarray"), &b"K\x00\x85C\x01b\x87"[..]].concat();
        call("dill._dill", "_create_array", &[function, &arguments, b"(K\x01K\x03\x85N\x89C\x00t", more])
    };
    for module in ["numpy.core.multiarray", "numpy._core.multiarray"] {
        quiet(&array(&stack_global(module, "_reconstruct"), b"N"));
        quiet(&array(&stack_global(module, "_reconstruct"), &dictionary("name", &text("x"))));
        told(&array(&stack_global(module, "_reconstruct"), &dictionary("__class__", b"N")), Level::Error, "__class__");
    }
    told(&array(&stack_global("posix", "system"), b"N"), Level::Error, "posix.system");
    told(&array(&stack_global("acme", "_reconstruct"), b"N"), Level::Error, "acme._reconstruct");
    told(&call("dill._dill", "_create_array", &[b"NN"]), Level::Error, "_create_array");
}

#[test]
fn file_systems_of_this_machine_and_others() {
    let made =
        |module: &str, class: &str| call("fsspec.spec", "make_instance", &[&stack_global(module, class), b")", b"}"]);
    quiet(&made("fsspec.implementations.local", "LocalFileSystem"));
    told(&made("fsspec.implementations.http", "HTTPFileSystem"), Level::Warning, "HTTPFileSystem");
    told(&made("s3fs.core", "S3FileSystem"), Level::Warning, "S3FileSystem");
    told(&made("subprocess", "Popen"), Level::Error, "subprocess.Popen");
    told(&call("fsspec.spec", "make_instance", &[b"N", b")", b"}"]), Level::Error, "make_instance");
}

#[test]
fn settings_in_dictionaries_are_data() {
    let settings = dictionary("load_from", &text("https://example.org/x.pth"));
    for (module, class) in [
        ("mmengine.config.config", "ConfigDict"),
        ("mmcv.utils.config", "ConfigDict"),
        ("addict.addict", "Dict"),
        ("easydict", "EasyDict"),
    ] {
        quiet(&call(module, class, &[&settings]));
    }
    told(&call("mmengine.runner", "Runner", &[&settings]), Level::Warning, "a URL");
    told(&call("mmengine.config.lazy", "LazyObject", &[&text("acme")]), Level::Warning, "imports the name");
}

#[test]
fn tensors_of_older_fastai() {
    let rebuilt = |function: &[u8]| {
        let class = stack_global("fastai.torch_core", "TensorImage");
        call("fastai.torch_core", "_rebuild_from_type", &[function, &class, b"(K\x03t", b"}"])
    };
    quiet(&rebuilt(&stack_global("torch._utils", "_rebuild_tensor_v2")));
    told(&rebuilt(&stack_global("posix", "system")), Level::Error, "posix.system");
}

#[test]
fn exceptions_that_tblib_wrote() {
    let message = text("os.system failed: see /etc/passwd");
    let attributes = dictionary("args", &[&message[..], b"\x85"].concat());
    let exception = |class: &[u8], given: &[u8]| {
        call("tblib.pickling_support", "unpickle_exception_with_attrs", &[class, given, b"NNN\x89N"])
    };
    let raised = |class: &[u8]| {
        let arguments = [&message[..], b"\x85"].concat();
        call("tblib.pickling_support", "unpickle_exception", &[class, &arguments, b"NNN\x89N"])
    };
    for class in [stack_global("builtins", "RuntimeError"), stack_global("builtins", "FileNotFoundError")] {
        quiet(&exception(&class, &attributes));
        quiet(&raised(&class));
        told(&exception(&class, &dictionary("__class__", b"N")), Level::Error, "__class__");
    }
    quiet(&exception(&stack_global("acme.errors", "BadInput"), &attributes));
    let system = stack_global("posix", "system");
    told(&exception(&system, &attributes), Level::Error, "posix.system");
    told(&raised(&system), Level::Error, "posix.system");
    told(&raised(&stack_global("acme.errors", "run")), Level::Warning, "acme.errors.run");
}

#[test]
fn functions_of_numba_are_code_of_the_file() {
    for (module, name) in [
        ("numba.core.serialize", "_unpickle__CustomPickled"),
        ("numba.core.serialize", "custom_rebuild"),
        ("numba.cloudpickle.cloudpickle", "_make_function"),
    ] {
        told(&call(module, name, &[b"C\x01x"]), Level::Error, "runs code kept in the file");
    }
    quiet(&stack_global("numba.core.registry", "CPUDispatcher"));
    told(&stack_global("numba.pycc", "compiler"), Level::Warning, "numba.pycc");
}

#[test]
fn classes_of_libraries_for_models_are_known() {
    for (module, class) in [
        ("skrub._table_vectorizer", "TableVectorizer"),
        ("ConfigSpace.configuration_space", "ConfigurationSpace"),
        ("stanio.reshape", "Variable"),
        ("tensordict._td", "TensorDict"),
        ("sklearn_crfsuite.estimator", "CRF"),
    ] {
        let made = [&stack_global(module, class), &b")\x81"[..]].concat();
        quiet(&made);
        told(&made, Level::Note, "a class of a known library");
    }
    let resource = [&stack_global("sklearn_crfsuite._fileresource", "FileResource"), &b")\x81"[..]].concat();
    told(&resource, Level::Note, "to a temporary file");
    let with = |prefix: &str| [&resource[..], &dictionary("prefix", &text(prefix)), b"b"].concat();
    quiet(&with("model"));
    told(&with("/etc/cron.d/x"), Level::Error, "in a folder that the state names");
    let model = call("cmdstanpy.model", "CmdStanModel", &[&text("x.stan")]);
    told(&model, Level::Warning, "opens, downloads or connects");
}

#[test]
fn the_line_that_allows_names_imports_each_from_its_module() {
    let pickle = stream(2, &[b"ctorch.optim.sgd\nSGD\n)\x81"]);
    let outcome = scanned("model.pt", zip(&checkpoint(&pickle)));
    let line = "`from torch.optim.sgd import SGD; torch.serialization.add_safe_globals([SGD])`";
    assert!(outcome.findings.iter().any(|one| one.message.contains(line)), "{:?}", said(&outcome));
}

/// A safetensors file with one entry of metadata.
fn safetensors(key: &str, value: &str) -> InputOutcome {
    let header =
        format!(r#"{{"__metadata__":{{"{key}":"{value}"}},"a":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#);
    let length = u64::try_from(header.len()).expect("short").to_le_bytes();
    scanned("model.safetensors", [&length[..], header.as_bytes(), b"\0"].concat())
}

#[test]
fn free_text_in_metadata_is_no_fault() {
    let template = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    assert_eq!(level(&safetensors("readme", template)), None);
    assert_eq!(level(&safetensors("chat_template", template)), Some(Level::Error));
    let prose = safetensors("readme", "Never call os.system( with what this model writes");
    assert_eq!(level(&prose), None, "{:?}", said(&prose));
    let code = safetensors("readme", "os.system('echo loadlint-test')");
    assert_eq!(level(&code), Some(Level::Warning), "{:?}", said(&code));
    assert!(!code.findings[0].message.contains("not valid"), "{:?}", said(&code));
    let hidden = safetensors("readme", "__import__('os')");
    assert_eq!(level(&hidden), Some(Level::Warning));
    assert!(!hidden.findings[0].message.contains("not valid"), "{:?}", said(&hidden));
}

#[test]
fn words_in_json_are_no_templates() {
    let template = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    for quiet in [
        format!("[\"{template}\"]"),
        format!("[[\"{template}\", 1]]"),
        format!("{{\"model\": {{\"vocab\": [[\"{template}\", -1.5]]}}}}"),
        format!("{{\"id2label\": {{\"0\": \"{template}\"}}}}"),
        format!("{{\"7\": \"{template}\"}}"),
    ] {
        let outcome = scanned("words.json", quiet.clone().into_bytes());
        assert_eq!(level(&outcome), None, "{quiet}: {:?}", said(&outcome));
    }
    for told in [
        format!("[{{\"prompt\": \"{template}\"}}]"),
        format!("{{\"a\": {{\"b\": [\"{template}\"]}}}}"),
        format!("{{\"tokens\": {{\"chat_template\": \"{template}\"}}}}"),
    ] {
        let outcome = scanned("words.json", told.clone().into_bytes());
        assert_eq!(level(&outcome), Some(Level::Error), "{told}: {:?}", said(&outcome));
    }
}

#[test]
fn recipes_of_speechbrain_set_their_seed() {
    let recipe =
        |name: &str| scanned("hyperparams.yaml", format!("seed: 1\n__set_seed: !apply:{name} [!ref <seed>]\n").into());
    for name in ["torch.manual_seed", "random.seed", "numpy.random.seed", "torch.cuda.manual_seed_all"] {
        assert_eq!(level(&recipe(name)), None, "{name}");
    }
    assert_eq!(level(&recipe("acme.seed")), Some(Level::Warning));
    assert_eq!(level(&recipe("os.system")), Some(Level::Error));
}

#[test]
fn counters_of_speechbrain_are_no_broken_files() {
    let told = |text: &str| scanned("CKPT+1/counter.ckpt", text.as_bytes().to_vec()).notices.len();
    assert_eq!((told("3"), told("Not Found")), (0, 1));
}
