//! Streams that readers of opcodes have misread.

use super::build::{COMMAND, checkpoint, global, stack_global, stream, system, text, zip};
use super::{of, scanned, told};
use loadlint::artifact::Detail;
use loadlint::finding::Level;
use loadlint::limits::Limits;
use loadlint::rules::artifact::{Globals, WeightsOnlyOutcome, answer_weights_only};

const SYSTEM: &str = "posix.system(\"echo loadlint-test\")";

/// Each stream calls `posix.system`, whatever else it does.
#[test]
fn what_is_called_is_told_whatever_the_way() {
    let argument = text(COMMAND);
    let streams: &[(&str, Vec<u8>)] = &[
        // The result of OBJ is popped at once. https://github.com/trailofbits/fickling/security/advisories/GHSA-mxhj-88fx-4pcv
        ("GHSA-mxhj-88fx-4pcv", stream(4, &[b"(", &stack_global("posix", "system"), &argument, b"o0N"])),
        // A name through the imports of a harmless module: .../fickling/security/advisories/GHSA-5j3x-jp52-966f
        ("GHSA-5j3x-jp52-966f", stream(4, &[&stack_global("posix", "system"), &argument, b"\x85R"])),
        // BINPUT and MEMOIZE mixed: https://github.com/mmaitre314/picklescan/issues/14
        (
            "picklescan 14",
            stream(
                4,
                &[
                    &text("x"),
                    b"q\x00",
                    &text("posix"),
                    b"\x94",
                    &text("system"),
                    b"\x94",
                    b"h\x01h\x02\x93",
                    &argument,
                    b"\x85R",
                ],
            ),
        ),
        // MEMOIZE after a PUT far away: the next index is the number of entries, not the highest and one.
        (
            "the same class",
            stream(
                4,
                &[
                    &text("posix"),
                    b"r\x00\x01\x00\x00",
                    &text("system"),
                    b"\x94",
                    b"j\x00\x01\x00\x00h\x01\x93",
                    &argument,
                    b"\x85R",
                ],
            ),
        ),
        // Operands of STACK_GLOBAL that are no neighbours: .../picklescan/security/advisories/GHSA-9gvj-pp9x-gcfr
        (
            "GHSA-9gvj-pp9x-gcfr",
            stream(4, &[&text("posix"), &text("junk"), b"0", &text("system"), b"N0\x93", &argument, b"\x85R"]),
        ),
        // INST, protocol 0.
        ("inst", stream(0, &[b"(S'echo loadlint-test'\niposix\nsystem\n"])),
        // A double-quoted STRING operand.
        ("string", stream(0, &[&global("posix", "system"), b"(S\"echo loadlint-test\"\ntR"])),
        // Several streams, the second of which calls.
        ("two streams", [stream(2, &[b"N"]), system()].concat()),
    ];
    for (advisory, bytes) in streams {
        told(advisory, &scanned("model.pkl", bytes.clone()), Level::Error, SYSTEM);
    }
}

// https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face (nullifAI)
#[test]
fn a_stream_that_breaks_after_its_call_is_told_with_the_call_and_as_not_fully_read() {
    let mut bytes = system();
    bytes.truncate(bytes.len() - 1);
    bytes.extend([0xFF, 0xFE]);
    let outcome = scanned("model.pkl", bytes);
    told("nullifAI", &outcome, Level::Error, SYSTEM);
    assert_eq!(of(&outcome, "LL207").len(), 1, "{:#?}", outcome.findings);
    assert_eq!(outcome.notices.len(), 1, "{:#?}", outcome.notices);
}

// https://github.com/trailofbits/fickling/security/advisories/GHSA-h4rm-mm56-xf63
// https://github.com/mmaitre314/picklescan/issues/66
#[test]
fn a_module_that_is_imported_by_a_call_is_followed_through_getattr() {
    for (module, name) in [("builtins", "__import__"), ("importlib", "import_module")] {
        let imported = [stack_global(module, name), text("os"), b"\x85R\x940".to_vec()].concat();
        let method =
            [stack_global("builtins", "getattr"), b"h\x00".to_vec(), text("system"), b"\x86R".to_vec()].concat();
        let outcome = scanned("model.pkl", stream(4, &[&imported, &method, &text(COMMAND), b"\x85R"]));
        told(name, &outcome, Level::Error, "os.system(\"echo loadlint-test\")");
    }
}

// https://github.com/mmaitre314/picklescan/security/advisories/GHSA-955r-x9j8-7rhh
// https://github.com/mmaitre314/picklescan/security/advisories/GHSA-46h3-79wf-xr6c
#[test]
fn methodcaller_and_attrgetter_are_called_for_what_they_name() {
    let module = [stack_global("builtins", "__import__"), text("os"), b"\x85R\x940".to_vec()].concat();
    let caller =
        [stack_global("_operator", "methodcaller"), text("system"), text(COMMAND), b"\x86Rh\x00\x85R".to_vec()];
    let outcome = scanned("model.pkl", stream(4, &[&module, &caller.concat()]));
    told("GHSA-955r-x9j8-7rhh", &outcome, Level::Error, "os.system");
    let getter = [stack_global("_operator", "attrgetter"), text("system"), b"\x85Rh\x00\x85R".to_vec()];
    let outcome = scanned("model.pkl", stream(4, &[&module, &getter.concat(), &text(COMMAND), b"\x85R"]));
    told("GHSA-46h3-79wf-xr6c", &outcome, Level::Error, "os.system(\"echo loadlint-test\")");
}

// https://github.com/trailofbits/fickling/security/advisories/GHSA-5j3x-jp52-966f
#[test]
fn a_dotted_name_is_judged_by_each_of_its_parts() {
    for (module, name) in
        [("collections", "_sys.modules"), ("logging", "os.system"), ("torch.serialization", "os.system")]
    {
        let outcome = scanned("model.pkl", stream(4, &[&stack_global(module, name), &text(COMMAND), b"\x85R"]));
        told(name, &outcome, Level::Error, name);
    }
}

// https://github.com/protectai/modelscan/issues/331
#[test]
fn a_name_that_is_joined_while_loading_is_worked_out() {
    let joined = [stack_global("operator", "add"), text("sys"), text("tem"), b"\x86R\x93".to_vec()].concat();
    let outcome = scanned("model.pkl", stream(4, &[&text("posix"), &joined, &text(COMMAND), b"\x85R"]));
    told("modelscan 331", &outcome, Level::Error, SYSTEM);
    assert_eq!(of(&outcome, "LL205").len(), 1, "{:#?}", outcome.findings);
}

// https://github.com/protectai/modelscan/issues/330
#[test]
fn builtins_reached_through_a_harmless_function_are_no_secret() {
    let bytes = stream(4, &[&stack_global("numpy", "size.__globals__"), b"}", &text("x"), b"Nsb"]);
    told("modelscan 330", &scanned("model.pkl", bytes), Level::Error, "numpy.size.__globals__");
}

#[test]
fn a_pickle_inside_of_the_bytes_of_a_pickle_is_read() {
    let inner = system();
    let bytes = [&[b'C', u8::try_from(inner.len()).expect("short")], &inner[..]].concat();
    for (module, name) in [("pickle", "loads"), ("_pickle", "loads"), ("torch.storage", "_load_from_bytes")] {
        let outcome = scanned("model.pkl", stream(4, &[&stack_global(module, name), &bytes, b"\x85R"]));
        told(name, &outcome, Level::Error, SYSTEM);
    }
}

#[test]
fn a_code_of_the_extension_registry_is_never_harmless() {
    let outcome = scanned("model.pkl", stream(2, &[b"\x82\x01)R"]));
    told("EXT1", &outcome, Level::Warning, "from the registry of extensions, by its code 1");
    told("EXT1", &outcome, Level::Warning, "loading this calls");
}

#[test]
fn an_import_with_a_side_effect_is_told_without_a_call() {
    told(
        "antigravity",
        &scanned("model.pkl", stream(4, &[&stack_global("antigravity", "geohash")])),
        Level::Warning,
        "antigravity",
    );
}

/// `weights_only=True` used to set items of objects that are no dictionaries. CVE-2026-24747.
#[test]
fn items_set_of_anything_but_a_dictionary_are_refused_by_fixed_versions_of_torch() {
    let pickle = stream(2, &[&global("collections", "OrderedDict"), b")Rq\x00", b"K\x01K\x02s", b"]K\x00K\x01s\x86"]);
    let file = zip(&checkpoint(&pickle));
    let facts = loadlint::artifact::examine(&file.into(), "model.pt", &Limits::default(), Detail::Findings);
    let answer = answer_weights_only(&facts, Globals::builtin()).expect("a PyTorch file");
    let outcome = |from| answer.versions.iter().find(|version| version.version == from).map(|found| &found.outcome);
    assert_eq!(outcome("2.8"), Some(&WeightsOnlyOutcome::Accepted));
    let why = vec!["items are set in what `builtins.list` makes".to_owned()];
    assert_eq!(outcome("2.10"), Some(&WeightsOnlyOutcome::Refused(why)));
}
