//! Reports of real runs.

use crate::support::{Place, UNSAFE, holds};

#[test]
fn the_json_of_a_real_run_is_valid_by_the_schema() {
    let excused = "import pickle\nx = pickle.load(f)  # nosec B301  # T-003: ours\n";
    let place = Place::new(&[("a.py", UNSAFE), ("b.py", excused), ("c.py", "x = (\n")]);
    let report = place.run(&["check", "no.py", ".", "--output-format", "json"]).json();
    let schema = serde_json::from_str(include_str!("../docs/json-output.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["summary"]["inputs"], 3);
}

#[test]
fn columns_count_code_points_utf16_units_and_bytes() {
    let line = "import pickle\nx = \"é𝄞\"; y = pickle.loads(open('a', 'rb').read())\n";
    let place = Place::new(&[("a.py", line)]);
    let report = place.run(&["check", "--output-format", "json"]).json();
    let start = &report["findings"][0]["location"]["start"];
    assert_eq!(
        (
            start["line"].as_u64(),
            start["column"].as_u64(),
            start["column_utf16"].as_u64(),
            start["column_byte"].as_u64()
        ),
        (Some(2), Some(15), Some(16), Some(19))
    );
}

#[test]
fn the_full_report_shows_the_line_and_names_the_rule() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let ran = place.run(&["check"]);
    assert!(ran.out.contains("┌─ a.py:2:5\n"), "{}", ran.out);
    assert!(ran.out.contains("2 │ x = pickle.load(open('a', 'rb'))\n"), "{}", ran.out);
    assert!(ran.out.contains("= rule: pickle-load\n"), "{}", ran.out);
    assert!(ran.out.contains("= docs: https://github.com/loadlint/loadlint/blob/main/docs/rules/LL110.md\n"));
    assert!(ran.out.ends_with(" in 1 file.\n"), "{}", ran.out);
}

#[test]
fn statistics_count_each_rule() {
    let place = Place::new(&[("a.py", UNSAFE), ("b.py", UNSAFE)]);
    let text = place.run(&["check", "--statistics"]).out;
    assert!(text.starts_with("2  ") && text.contains("  LL110  pickle-load\n"), "{text}");
    let rows = place.run(&["check", "--statistics", "--output-format", "json"]).json();
    assert_eq!(rows[0]["count"], 2);
}

#[test]
fn the_json_of_inspect_is_valid_by_its_schema() {
    let schema = serde_json::from_str(include_str!("../docs/inspect-output.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let place = Place::new(&[]);
    let header = br#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let tensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat();
    place.write("w.safetensors", &tensors);
    place.write("m.pkl", b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.");
    place.write("cut.pkl", b"\x80\x02cposix\nsystem\nX\x04\x00\x00");
    for (file, code) in [("w.safetensors", 0), ("m.pkl", 0), ("cut.pkl", 2)] {
        let ran = place.run(&["inspect", "--output-format", "json", file]);
        assert_eq!(ran.code, code, "{ran:?}");
        let errors: Vec<_> = validator.iter_errors(&ran.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
    }
}

#[test]
fn one_run_writes_several_reports_and_none_over_another() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let ran =
        place.run(&["check", "--output", "sarif=a.sarif", "--output", "junit=a.xml", "--output-format", "concise"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("a.py:2:5: "), "{}", ran.out);
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("written");
    assert!(read("a.sarif").contains("\"2.1.0\"") && read("a.xml").contains("<testsuites "));
    let to_terminal = place.run(&["check", "--output-format", "concise", "--output-file", "-"]);
    assert_eq!((to_terminal.code, to_terminal.out), (1, ran.out));
    assert!(!place.path().join("-").exists());
    for wrong in [&["json=b", "sarif=b"][..], &["yaml=b"], &["json="], &["b"], &["sarif=-"]] {
        let arguments: Vec<_> = ["check"].into_iter().chain(wrong.iter().flat_map(|word| ["--output", word])).collect();
        let ran = place.run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(!place.path().join("b").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_unicode_keeps_its_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new(&[]);
    place.write(std::ffi::OsStr::from_bytes(b"\xff.py"), UNSAFE.as_bytes());
    let location = &place.run(&["check", "--output-format", "json"]).json()["findings"][0]["location"];
    assert_eq!((location["path"].as_str(), location["path_bytes"].as_str()), (Some("\u{fffd}.py"), Some("%FF.py")));
}

/// However a SARIF report is asked for, its results have the hash of their line.
#[test]
fn lines_are_hashed_for_every_sarif_report() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let hash = |text: &str| {
        let log: serde_json::Value = serde_json::from_str(text).expect("JSON");
        log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"].clone()
    };
    let by_option = hash(&place.run(&["check", "--output-format", "sarif", "."]).out);
    assert!(by_option.is_string(), "{by_option}");
    place.run(&["check", "--output", "sarif=out.sarif", "a.py"]);
    assert_eq!(hash(&std::fs::read_to_string(place.path().join("out.sarif")).expect("written")), by_option);
    place.write("loadlint.toml", b"output-format = \"sarif\"\n");
    assert_eq!(hash(&place.run(&["check", "."]).out), by_option);
    assert_eq!(hash(&place.run_with_input(&["check", "-"], UNSAFE.as_bytes()).out), by_option);
}

#[test]
fn a_sarif_report_holds_as_many_results_as_were_asked_for() {
    let place = Place::new(&[("a.py", "import pickle\npickle.load(a)\npickle.load(b)\npickle.load(c)\n")]);
    let sarif = |most: &str| place.run(&["check", "--output-format", "sarif", &format!("--sarif-max-results={most}")]);
    let ran = sarif("2");
    assert_eq!(ran.code, 1);
    let run = &ran.json()["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(2));
    let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str();
    assert!(told.is_some_and(|text| text.starts_with("1 results are left out: a report holds 2,")), "{told:?}");
    assert_eq!(sarif("25000").json()["runs"][0]["results"].as_array().map(Vec::len), Some(3));
    for wrong in ["0", "25001", "-1", "x", ""] {
        let ran = sarif(wrong);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong}: {ran:?}");
        assert!(ran.err.contains("--sarif-max-results"), "{}", ran.err);
    }
}

/// What a register or a manifest says is known last, and has the hash of its line all the same; a pin without a file,
/// a model that no pin names and a load of one stand in the manifest, in the model and in the code.
#[test]
fn what_registers_and_manifests_say_has_the_hash_of_its_line() {
    let place = Place::new(&[
        ("a.py", "import torch\nm = torch.load('other.pt', weights_only=True)\n"),
        ("THREATS.md", "\u{feff}# Threats\n\n## T-001: Ours\n\n- Status: accepted\n- Owner:\n"),
        ("gone.pkl", "x"),
    ]);
    place.run(&["manifest", "create"]);
    std::fs::remove_file(place.path().join("gone.pkl")).expect("it was there");
    place.write("new.pkl", b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.");
    let report = place.run(&["check", "--output-format", "sarif"]).json();
    let mut rules = Vec::new();
    for result in report["runs"][0]["results"].as_array().expect("results") {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].is_u64(), "{result}");
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string(), "{result}");
        rules.push(result["ruleId"].as_str().expect("an id"));
    }
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules, ["LL201", "LL208", "LL302", "LL303", "LL304", "LL420", "LL423"]);
}

#[test]
fn what_is_not_here_is_no_part_of_what_was_read() {
    let index = r#"{"metadata": {}, "weight_map": {"a": "m-1.bin", "b": "m-2.bin"}}"#;
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{:064}\nsize 12345\n", 7);
    let place = Place::new(&[("m/model.bin.index.json", index), ("p.onnx", &pointer)]);
    let scan = |path: &str| place.run(&["scan", path]);
    // An index alone is kept in many places.
    holds(&scan("m"), 0, &["1 file clean."]);
    holds(&scan("p.onnx"), 0, &["LL250", "1 model file, of which 1 was not fully read."]);
    place.write("m/m-1.bin", b"\x80\x02}.");
    holds(&scan("m"), 2, &["not all of the model is here: `m-2.bin` is not beside it", "not fully read."]);
    place.write("m/m-2.bin", b"\x80\x02}.");
    holds(&scan("m"), 0, &["3 model files read to the end."]);
}

#[test]
fn a_named_file_of_no_known_kind_is_not_called_clean() {
    let noise: Vec<u8> = (0..2000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let picture = [&b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"[..], &[0x81; 64]].concat();
    let place = Place::new(&[("notes.txt", "words"), ("empty.py", ""), ("empty", "")]);
    place.write("in/weights.dat", &noise);
    place.write("in/photo.png", &picture);
    let told = ["in/weights.dat", "LL907", "not analysed: its content is of no kind that loadlint knows"];
    holds(&place.run(&["scan", "in/weights.dat"]), 2, &told);
    holds(&place.run(&["scan", "in/weights.dat", "in/photo.png", "notes.txt", "in"]), 2, &told);
    holds(&place.run_with_input(&["scan", "-"], &noise), 2, &["not analysed"]);
    holds(&place.run_with_input(&["scan", "-"], b"words"), 0, &["No model file recognised in 1 file."]);
    // Folders are full of other things.
    holds(&place.run(&["scan", "in"]), 0, &["No model file recognised in 2 files."]);
    holds(&place.run(&["scan", "in/photo.png", "notes.txt", "empty.py"]), 0, &["No model file recognised in 3 files."]);
    holds(&place.run(&["scan", "empty"]), 2, &["not analysed: it is empty"]);
}
