//! What archives lack or bring along. Entries are made here; nothing in them does harm.

use super::examine;
use super::{Entry, Examination};
use crate::artifact::Detail;
use crate::bytes::Window;
use crate::fact::artifact::{ArtifactFacts, ObservationKind, Seen};
use crate::limits::Limits;

fn look(file: &str, members: &[(&str, &[u8])]) -> ArtifactFacts {
    let entries: Vec<_> =
        members.iter().map(|(name, bytes)| Entry::plain(*name, Window::from(bytes.to_vec()))).collect();
    let limits = Limits::default();
    let mut x = Examination::new(file, 1, &limits, Detail::Findings);
    examine(&entries, &mut x);
    x.finish()
}

pub(super) fn gaps(file: &str, members: &[(&str, &[u8])]) -> Vec<String> {
    look(file, members).gaps.into_iter().map(|gap| gap.message).collect()
}

fn observed(facts: &ArtifactFacts, kind: ObservationKind) -> Vec<&str> {
    let subjects = facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Observation(seen) if seen.kind == kind => Some(seen.subject.as_str()),
        _ => None,
    });
    subjects.collect()
}

/// A pickle that asks for a storage of so many numbers of four bytes, under the key `0`.
pub(super) fn of_storage(count: u8) -> Vec<u8> {
    let id = b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK";
    [id.as_slice(), &[count], b"tQ."].concat()
}

#[test]
fn storages_need_their_records() {
    let pickle = of_storage(6);
    let with = |members: &[(&'static str, &'static [u8])]| {
        let mut all: Vec<(&str, &[u8])> = vec![("a/data.pkl", &pickle), ("a/version", b"3\n")];
        all.extend(members);
        gaps("model.pt", &all)
    };
    assert_eq!(with(&[("a/data/0", &[0; 24])]), [""; 0]);
    assert_eq!(with(&[("a/data/0", &[0; 64])]), [""; 0]);
    assert_eq!(with(&[("a/data/0", &[0; 20])]), ["the storage `0` has 20 of 24 bytes"]);
    assert_eq!(with(&[("a/data/1", &[0; 24])]), ["the storage `0` is not in the file"]);
}

#[test]
fn checkpoints_need_their_version() {
    let pickle = b"\x80\x02}.".as_slice();
    assert_eq!(gaps("model.pt", &[("a/data.pkl", pickle), ("a/version", b"3\n")]), [""; 0]);
    assert_eq!(gaps("model.pt", &[("a/data.pkl", pickle)]), ["a checkpoint without its `version`"]);
    let text = [("a/data.pkl", pickle), ("a/version", b"abc".as_slice())];
    assert_eq!(gaps("model.pt", &text), ["the `version` of the checkpoint is no number"]);
    let later = [("a/data.pkl", pickle), ("a/version", b"9999\n".as_slice())];
    assert_eq!(gaps("model.pt", &later), ["no PyTorch reads the `version` of the checkpoint"]);
    let elsewhere = [("a/data.pkl", pickle), ("b/version", b"3\n".as_slice())];
    assert_eq!(gaps("model.pt", &elsewhere), ["a checkpoint without its `version`"]);
    let apart = [("b/x", b"3\n".as_slice()), ("a/data.pkl", pickle), ("a/version", b"3\n")];
    let rest = [("a/version", b"3\n".as_slice()), ("b/data/0", &[0; 24])];
    assert_eq!(gaps("model", &rest), ["an archive without the `data.pkl` of a checkpoint"]);
    assert_eq!(gaps("model", &rest[1..]), [""; 0]);
    let fault = "`data.pkl` is not in the folder of the first record, where PyTorch looks for it";
    assert_eq!(gaps("model.pt", &apart), [fault]);
    assert_eq!(gaps("dataset.zip", &[("a/data.pkl", pickle)]), [""; 0], "anybody's zip file");
}

#[test]
fn what_an_archive_is_called_is_in_it() {
    let array =
        b"\x93NUMPY\x01\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }            \n".as_slice();
    let config = br#"{"class_name": "Sequential", "config": {"layers": []}}"#.as_slice();
    assert_eq!(gaps("a.skops", &[("1.npy", array)]), ["an archive without the `schema.json` of a skops file"]);
    assert_eq!(gaps("a.npz", &[("1.npy", array)]), [""; 0]);
    let keras = [("config.json", config), ("metadata.json", b"{}".as_slice())];
    assert_eq!(gaps("a.keras", &keras), ["an archive without the `model.weights.h5` of a Keras model"]);
    assert_eq!(gaps("a.zip", &keras), [""; 0]);
    let keras = [("config.json", config), ("metadata.json", br#"{"keras_version": "3.15.0"}"#.as_slice())];
    assert_eq!(gaps("a.bak", &keras), ["an archive without the `model.weights.h5` of a Keras model"]);
    assert_eq!(gaps("a.pt", &[]), ["an archive without the `data.pkl` of a checkpoint"]);
    assert_eq!(gaps("a.zip", &[]), [""; 0]);
}

#[test]
fn modules_of_a_package_run_when_something_of_them_is_unpickled() {
    let pickle = b"\x80\x02cmine.net\nNet\n)\x81.".as_slice();
    let source = b"class Net:\n    pass\n".as_slice();
    let facts = look(
        "package.pt",
        &[
            ("p/model/model.pkl", pickle),
            ("p/mine/__init__.py", b"".as_slice()),
            ("p/mine/net.py", source),
            ("p/mine/other.py", source),
            ("p/.data/python_version", b"3.12.0"),
        ],
    );
    assert_eq!(observed(&facts, ObservationKind::PackagedModule), ["mine", "mine.net"]);
    let facts = look("package.pt", &[("p/model/model.pkl", pickle), ("p/.data/python_version", b"3.12.0")]);
    assert_eq!(observed(&facts, ObservationKind::PackagedModule), [""; 0], "a module from elsewhere");
}

// stable-baselines3 `common/save_util.py`: `PPO.load` unpickles each value of `:serialized:`.
#[test]
fn agents_of_stable_baselines_hold_pickles_in_json() {
    // GLOBAL os.system, "echo loadlint-test", TUPLE1, REDUCE, STOP in protocol 4.
    let evil = r#""gASMAm9zjAZzeXN0ZW2TjBJlY2hvIGxvYWRsaW50LXRlc3SFUi4=""#;
    let plain = r#""gASMCWRhdGV0aW1llIwEZGF0ZZST""#;
    let data = format!(
        r#"{{"policy_class": {{":type:": "x", ":serialized:": {plain}}}, "n": {{":type:": "x", ":serialized:": {evil}}}}}"#
    );
    let facts = look("agent.zip", &[("data", data.as_bytes()), ("policy.pth", b"")]);
    let calls = |facts: &ArtifactFacts| {
        let calls = facts.facts.iter().filter_map(|fact| match &fact.seen {
            Seen::Call(call) => Some((call.to_string(), fact.place.member.is_idle())),
            _ => None,
        });
        calls.collect::<Vec<_>>()
    };
    assert_eq!(calls(&facts), [("os.system(\"echo loadlint-test\")".to_owned(), false)]);
    // Of another key nothing is known to unpickle it.
    let data = format!(r#"{{"note": {evil}, "id": "gASMnotapickle"}}"#);
    let facts = look("agent.zip", &[("data", data.as_bytes())]);
    assert_eq!(calls(&facts), [("os.system(\"echo loadlint-test\")".to_owned(), true)]);
    // Ray Tune writes hexadecimal digits.
    let digits = "80048c026f738c0673797374656d938c126563686f206c6f61646c696e742d7465737485522e";
    let data = format!(r#"{{"_type": "CLOUDPICKLE_FALLBACK", "value": "{digits}"}}"#);
    let facts = look("state.zip", &[("experiment_state.json", data.as_bytes())]);
    assert_eq!(calls(&facts), [("os.system(\"echo loadlint-test\")".to_owned(), false)]);
}

// `json.loads` takes bytes of any Unicode encoding, and Keras hands it bytes.
#[test]
fn a_wide_configuration_is_read() {
    let text = r#"{"class_name": "Lambda", "config": {"name": "l", "function": ["4wAA", null, null]}}"#;
    let two: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let two_big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let four: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let four_big: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    let marked = [b"\xFF\xFE".as_slice(), &two].concat();
    let marked_big = [b"\0\0\xFE\xFF".as_slice(), &four_big].concat();
    for config in [text.as_bytes(), &two, &two_big, &four, &four_big, &marked, &marked_big] {
        let members = [("config.json", config), ("metadata.json", b"{}"), ("model.weights.h5", b"")];
        let facts = look("model.keras", &members);
        assert_eq!(observed(&facts, ObservationKind::KerasLambda).len(), 1, "{}", config.escape_ascii());
        assert!(!facts.gaps.iter().any(|gap| gap.message.contains("JSON") || gap.message.contains("UTF-8")));
    }
}

#[test]
fn a_source_that_several_run_is_kept_once() {
    let found = look("model.zip", &[("MLmodel", b"flavors: {}\n"), ("hubconf.py", b"import os\n")]);
    let sources = found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Source(_)));
    assert_eq!(sources.count(), 1, "{found:?}");
}

#[test]
fn members_that_a_configuration_asks_for_are_there() {
    let manifest = br#"{"model": {"serializedFile": "m.pt", "handler": "image_classifier"}, "archiverVersion": "1"}"#;
    let served = [("MAR-INF/MANIFEST.json", manifest.as_slice()), ("m.pt", b"\x80\x02}.")];
    assert_eq!(gaps("a.mar", &served), [""; 0]);
    assert_eq!(gaps("a.mar", &served[..1]), ["the member `m.pt` is not in the archive"]);
    let node = |loader: &str, file: &str| {
        format!(
            r#"{{"__class__": "ndarray", "__module__": "numpy", "__loader__": "{loader}", "file": "{file}", "protocol": 2}}"#
        )
    };
    let array = b"\x93NUMPY\x01\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }            \n";
    let skops =
        |loader: &str, file: &str| gaps("a.skops", &[("schema.json", node(loader, file).as_bytes()), ("1.npy", array)]);
    assert_eq!(skops("NdArrayNode", "1.npy"), [""; 0]);
    assert_eq!(skops("NdArrayNode", "2.npy"), ["the member `2.npy` is not in the archive"]);
    // What a schema beside another archive asks for is not asked of that.
    let beside = [("a/schema.json", node("NdArrayNode", "9.npy")), ("b/schema.json", node("NdArrayNode", "1.npy"))];
    let limits = Limits::default();
    let mut x = Examination::new("a.zip", 1, &limits, Detail::Findings);
    for (name, schema) in &beside {
        let schema = Entry::plain(*name, Window::from(schema.clone().into_bytes()));
        x.inside("outer", |x| super::each([&schema], x));
    }
    let served = served.map(|(name, bytes)| Entry::plain(name, Window::from(bytes.to_vec())));
    x.inside("model.mar", |x| examine(&served, x));
    assert_eq!(x.finish().gaps, []);
    assert_eq!(skops("NoSuchNode", "1.npy"), ["`NoSuchNode` is no loader of skops"]);
    let lacks = ["the schema has no `__loader__`", "the schema has no `protocol`"];
    assert_eq!(gaps("a.skops", &[("schema.json", br#"{"a": 1}"#)]), lacks);
    let keras: [(&str, &[u8]); 3] = [("config.json", b"[1]"), ("metadata.json", b"{}"), ("model.weights.h5", b"")];
    assert!(gaps("a.keras", &keras).contains(&"this configuration holds no keys and values".to_owned()));
}

#[test]
fn a_nemo_archive_has_weights() {
    let config = ("model_config.yaml", b"sample_rate: 16000\n".as_slice());
    for weights in ["model_weights.ckpt", "model_weights/common.pt"] {
        assert_eq!(gaps("a.nemo", &[config, (weights, b"\x80\x02}.")]), [""; 0]);
    }
    assert_eq!(gaps("a.nemo", &[config]), ["a NeMo archive without its `model_weights.ckpt`"]);
}

#[test]
fn an_old_checkpoint_is_three_files() {
    let numbers = b"\x80\x02K\0.".as_slice();
    let old = [("storages", numbers), ("tensors", numbers), ("pickle", b"\x80\x02}.")];
    assert_eq!(gaps("model.tar", &old), [""; 0]);
    assert_eq!(gaps("model.tar", &old[..2]), ["an old checkpoint without its `pickle`"]);
    assert_eq!(gaps("model.tar", &old[1..]), ["an old checkpoint without its `storages`"]);
}

#[test]
fn a_zip_application_runs_its_start() {
    let runs = |name: &str, other: &str| {
        let found = look("net.pyz", &[(name, b"import os\n"), (other, b"\0\0\x80\x3F")]);
        found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Source(_))).count()
    };
    assert_eq!(runs("__main__.py", "weights.bin"), 1);
    assert_eq!(runs("__main__.py", "tool.dat"), 0, "a program without a model");
    assert_eq!(runs("pkg/__main__.py", "weights.bin"), 0);
}
