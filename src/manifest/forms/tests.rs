use super::*;

const A: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const B: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn paths(pins: &Pins) -> Vec<&str> {
    pins.pins.iter().map(|pin| pin.path.as_str()).collect()
}

fn faults(pins: &Pins) -> Vec<&str> {
    pins.faults.iter().map(|fault| fault.message.as_str()).collect()
}

#[test]
fn our_own_form_reads_and_points_at_paths() {
    let text = format!(
        "{{\n \"version\": 1,\n \"artifacts\": [\n  {{\"sha256\": \"{A}\", \"path\": \"a/b.pt\", \"bytes\": 0}}\n ]\n}}"
    );
    let pins = read("MANIFEST.json", &text).expect("valid");
    assert_eq!((pins.form, paths(&pins)), (Form::Loadlint, vec!["a/b.pt"]));
    assert_eq!(&text[pins.pins[0].region.range()], "\"a/b.pt\"");
    assert_eq!(pins.pins[0].bytes, Some(0));
}

#[test]
fn a_wrong_entry_is_a_fault_and_the_others_count() {
    let entry = |path: &str, more: &str| format!("{{\"path\": \"{path}\", \"sha256\": \"{A}\", \"bytes\": 1{more}}}");
    let entries = [
        entry("ok", ""),
        entry("../out", ""),
        entry("/abs", ""),
        entry("ok", ""),
        entry("odd", ", \"sha265\": 1"),
        "7".to_owned(),
        "{\"path\": \"none\"}".to_owned(),
    ];
    let text = format!("{{\"version\": 1, \"artifacts\": [{}]}}", entries.join(","));
    let pins = read("MANIFEST.json", &text).expect("a manifest");
    assert_eq!(paths(&pins), ["ok"]);
    let told = faults(&pins);
    assert_eq!(told.len(), 6);
    assert_eq!(
        told[..3],
        ["the path leads out of the folder with `..`", "the path is absolute", "the path is listed twice"]
    );
    assert!(told[3].contains("unknown field `sha265`") && told[5].contains("missing field `sha256`"), "{told:?}");
}

#[test]
fn other_json_is_no_manifest_and_a_broken_one_is_told() {
    let mar = r#"{"model": {"serializedFile": "m.pt", "handler": "h"}, "createdOn": "x"}"#;
    for other in [mar, "[]", "{}", "{\"name\": \"extension\"}", "{\"artifacts\": [1]}"] {
        assert_eq!(read("MANIFEST.json", other), Err(ManifestError::NotOne), "{other}");
        assert!(!is_manifest(other));
    }
    let cut = format!("{{\"version\": 1, \"artifacts\": [{{\"sha256\": \"{A}\"");
    for no_json in [cut.as_str(), "", "{", "{\0\"\0"] {
        assert!(is_manifest(no_json), "{no_json}");
        assert!(read("MANIFEST.json", no_json).is_err(), "{no_json}");
    }
    let broken = |text: &str| read("MANIFEST.json", text).expect_err("broken").to_string();
    assert!(broken("{\"version\": 2, \"artifacts\": []}").contains("version 2"));
    assert!(broken("{\"version\": 1, \"version\": 1, \"artifacts\": []}").contains("duplicate field"));
    assert!(broken("{\"version\": 1, \"artifacts\": [], \"x\": 0}").contains("unknown field `x`"));
    let deep = format!("{{\"version\": 1, \"artifacts\": {}, \"sha256\": 0}}", "[".repeat(100_000));
    assert!(broken(&deep).contains("it is no valid manifest"));
}

#[test]
fn a_map_holds_digests_and_nothing_else() {
    let text = format!("{{\"$schema\": \"x\", \"a\": \"{A}\", \"b/c\": \"sha256:{B}\", \"a\": \"{B}\", \"d\": \"1\"}}");
    let pins = read("x.json", &text).expect("a map");
    assert_eq!((pins.form, paths(&pins)), (Form::Map, vec!["a", "b/c"]));
    assert_eq!(faults(&pins), ["the path is listed twice", "its value is no SHA-256 digest"]);
}

#[test]
fn lines_of_sha256sum_in_both_forms() {
    let text = format!(
        "# made by hand\n{A}  ./a.pt\r\n{B} *b c.pt\n\\{A}  new\\nline\\\\x\nSHA256 (d (1).pt) = {B}\n\nnonsense\n{A}  /abs\n"
    );
    let pins = read("SHA256SUMS", &text).expect("lines");
    assert_eq!(pins.form, Form::Sha256Sums);
    assert_eq!(paths(&pins), ["a.pt", "b c.pt", "new\nline\\x", "d (1).pt"]);
    assert_eq!(faults(&pins), ["the line is no digest and path", "the path is absolute"]);
    assert_eq!(read("SHA256SUMS", "no digests here\n"), Err(ManifestError::NotOne));
    assert_eq!(read("SHA256SUMS", ""), Err(ManifestError::NotOne));
}

#[test]
fn lines_of_a_bag() {
    let text = format!("{A}  data/100%25%0Ax\n{B}\tdata/b\n");
    let pins = read("manifest-sha256.txt", &text).expect("a bag");
    assert_eq!((pins.form, paths(&pins)), (Form::BagIt, vec!["data/100%\nx", "data/b"]));
    assert!(read("manifest-sha256.txt", "").expect("an empty bag").pins.is_empty());
}

#[test]
fn a_manifest_without_end_is_refused() {
    let text = format!("{{\"version\": 1, \"sha256\": 0, \"artifacts\": [{}0]}}", "0,".repeat(MOST_ENTRIES));
    assert!(matches!(read("m", &text), Err(ManifestError::Broken(_))));
    let lines = format!("{A} x\n").repeat(MOST_ENTRIES + 1);
    assert!(matches!(read("m", &lines), Err(ManifestError::Broken(_))));
}

/// One text of each form, to be damaged.
fn samples() -> Vec<String> {
    let digest = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
    vec![
        format!(r#"{{"version":1,"artifacts":[{{"path":"größe/\u00e4.pt","sha256":"{digest}","bytes":3}}]}}"#),
        format!(r#"{{"a/b.pt":"{digest}","ü":"sha256:{digest}"}}"#),
        format!("{digest}  a.pt\n\\{digest} *b\\nc.pt\n"),
        r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"x"}},"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA"}]}}"#.to_owned(),
    ]
}

proptest::proptest! {
    #[test]
    fn damaged_manifests_pin_nothing_outside_and_point_into_their_text(
        which in 0..4_usize,
        changes in proptest::collection::vec((0..400_usize, proptest::char::any(), proptest::bool::ANY), 0..6),
        bag in proptest::bool::ANY,
    ) {
        let mut characters: Vec<char> = samples()[which].chars().collect();
        for (at, character, inserts) in changes {
            let at = at % characters.len();
            if inserts { characters.insert(at, character) } else { characters[at] = character }
        }
        let text: String = characters.into_iter().collect();
        // Regions count from behind a byte order mark.
        let text = text.trim_start_matches('\u{FEFF}');
        if let Ok(pins) = read(if bag { "manifest-sha256.txt" } else { "MANIFEST.json" }, text) {
            let regions = pins.pins.iter().map(|pin| pin.region).chain(pins.faults.iter().map(|fault| fault.region));
            for region in regions {
                proptest::prop_assert!(text.get(region.range()).is_some(), "{region:?} of {text}");
            }
            for pin in &pins.pins {
                let normal = |part| matches!(part, std::path::Component::Normal(_));
                proptest::prop_assert!(pin.path.to_path().components().all(normal), "{}", pin.path);
            }
        }
    }
}
