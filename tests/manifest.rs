//! `manifest` and what `check` says of it, as seen by running them: each fault by itself, and what it is called.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, holds, ran};

/// A key made for these tests with `openssl ecparam -genkey`; it guards nothing.
const PRIVATE: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAPMtgnCYLOhvem79iIZzbHqjDhhU9fDmtyO9Dj1YUokoAoGCCqGSM49\nAwEHoUQDQgAEQEH1KYtymg10u78aoPpf5UDg/OTSlN20lIQdmX1EJMO/En0fpbrs\nc+2pMsTHuLg08luOGwQhCKTlVsl/Td8cCg==\n-----END EC PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQEH1KYtymg10u78aoPpf5UDg/OTS\nlN20lIQdmX1EJMO/En0fpbrsc+2pMsTHuLg08luOGwQhCKTlVsl/Td8cCg==\n-----END PUBLIC KEY-----\n";

/// A safetensors file with one tensor of these bytes.
fn tensors(data: &[u8]) -> Vec<u8> {
    let header = format!(r#"{{"a":{{"dtype":"U8","shape":[{0}],"data_offsets":[0,{0}]}}}}"#, data.len());
    let header = format!("{header:<64}");
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// Three models, a configuration beside them, and their manifest.
fn place() -> Place {
    let place =
        Place::new(&[("models/config.json", r#"{"model_type": "bert"}"#), ("key.pem", PRIVATE), ("pub.pem", PUBLIC)]);
    for (name, byte) in [("a", 1), ("b", 2), ("c", 3)] {
        place.write(format!("models/{name}.safetensors"), &tensors(&[byte; 1000]));
    }
    let ran = place.run(&["manifest", "create", "--quiet"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    place
}

/// The files that `verify` says something of but "ok", with the word for it, and the exit code.
fn verdicts(place: &Place, more: &[&str]) -> (i32, Vec<(String, String)>) {
    let ran = place.run(&[&["manifest", "verify", "--output-format", "json"], more].concat());
    let report = ran.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = |key: &str| report[key].as_array().expect("a list").clone();
    let mut said = Vec::new();
    for file in list("files").iter().filter(|file| file["status"] != "ok") {
        said.push((text(&file["path"]), text(&file["status"])));
    }
    said.extend(list("extra").iter().map(|path| (text(path), "extra".to_owned())));
    said.extend(list("not_read").iter().map(|one| (text(&one["path"]), "not-read".to_owned())));
    said.extend(list("invalid_entries").iter().map(|one| (text(&one["entry"]), "invalid-entry".to_owned())));
    if report["signature"]["status"] == "invalid" {
        said.push(("signature".to_owned(), text(&report["signature"]["message"])));
    }
    assert_eq!(report["ok"], ran.code == 0, "{report}");
    (ran.code, said)
}

fn said(path: &str, word: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), word.to_owned())]
}

/// The rules of the findings of `check`, with their files.
fn checked(place: &Place) -> Vec<(String, String)> {
    let report = place.run(&["check", "--no-cache", "--output-format", "json"]).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("a list");
    findings.iter().map(|one| (text(&one["rule_id"]), text(&one["location"]["path"]))).collect()
}

#[test]
fn what_is_as_pinned_is_clean_and_sha256sum_would_say_the_same() {
    let place = place();
    assert_eq!(verdicts(&place, &[]), (0, Vec::new()));
    assert_eq!(checked(&place), Vec::new());
    holds(&place.run(&["manifest", "verify"]), 0, &["MANIFEST.json: 4 of 4 files match"]);
    holds(&place.run(&["manifest", "create"]), 2, &["MANIFEST.json is there already; `--update`"]);
    let before = fs::read(place.path().join("MANIFEST.json")).expect("written");
    holds(&place.run(&["manifest", "create", "--update"]), 0, &["0 added, 0 changed, 0 removed"]);
    assert_eq!(fs::read(place.path().join("MANIFEST.json")).expect("there"), before, "not a byte changes");
    holds(&place.run(&["manifest", "verify", "nowhere"]), 2, &["cannot read nowhere"]);
}

#[test]
fn a_flipped_bit_is_told_with_both_digests() {
    let place = place();
    let mut bytes = tensors(&[2; 1000]);
    *bytes.last_mut().expect("bytes") ^= 1;
    place.write("models/b.safetensors", &bytes);
    assert_eq!(verdicts(&place, &[]), (1, said("models/b.safetensors", "mismatch")));
    assert_eq!(checked(&place), said("LL301", "MANIFEST.json"));
    let text = place.run(&["manifest", "verify"]).out;
    assert_eq!(text.matches("SHA-256 ").count(), 2, "expected and found: {text}");
}

#[test]
fn a_truncated_file_is_told_by_its_size() {
    let place = place();
    place.write("models/b.safetensors", &tensors(&[2; 1000])[..500]);
    assert_eq!(verdicts(&place, &[]), (1, said("models/b.safetensors", "mismatch")));
    holds(&place.run(&["manifest", "verify"]), 1, &["expected 1072 bytes", "found 500 bytes"]);
    assert!(checked(&place).contains(&("LL301".to_owned(), "MANIFEST.json".to_owned())));
}

#[test]
fn two_files_that_were_swapped_are_both_told() {
    let place = place();
    place.write("models/a.safetensors", &tensors(&[2; 1000]));
    place.write("models/b.safetensors", &tensors(&[1; 1000]));
    let (code, said) = verdicts(&place, &[]);
    let names: Vec<_> = said.iter().map(|(path, word)| (path.as_str(), word.as_str())).collect();
    assert_eq!((code, names), (1, vec![("models/a.safetensors", "mismatch"), ("models/b.safetensors", "mismatch")]));
    assert_eq!(checked(&place).len(), 2);
}

#[test]
fn an_extra_file_is_told_and_only_if_it_is_a_model() {
    let place = place();
    place.write("models/notes.txt", b"no model");
    assert_eq!(verdicts(&place, &[]), (0, Vec::new()));
    place.write("models/extra.safetensors", &tensors(&[9; 10]));
    assert_eq!(verdicts(&place, &[]), (1, said("models/extra.safetensors", "extra")));
    assert_eq!(verdicts(&place, &["--ignore-extra"]), (0, Vec::new()));
    assert_eq!(checked(&place), said("LL303", "models/extra.safetensors"));
}

#[test]
fn a_file_that_was_renamed_is_missing_and_extra() {
    let place = place();
    fs::rename(place.path().join("models/b.safetensors"), place.path().join("models/B2.safetensors")).expect("renamed");
    let (code, all) = verdicts(&place, &[]);
    let expected = [said("models/b.safetensors", "missing"), said("models/B2.safetensors", "extra")].concat();
    assert_eq!((code, all), (1, expected));
    let found = checked(&place);
    assert_eq!(found, [said("LL302", "MANIFEST.json"), said("LL303", "models/B2.safetensors")].concat());
}

#[test]
fn another_case_of_the_name_is_pointed_out() {
    let place = place();
    fs::rename(place.path().join("models/b.safetensors"), place.path().join("models/x")).expect("renamed");
    fs::rename(place.path().join("models/x"), place.path().join("models/B.safetensors")).expect("renamed");
    if !place.path().join("models/b.safetensors").exists() {
        holds(&place.run(&["manifest", "verify"]), 1, &["`B.safetensors`, whose case differs"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_told_and_inside_the_folder_it_can_be_allowed() {
    use std::os::unix::fs::symlink;
    let (place, other) = (place(), Place::new(&[]));
    let models = place.path().join("models");
    other.write("b.safetensors", &tensors(&[2; 1000]));
    fs::remove_file(models.join("b.safetensors")).expect("there");
    symlink(other.path().join("b.safetensors"), models.join("b.safetensors")).expect("a link");
    // The content is the same, and yet it is not the file.
    for more in [&[][..], &["--follow-links"]] {
        assert_eq!(verdicts(&place, more), (1, said("models/b.safetensors", "symlink")), "out of the tree");
    }
    assert_eq!(checked(&place), said("LL301", "MANIFEST.json"));
    fs::remove_file(models.join("b.safetensors")).expect("there");
    fs::write(place.path().join("kept.bin"), tensors(&[2; 1000])).expect("writable");
    symlink("../kept.bin", models.join("b.safetensors")).expect("a link");
    assert!(verdicts(&place, &["--ignore-extra"]).1 == said("models/b.safetensors", "symlink"));
    assert_eq!(verdicts(&place, &["--ignore-extra", "--follow-links"]), (0, Vec::new()));
    // A folder on the way counts as well.
    fs::rename(&models, place.path().join("elsewhere")).expect("renamed");
    symlink("elsewhere", &models).expect("a link");
    assert_eq!(verdicts(&place, &["--ignore-extra"]).1.len(), 4);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_no_verdict() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place();
    let path = place.path().join("models/b.safetensors");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("ours");
    if fs::read(&path).is_ok() {
        // The superuser reads everything; a pipe nobody can hash.
        fs::remove_file(&path).expect("there");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success());
        assert_eq!(verdicts(&place, &["--ignore-extra"]), (1, said("models/b.safetensors", "not-a-file")));
        return;
    }
    assert_eq!(verdicts(&place, &["--ignore-extra"]), (2, said("models/b.safetensors", "unreadable")));
    let ran = place.run(&["check", "--output-format", "json"]);
    holds(&ran, 2, &["`models/b.safetensors` could not be held against the manifest"]);
    holds(&place.run(&["manifest", "sign", "--key", "key.pem"]), 2, &["was not signed"]);
}

#[test]
fn a_manifest_that_was_rewritten_keeps_no_signature() {
    let place = place();
    holds(&place.run(&["manifest", "sign", "--key", "key.pem"]), 0, &["MANIFEST.json.sig: 5 files signed (P-256)"]);
    holds(&place.run(&["manifest", "verify", "--public-key", "pub.pem"]), 0, &["MANIFEST.json.sig holds (P-256)"]);
    assert_eq!(checked(&place), Vec::new());
    place.write("models/b.safetensors", &tensors(&[7; 1000]));
    holds(&place.run(&["manifest", "create", "--update"]), 0, &["1 changed"]);
    // Every file is as the manifest says now; that it is another manifest is told without the key, too.
    let changed = said("signature", "the manifest was changed after it was signed");
    assert_eq!(verdicts(&place, &[]), (1, changed.clone()));
    assert_eq!(verdicts(&place, &["--public-key", "pub.pem"]), (1, changed));
    assert_eq!(checked(&place), said("LL305", "MANIFEST.json"));
}

#[test]
fn a_signature_that_was_made_up_or_is_gone_does_not_hold() {
    let place = place();
    holds(
        &place.run(&["manifest", "verify", "--public-key", "pub.pem"]),
        1,
        &["MANIFEST.json.sig: signature: there is no such file"],
    );
    place.run(&["manifest", "sign", "--key", "key.pem"]);
    let path = place.path().join("MANIFEST.json.sig");
    let mut bundle: Value = serde_json::from_slice(&fs::read(&path).expect("written")).expect("JSON");
    let signature = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().expect("a text").to_owned();
    // In its middle, so that it stays Base64.
    let other = if signature[40..].starts_with('A') { "B" } else { "A" };
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = format!("{}{other}{}", &signature[..40], &signature[41..]).into();
    fs::write(&path, bundle.to_string()).expect("writable");
    let (code, all) = verdicts(&place, &["--public-key", "pub.pem"]);
    assert!(code == 1 && all[0].1.contains("one of them was changed"), "{all:?}");
    // Only with the key can `check` tell.
    place.write("loadlint.toml", b"manifest-key = \"pub.pem\"\n");
    assert_eq!(checked(&place), said("LL305", "MANIFEST.json"));
    fs::remove_file(&path).expect("there");
    assert_eq!(checked(&place), said("LL305", "MANIFEST.json"));
}

#[test]
fn wrong_keys_are_named_and_never_shown() {
    let place = place();
    let secret = PRIVATE.lines().nth(1).expect("a line");
    let runs: [(&[&str], &str); 5] = [
        (&["manifest", "sign", "--key", "pub.pem"], "it is a public key; signing needs the private one"),
        (&["manifest", "sign", "--key", "MANIFEST.json"], "it is no PEM file"),
        (&["manifest", "sign", "--key", "nothing.pem"], "cannot read the key nothing.pem"),
        (&["manifest", "verify", "--public-key", "key.pem"], "it is a private key"),
        (&["manifest", "verify", "--public-key", "models/a.safetensors"], "it is no PEM file"),
    ];
    for (arguments, words) in runs {
        let ran = place.run(arguments);
        holds(&ran, 2, &[words]);
        assert!(!ran.err.contains(secret) && !ran.out.contains(secret), "{ran:?}");
    }
    place.write("broken.pem", PRIVATE.replace(secret, &secret.replace('M', "N")).as_bytes());
    let ran = place.run(&["manifest", "sign", "--key", "broken.pem"]);
    holds(&ran, 2, &["it is no valid key of the curve P-256, P-384 or P-521"]);
    assert!(!ran.err.contains(&secret[8..24]), "{ran:?}");
    assert!(!place.path().join("MANIFEST.json.sig").exists());
}

#[test]
fn nothing_is_signed_that_is_not_as_pinned() {
    let place = place();
    place.write("models/b.safetensors", b"another");
    holds(
        &place.run(&["manifest", "sign", "--key", "key.pem"]),
        1,
        &["models/b.safetensors: mismatch", "was not signed"],
    );
    assert!(!place.path().join("MANIFEST.json.sig").exists());
}

#[test]
fn a_signature_of_a_folder_is_a_manifest_of_every_file_in_it() {
    let place = place();
    place.write("models/notes.txt", b"some words");
    holds(&place.run(&["manifest", "sign", "--key", "key.pem", "models"]), 0, &["model.sig: 5 files signed"]);
    let verify = ["manifest", "verify", "--public-key", "pub.pem", "models/model.sig"];
    holds(&place.run(&verify), 0, &["5 of 5 files match", "model.sig holds (P-256)"]);
    place.write("models/notes.txt", b"Some words");
    place.write("models/more.txt", b"more");
    holds(&place.run(&verify), 1, &["notes.txt: mismatch", "more.txt: extra"]);
}

#[test]
fn a_file_that_is_written_to_while_it_is_hashed_is_no_verdict() {
    let place = place();
    let big = place.path().join("models/big.safetensors");
    place.write("models/big.safetensors", &tensors(&vec![5; 60 << 20]));
    let ran = place.run(&["manifest", "create", "--update", "--no-cache"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let words = std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::Write as _;
            let mut file = fs::OpenOptions::new().append(true).open(&big).expect("writable");
            // It grows all the time, so that no look at it sees one state at both ends.
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                file.write_all(b"x").expect("writable");
            }
        });
        // The pin knows no size in this form, so that the file is read.
        let sums = format!("{}  models/big.safetensors\n", "0".repeat(64));
        place.write("SHA256SUMS", sums.as_bytes());
        let ran = verdicts(&place, &["SHA256SUMS", "--ignore-extra"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        ran
    });
    assert_eq!(words, (2, said("models/big.safetensors", "changed-while-read")));
}

#[test]
fn many_small_files_are_each_told() {
    let place = Place::new(&[]);
    for number in 0..2_000 {
        place.write(format!("m/{:02}/{number:04}.safetensors", number % 50), &tensors(&[number as u8; 4]));
    }
    holds(&place.run(&["manifest", "create", "--no-cache"]), 0, &["2000 files"]);
    place.write("m/07/1007.safetensors", &tensors(&[8; 4]));
    fs::remove_file(place.path().join("m/49/1999.safetensors")).expect("there");
    let (code, all) = verdicts(&place, &[]);
    let expected = [said("m/07/1007.safetensors", "mismatch"), said("m/49/1999.safetensors", "missing")].concat();
    assert_eq!((code, all), (1, expected));
}

#[test]
fn a_large_sparse_file_is_hashed_and_a_bit_in_it_counts() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let place = Place::new(&[]);
    // Small enough for an unoptimised build; the benchmark takes eight gigabytes.
    const BYTES: u64 = 64 << 20;
    let header =
        r#"{"a":{"dtype":"U8","shape":[BYTES],"data_offsets":[0,BYTES]}}"#.replace("BYTES", &BYTES.to_string());
    let header = format!("{header:<72}");
    place.write("big.safetensors", &[&72_u64.to_le_bytes()[..], header.as_bytes()].concat());
    let mut file = fs::OpenOptions::new().write(true).open(place.path().join("big.safetensors")).expect("there");
    file.set_len(BYTES + 80).expect("sparse");
    holds(&place.run(&["manifest", "create", "--no-cache"]), 0, &["1 file, 67.1 MB"]);
    assert_eq!(verdicts(&place, &[]), (0, Vec::new()));
    file.seek(SeekFrom::Start(BYTES / 2)).expect("inside");
    file.write_all(&[1]).expect("writable");
    drop(file);
    assert_eq!(verdicts(&place, &[]), (1, said("big.safetensors", "mismatch")));
}

#[test]
fn hostile_entries_pin_nothing_and_are_told() {
    let place = place();
    let path = place.path().join("MANIFEST.json");
    let text = fs::read_to_string(&path).expect("written");
    for (wrong, word) in [
        ("\"../models/a.safetensors\"", "invalid-entry"),
        ("\"/etc/passwd\"", "invalid-entry"),
        ("\"models/b.safetensors\"", "invalid-entry"),
        ("\"models/\\u0000\"", "invalid-entry"),
    ] {
        fs::write(&path, text.replacen("\"models/a.safetensors\"", wrong, 1)).expect("writable");
        let (code, all) = verdicts(&place, &["--ignore-extra"]);
        assert!(code == 1 && all.iter().any(|(_, said)| said == word), "{wrong}: {all:?}");
        assert!(checked(&place).iter().any(|(rule, _)| rule == "LL307"), "{wrong}");
    }
    fs::write(&path, text.replacen("\"sha256\"", "\"sha265\"", 1)).expect("writable");
    assert_ne!(place.run(&["manifest", "verify"]).code, 0, "a misspelled key does not pass");
    fs::write(&path, &text[..text.len() / 2]).expect("writable");
    holds(&place.run(&["manifest", "verify"]), 2, &["cannot use MANIFEST.json"]);
    assert_eq!(place.run(&["check"]).code, 2, "a manifest that is cut is no manifest that is clean");
}

const CODE: &str = "\
import pickle
import safetensors.torch as st
net = st.load_file('models/a.safetensors')
with open('models/p.pkl', 'rb') as file:
    table = pickle.load(file)
other = st.load_file('models/other.safetensors')
";

#[test]
fn code_is_held_against_the_manifest() {
    let place = place();
    place.write("models/p.pkl", b"\x80\x04}q\x00.");
    place.write("models/other.safetensors", &tensors(&[4; 10]));
    place.write("load.py", CODE.as_bytes());
    holds(&place.run(&["manifest", "create", "--update", "models/p.pkl"]), 0, &["1 added"]);
    let report = place.run(&["check", "--output-format", "json"]).json();
    let findings = report["findings"].as_array().expect("a list");
    let of =
        |rule: &str| findings.iter().find(|one| one["rule_id"] == rule).unwrap_or_else(|| panic!("{rule}: {report:#}"));
    assert_eq!(of("LL304")["location"]["start"]["line"], 6, "{report:#}");
    assert_eq!(of("LL303")["location"]["path"], "models/other.safetensors");
    let load = of("LL110");
    assert_eq!(load["level"], "warning");
    let message = load["message"].as_str().expect("a text");
    assert!(message.ends_with("(warning instead of error: `models/p.pkl` is verified by MANIFEST.json)"), "{message}");
    // Not any more once the pickle is another one.
    place.write("models/p.pkl", b"\x80\x04]q\x00.");
    let report = place.run(&["check", "--output-format", "json"]).json();
    let load = report["findings"].as_array().expect("a list").iter().find(|one| one["rule_id"] == "LL110").cloned();
    assert_eq!(load.expect("found")["level"], "error");
}

#[test]
fn a_download_whose_digest_disagrees_is_told_and_can_be_excused() {
    let place = place();
    let ran = place.run(&["manifest", "verify", "--output-format", "json"]).json();
    let right = ran["files"][0]["expected"]["sha256"].as_str().expect("a digest").to_owned();
    let code = |digest: &str, comment: &str| {
        format!("from acme import fetch\nfetch('https://example.org/a.safetensors', sha256='{digest}'){comment}\n")
    };
    place.write("get.py", code(&right, "").as_bytes());
    assert_eq!(checked(&place), Vec::new());
    place.write("get.py", code(&"5".repeat(64), "").as_bytes());
    assert_eq!(checked(&place), said("LL306", "get.py"));
    place.write(
        "THREATS.md",
        b"# Threats\n\n## T-001: An old mirror\n- Status: accepted\n- Owner: us\n- Review by: 2999-01-01\n",
    );
    let excuse = "  # loadlint: ignore[LL306] T-001: the old mirror is reviewed on its own";
    place.write("get.py", code(&"5".repeat(64), excuse).as_bytes());
    assert!(!checked(&place).iter().any(|(rule, _)| rule == "LL306" || rule == "LL410"), "{:?}", checked(&place));
}

#[test]
fn the_nearest_manifest_speaks_for_a_file() {
    let place = place();
    let nested = Path::new("vendor/net");
    place.write(nested.join("v.safetensors"), &tensors(&[6; 10]));
    assert_eq!(checked(&place), said("LL303", "vendor/net/v.safetensors"));
    let ran = place.run(&["manifest", "create", "--output", "vendor/net/MANIFEST.json", "vendor/net"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = place.run(&["check", "--output-format", "json", ".", "vendor/net"]).json();
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{report:#}");
    place.write("loadlint.toml", b"manifest = \"\"\n");
    place.write("models/new.safetensors", &tensors(&[6; 11]));
    assert_eq!(checked(&place), Vec::new(), "no manifest is wanted");
    place.write("loadlint.toml", b"manifest = \"pins.json\"\n");
    holds(&place.run(&["check"]), 2, &["the manifest cannot be read"]);
}

#[test]
fn the_archives_of_torchserve_have_a_manifest_of_their_own() {
    let place = Place::new(&[("MANIFEST.json", r#"{"model": {"serializedFile": "net.pt", "handler": "h"}}"#)]);
    place.write("a.safetensors", &tensors(&[1; 4]));
    assert!(!checked(&place).iter().any(|(rule, _)| rule.starts_with("LL3")), "{:?}", checked(&place));
}

/// Neither what was emptied nor what was written in another encoding passes for a file of another kind.
#[test]
fn a_manifest_that_is_no_json_is_told() {
    let place = place();
    let whole = fs::read_to_string(place.path().join("MANIFEST.json")).expect("readable");
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for broken in [&b""[..], &whole.as_bytes()[..1], &wide] {
        place.write("MANIFEST.json", broken);
        holds(&place.run(&["check", "--no-cache"]), 2, &["MANIFEST.json", "it is no manifest in any form"]);
    }
}

#[test]
fn the_manifest_of_the_repository_speaks_in_its_folders() {
    let place = place();
    place.write("models/a.safetensors", &tensors(&[7; 1000]));
    let rules_in_models = || {
        let output = place
            .command(&["check", "--no-cache", "--output-format", "json"])
            .current_dir(place.path().join("models"))
            .output();
        let report = ran(output.expect("runs")).json();
        let findings = report["findings"].as_array().expect("a list");
        findings.iter().map(|one| one["rule_id"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rules_in_models(), Vec::<String>::new(), "what lies above without a repository is somebody else's");
    place.write(".git/HEAD", b"ref: refs/heads/main\n");
    assert_eq!(rules_in_models(), ["LL301"]);
}

#[test]
fn other_forms_are_written_and_read_again() {
    let place = place();
    holds(&place.run(&["manifest", "create", "--format", "sha256sums"]), 0, &["SHA256SUMS: 4 files"]);
    assert_eq!(verdicts(&place, &["SHA256SUMS"]), (0, Vec::new()));
    for name in ["a", "b"] {
        place.write(format!("bag/data/{name}.bin"), name.as_bytes());
    }
    holds(&place.run(&["manifest", "create", "--format", "bagit", "bag"]), 0, &["2 files"]);
    for name in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        assert_eq!(verdicts(&place, &[&format!("bag/{name}")]), (0, Vec::new()), "{name}");
    }
    place.write("bag/data/c.bin", b"c");
    assert_eq!(verdicts(&place, &["bag/manifest-sha256.txt"]), (1, said("data/c.bin", "extra")));
    let bill = place.run(&["manifest", "create", "--format", "cyclonedx", "--output", "-", "models"]).json();
    assert_eq!((&bill["specVersion"], bill["components"].as_array().map(Vec::len)), (&"1.6".into(), Some(4)));
    let map: serde_json::Map<String, Value> =
        serde_json::from_slice::<Value>(&fs::read(place.path().join("MANIFEST.json")).expect("written")).expect("JSON")
            ["artifacts"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| (one["path"].as_str().expect("a text").to_owned(), one["sha256"].clone()))
            .collect();
    place.write("map.json", Value::Object(map).to_string().as_bytes());
    assert_eq!(verdicts(&place, &["map.json"]), (0, Vec::new()));
}

#[test]
fn a_pointer_stands_for_its_content_unless_the_content_is_asked_for() {
    let place = place();
    let report = place.run(&["manifest", "verify", "--output-format", "json"]).json();
    let expected = &report["files"][0]["expected"];
    let pointer = |digest: &str| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {}\n", expected["bytes"])
    };
    place.write("models/a.safetensors", pointer(expected["sha256"].as_str().expect("a digest")).as_bytes());
    holds(&place.run(&["manifest", "verify"]), 0, &["4 of 4 files match", "1 by their Git-LFS pointers"]);
    assert_eq!(verdicts(&place, &["--require-content"]), (1, said("models/a.safetensors", "pointer-only")));
    place.write("models/a.safetensors", pointer(&"0".repeat(64)).as_bytes());
    assert_eq!(verdicts(&place, &[]), (1, said("models/a.safetensors", "mismatch")));
}

#[test]
fn the_date_can_be_set_and_the_file_is_valid_by_its_schema() {
    let place = place();
    fs::remove_file(place.path().join("MANIFEST.json")).expect("there");
    let mut command = place.command(&["manifest", "create", "--quiet"]);
    assert!(command.env("SOURCE_DATE_EPOCH", "1700000000").status().expect("it runs").success());
    let text = fs::read(place.path().join("MANIFEST.json")).expect("written");
    let mut manifest: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(manifest["generated_at"], "2023-11-14T22:13:20Z");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).expect("there")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&manifest).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    manifest["artifacts"][0]["sha265"] = "x".into();
    assert!(!validator.is_valid(&manifest), "unknown keys are none");
    let mut command = place.command(&["manifest", "create", "--update"]);
    let ran = command.env("SOURCE_DATE_EPOCH", "yesterday").output().expect("it runs");
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn an_update_of_some_leaves_the_others_and_what_people_wrote() {
    let place = place();
    let path = place.path().join("MANIFEST.json");
    let text = fs::read_to_string(&path).expect("written");
    fs::write(&path, text.replacen("\"model-weights\"", "\"student\"", 1)).expect("writable");
    place.write("models/b.safetensors", b"no model any more, but pinned by its name");
    fs::remove_file(place.path().join("models/c.safetensors")).expect("there");
    holds(
        &place.run(&["manifest", "create", "--update", "models/b.safetensors"]),
        0,
        &["0 added, 1 changed, 0 removed"],
    );
    assert_eq!(verdicts(&place, &[]), (1, said("models/c.safetensors", "missing")));
    holds(&place.run(&["manifest", "create", "--update"]), 0, &["0 added, 0 changed, 1 removed"]);
    assert!(fs::read_to_string(&path).expect("there").contains("\"student\""));
}

#[test]
fn the_cache_is_asked_only_if_that_is_wanted() {
    let place = place();
    let folder = place.path().join("cache");
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("LOADLINT_CACHE_DIR", &folder);
        ran(command.output().expect("it runs"))
    };
    assert_eq!(run(&["manifest", "verify", "--cache"]).code, 0);
    assert!(!folder.join("digests.json").exists(), "what changed just now may change again");
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert_eq!(run(&["manifest", "verify"]).code, 0);
    assert!(!folder.join("digests.json").exists(), "nobody asked for it");
    assert_eq!(run(&["manifest", "verify", "--cache"]).code, 0);
    let cache = folder.join("digests.json");
    let known = fs::read_to_string(&cache).expect("written");
    let report = run(&["manifest", "verify", "--output-format", "json"]).json();
    let digest = report["files"][0]["expected"]["sha256"].as_str().expect("a digest").to_owned();
    // Another digest shows who asks the cache.
    fs::write(&cache, known.replace(&digest, &"0".repeat(64))).expect("writable");
    assert_eq!(run(&["manifest", "verify", "--cache"]).code, 1);
    assert_eq!(run(&["manifest", "verify"]).code, 0);
    assert_eq!(run(&["manifest", "verify", "--cache", "--no-cache"]).code, 0);
    assert!(run(&["check"]).out.contains("LL301"));
    assert_eq!(run(&["check", "--no-cache"]).code, 0);
    // Another content of the same size and time is another state all the same.
    fs::write(&cache, known).expect("writable");
    let path = place.path().join("models/a.safetensors");
    let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("there");
    fs::write(&path, tensors(&[9; 1000])).expect("writable");
    fs::File::options().write(true).open(&path).expect("there").set_modified(time).expect("ours");
    if cfg!(unix) {
        assert_eq!(run(&["manifest", "verify", "--cache"]).code, 1);
    }
}

#[test]
fn after_a_fix_the_manifest_still_speaks() {
    let place = place();
    let code = "import torch\nimport safetensors.torch as st\nst.load_file('other.safetensors')\ntorch.load(p, weights_only=False)\n";
    place.write("load.py", code.as_bytes());
    let before = place.run(&["check", "--output-format", "json"]).json();
    assert_eq!(before["findings"].as_array().map(Vec::len), Some(2), "{before:#}");
    let after = place.run(&["check", "--fix", "--unsafe-fixes", "--output-format", "json"]).json();
    let rules: Vec<_> =
        after["findings"].as_array().expect("a list").iter().map(|one| one["rule_id"].clone()).collect();
    assert_eq!(rules, ["LL304"], "{after:#}");
}

#[test]
fn an_entry_of_the_register_excuses_what_a_manifest_says_of_a_file() {
    let place = place();
    place.write("models/b.safetensors", &tensors(&[9; 1000]));
    assert_eq!(checked(&place), [("LL301".to_owned(), "MANIFEST.json".to_owned())]);
    let entry =
        "## T-1: b is made anew each night\n- Status: accepted\n- Owner: @ml\n- Rules: LL301\n- Scope: models/b.*\n";
    place.write("THREATS.md", entry.as_bytes());
    let report = place.run(&["check", "--no-cache", "--output-format", "json"]);
    assert_eq!((report.code, &report.json()["findings"]), (0, &serde_json::json!([])), "{report:?}");
    assert_eq!(report.json()["suppressed"][0]["rule_id"], "LL301");
    // The register knows that it is used.
    let threats = place.run(&["threats", "--check"]);
    assert_eq!(threats.code, 0, "{threats:?}");
    // It is about this file and this rule only.
    place.write("THREATS.md", entry.replace("b.*", "c.*").as_bytes());
    assert_eq!(
        checked(&place),
        [("LL301".to_owned(), "MANIFEST.json".to_owned()), ("LL423".to_owned(), "THREATS.md".to_owned()),]
    );
}
