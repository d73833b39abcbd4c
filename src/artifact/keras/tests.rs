//! Configurations as Keras 2 and 3 write them, and as advisories show them.

use proptest::prelude::*;

use super::*;
use crate::artifact::Detail;
use crate::fact::artifact::ArtifactFacts;
use crate::limits::Limits;

fn read(config: &str) -> ArtifactFacts {
    let limits = Limits::default();
    let mut x = Examination::new("config.json", config.len() as u64, &limits, Detail::Inventory);
    match json::parse(config, limits.max_bracket_depth) {
        Ok(tree) => examine_tree(&tree, &mut x),
        Err(error) => not_read(&error, Where::TextFile, &mut x),
    }
    x.finish()
}

/// What was seen, each in a few words.
fn told(config: &str) -> Vec<String> {
    let one = |seen: &Seen| match seen {
        Seen::Observation(seen) => Some(format!("{:?} {}", seen.kind, seen.subject)),
        Seen::Reference(seen) => Some(format!("{:?} {} {:?}", seen.kind, seen.name, seen.arguments.len())),
        // What a nested pickle does is told by its reader.
        _ => None,
    };
    read(config).facts.iter().filter_map(|fact| one(&fact.seen)).collect()
}

const LAMBDA_CODE: &str = "4wEAAAAAAAAAAAAAAAIAAAADAAAA8wwAAACXAHwAZAF6BQAAUwCpAk7pAgAAAKkAqQHaAXhzAQAA\\nACD6Ci90bXAva2IucHn6CDxsYW1iZGE+cggAAAAbAAAAcwoAAACACLBBsGGxQ4AA8wAAAAA=\\n";

#[test]
fn what_keras_3_writes_is_quiet() {
    let config = r#"{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "dtype": {"module": "keras",
        "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}, "layers": [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [null, 4]}, "registered_name": null},
        {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": {"module": "builtins",
         "class_name": "function", "config": "relu", "registered_name": "function"}, "arguments": {}}},
        {"module": "keras.src.ops.numpy", "class_name": "GetItem", "config": {"name": "g"}, "registered_name": "GetItem"},
        {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": ["/a", "b"], "idf_weights": null}}
        ]}, "compile_config": {"optimizer": "rmsprop", "loss": {"module": "builtins", "class_name": "function", "config":
        "mean_squared_error", "registered_name": "function"}, "loss_weights": null}}"#;
    assert_eq!(told(config), [""; 0]);
}

#[test]
fn what_keras_2_writes_is_quiet() {
    let config = r#"{"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "Dense", "config": {"activation": "relu", "kernel_initializer": {"class_name": "GlorotUniform",
         "config": {"seed": null}, "shared_object_id": 1}}},
        {"class_name": "TFOpLambda", "config": {"name": "tf.math.add", "function": "math.add"}},
        {"class_name": "SlicingOpLambda", "config": {"function": "__operators__.getitem"}}]},
        "keras_version": "2.9.0", "backend": "tensorflow"}"#;
    assert_eq!(told(config), [""; 0]);
}

/// CVE-2024-3660, CVE-2025-9905.
#[test]
fn lambda_layers_with_bytecode_at_any_depth() {
    let three = format!(
        r#"{{"class_name": "Sequential", "config": {{"layers": [{{"class_name": "TimeDistributed", "config": {{"layer":
        {{"class_name": "Lambda", "config": {{"name": "l", "function": {{"class_name": "__lambda__", "config":
        {{"code": "{LAMBDA_CODE}", "defaults": null, "closure": null}}}}}}}}}}}}]}}}}"#
    );
    assert_eq!(told(&three), ["KerasLambda layer `l`: a function as bytecode"]);
    let two = format!(
        r#"{{"class_name": "Lambda", "config": {{"name": "l", "function": ["{LAMBDA_CODE}", null, null],
        "function_type": "lambda", "module": "__main__", "output_shape": null}}}}"#
    );
    assert_eq!(told(&two), ["KerasLambda layer `l`: a function as bytecode"]);
    let shape = r#"{"class_name": "Lambda", "config": {"name": "l", "function": "relu", "function_type": "function",
        "output_shape": ["abc", null, null], "output_shape_type": "lambda"}}"#;
    assert_eq!(told(shape), ["KerasLambda layer `l`: a function as bytecode"]);
    let elsewhere = format!(r#"{{"compile_config": {{"loss": {{"x": "{LAMBDA_CODE}"}}}}}}"#);
    assert_eq!(told(&elsewhere), ["KerasLambda bytecode"]);
}

/// CVE-2025-1550.
#[test]
fn names_from_other_modules_are_references() {
    let function = r#"{"class_name": "Lambda", "config": {"name": "l", "arguments": {"command": "echo loadlint-test"},
        "function": {"class_name": "function", "module": "os", "config": "system", "registered_name": "system"}}}"#;
    assert_eq!(told(function), ["KerasFunction os.system 1"]);
    let class = r#"{"module": "subprocess", "class_name": "Popen", "config": {"args": "true", "shell": true}}"#;
    assert_eq!(told(class), ["KerasClass subprocess.Popen 2"]);
    let builtin = r#"{"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}"#;
    assert_eq!(told(builtin), ["KerasFunction builtins.eval 0"]);
    let legacy =
        r#"{"class_name": "Lambda", "config": {"function": "system", "function_type": "function", "module": "os"}}"#;
    assert_eq!(told(legacy), ["KerasFunction os.system 0"]);
}

/// CVE-2025-8747, CVE-2025-9906.
#[test]
fn functions_of_keras_that_fetch_or_change_settings() {
    let fetch = r#"{"module": "keras.utils", "class_name": "function", "config": "get_file"}"#;
    assert_eq!(told(fetch), ["KerasUnsafeObject `keras.utils.get_file`"]);
    let setting = r#"{"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}}"#;
    assert_eq!(told(setting), ["KerasUnsafeObject `keras.config.enable_unsafe_deserialization`"]);
}

#[test]
fn registered_objects_are_named() {
    let config = r#"[{"module": null, "class_name": "MyLayer", "config": {}, "registered_name": "mine>MyLayer"},
        {"module": "builtins", "class_name": "function", "config": "mine>act", "registered_name": "function"},
        {"class_name": "Addons>GELU", "config": {}}]"#;
    let expected = ["KerasRegistered mine>MyLayer 0", "KerasRegistered mine>act 0", "KerasRegistered Addons>GELU 0"];
    assert_eq!(told(config), expected);
}

#[test]
fn layers_that_load_or_unpickle() {
    // `80 04 4E 2E` in base64.
    let torch = r#"{"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "gAROLg=="}}"#;
    let facts = read(torch);
    assert_eq!(told(torch), ["KerasUnsafeObject `TorchModuleWrapper` unpickles a PyTorch module"]);
    assert_eq!(facts.members[0].bytes, 4);
    let saved = r#"{"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp/x"}}"#;
    assert_eq!(told(saved), ["KerasUnsafeObject `TFSMLayer` loads a SavedModel from `/tmp/x`"]);
    let operator = r#"{"class_name": "TFOpLambda", "config": {"function": "io.read_file"}}"#;
    assert_eq!(told(operator), ["KerasUnsafeObject a layer that runs `tf.io.read_file`"]);
}

/// CVE-2025-12058.
#[test]
fn a_vocabulary_outside_of_the_model() {
    for path in ["/etc/passwd", "../../secret", "http://127.0.0.1/x", "file:///etc/passwd"] {
        let config = format!(r#"{{"class_name": "StringLookup", "config": {{"vocabulary": "{path}"}}}}"#);
        let expected = format!("ExternalDataEscape `{path}` (vocabulary of `StringLookup`)");
        assert_eq!(told(&config), [expected]);
    }
}

#[test]
fn layers_that_no_keras_has_are_told() {
    let gaps = |class: &str| {
        let text = format!(
            r#"{{"module": "keras", "class_name": "Sequential", "config": {{"name": "s", "layers": [{{"module": "keras.layers",
            "class_name": "{class}", "config": {{"units": 2}}, "registered_name": null}}]}}}}"#
        );
        let limits = Limits::default();
        let facts = crate::artifact::examine(&text.into_bytes().into(), "model.json", &limits, Detail::Findings);
        facts.gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    assert_eq!(gaps("Dense"), [""; 0]);
    assert_eq!(gaps("Dence"), ["no Keras that is known here has the layer `Dence`"]);
}

#[test]
fn what_is_no_json_is_a_gap() {
    assert_eq!(read("{\"a\": ").gaps[0].kind, GapKind::Damaged);
    assert_eq!(read(&"[".repeat(10_000)).gaps[0].kind, GapKind::Limit);
}

proptest! {
    #[test]
    fn damaged_configurations_are_read_to_an_end(at in 0_usize..400, with in "[a-z{}\\[\\]\",:]{0,4}") {
        let config = r#"{"class_name": "Lambda", "config": {"name": "l", "arguments": {"command": "echo"},
        "function": {"class_name": "function", "module": "os", "config": "system"}}}"#;
        let at = at % config.len();
        let damaged = format!("{}{with}{}", &config[..at], &config[at..]);
        prop_assert!(read(&damaged).parts > 0);
    }
}
