//! Configuration files as users meet them.

use crate::support::{Place, UNSAFE};

#[test]
fn a_mistake_is_shown_where_it_stands_and_nothing_runs() {
    let place =
        Place::new(&[("a.py", UNSAFE), ("pyproject.toml", "[tool.loadlint]\nselect = [\"LL9x\"]\nignroe = []\n")]);
    let ran = place.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(
        ran.err,
        "error: pyproject.toml:3:1: unknown key `ignroe`\n  |\n3 | ignroe = []\n  | ^^^^^^\n  = help: did you mean \
         `ignore`?\n"
    );
}

#[test]
fn a_mistake_further_down_ends_the_run_too() {
    let place = Place::new(&[("a.py", UNSAFE), ("sub/b.py", UNSAFE), ("sub/loadlint.toml", "exclude = 1\n")]);
    let ran = place.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.starts_with("error: sub/loadlint.toml:1:11: expected a list of strings, found a whole number\n"));
    assert_eq!(place.run(&["check", "--no-config"]).code, 1);
    assert_eq!(place.run(&["check", "a.py"]).code, 1);
}

#[test]
fn an_unknown_rule_is_named_with_a_guess() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let ran = place.run(&["check", "--ignore", "pickle-lod"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.err, "error: --ignore: unknown rule `pickle-lod`\n  = help: did you mean `pickle-load`?\n");
    let inline = place.run(&["check", "--config", "levels.LL999 = 'off'"]);
    assert!(inline.err.starts_with("error: --config:1:8: unknown rule `LL999`\n"), "{inline:?}");
}

#[test]
fn each_file_obeys_the_nearest_configuration() {
    let place = Place::new(&[
        ("loadlint.toml", "ignore = ['LL110']\n"),
        ("a.py", UNSAFE),
        ("sub/.loadlint.toml", "[levels]\nLL110 = 'note'\n"),
        ("sub/deep/b.py", UNSAFE),
        ("other/pyproject.toml", "[tool.ruff]\n"),
        ("other/c.py", UNSAFE),
    ]);
    let ran = place.run(&["check", "--output-format", "json"]);
    assert_eq!(ran.found_in(), ["sub/deep/b.py"]);
    assert_eq!(ran.json()["findings"][0]["level"], "note");
}

#[test]
fn the_command_line_is_stronger_than_the_file() {
    let place = Place::new(&[("loadlint.toml", "select = ['LL101']\nmin-level = 'error'\n"), ("a.py", UNSAFE)]);
    assert_eq!(place.run(&["check"]).code, 0);
    assert_eq!(place.run(&["check", "--select", "LL110", "--min-level", "note"]).code, 1);
    assert_eq!(place.run(&["check", "--no-config"]).code, 1);
    assert_eq!(place.run(&["check", "--config", "select = ['ALL']", "--config", "min-level = 'note'"]).code, 1);
}

#[test]
fn rules_are_left_out_for_some_files() {
    let place = Place::new(&[
        ("loadlint.toml", "[per-file-ignores]\n'tests/*' = ['B301']\n"),
        ("tests/a.py", UNSAFE),
        ("src/b.py", UNSAFE),
    ]);
    assert_eq!(place.run(&["check", "--output-format", "json"]).found_in(), ["src/b.py"]);
}

#[test]
fn settings_are_shown_with_their_origins() {
    let place = Place::new(&[("loadlint.toml", "\nignore = ['LL110']\n"), ("sub/a.py", "")]);
    let text = place.run(&["config", "sub/a.py"]).out;
    assert!(text.starts_with("# loadlint.toml\n"), "{text}");
    assert!(text.contains("\nignore = [\"LL110\"]  # loadlint.toml:2\n"), "{text}");
    let json = place.run(&["config", "--output-format", "json", "--config", "min-level = 'error'"]).json();
    let settings = json["settings"].as_array().expect("a list");
    let level = settings.iter().find(|setting| setting["key"] == "min-level").expect("listed");
    assert_eq!((level["value"].as_str(), level["origin"].as_str()), (Some("error"), Some("--config:1")));
    let rules = json["rules"].as_array().expect("a list");
    assert!(rules.iter().any(|rule| rule["id"] == "LL101") && rules.iter().all(|rule| rule["id"] != "LL110"));
}

#[test]
fn one_setting_may_be_typed_as_toml_and_a_mistake_in_it_is_shown() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let ran = place.run(&["check", "--config", "min-level = 'eror'"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("error: --config:1:13: unknown level `eror`; there are `error`, `warning`, `note`\n"));
    assert!(ran.err.ends_with("= help: did you mean `error`?\n"));
    assert!(place.run(&["check", "--config", "no.toml"]).err.starts_with("error: no.toml: there is no such file"));
}

#[test]
fn a_limit_that_is_reached_is_told_by_its_key() {
    let place = Place::new(&[("loadlint.toml", "[limits]\nmax-source-bytes = 10\n"), ("a.py", UNSAFE)]);
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("a.py: notice[LL905] not analysed: it has 47 bytes, more than max-source-bytes = 10"));
    assert!(ran.out.ends_with("No findings in 2 files. 1 file could not be fully analysed.\n"), "{ran:?}");
}
