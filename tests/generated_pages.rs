//! The pages under `docs/rules/` are what the rules say. `UPDATE=1 cargo test generated` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use loadlint::config::{ConfigSource, KEYS, Resolver, RunWide, schema};
use loadlint::finding::NoticeKind;
use loadlint::report::{rule_index, rule_markdown};
use loadlint::rules::builtin;

#[test]
fn the_pages_of_the_rules_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut pages = BTreeMap::from([("README.md".to_owned(), rule_index(builtin().rules()))]);
    pages.extend(builtin().rules().iter().map(|rule| (format!("{}.md", rule.id), rule_markdown(rule))));
    if std::env::var_os("UPDATE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("writable");
        for (name, text) in &pages {
            fs::write(folder.join(name), text).expect("writable");
        }
    }
    let mut stale: Vec<_> = pages
        .iter()
        .filter(|(name, text)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    for entry in fs::read_dir(&folder).into_iter().flatten() {
        let name = entry.expect("readable").file_name().into_string().expect("ASCII names");
        if !pages.contains_key(&name) {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "not fresh: {stale:?}; run `UPDATE=1 cargo test generated`");
}

#[test]
fn the_schema_of_the_configuration_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/loadlint.schema.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &text).expect("writable");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "not fresh; run `UPDATE=1 cargo test generated`");
}

#[test]
fn the_readme_lists_every_rule_as_it_is() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("there");
    for rule in builtin().rules() {
        let row = format!("| [{0}](docs/rules/{0}.md) | {1} | {2} |\n", rule.id, rule.name, rule.summary);
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_page_about_configuration_shows_every_key_with_its_default() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).expect("there");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let table: toml::Table = example.parse().expect("the example is TOML");
    let folder = Path::new("/");
    let resolver = Resolver::new(folder, &ConfigSource::None, Vec::new(), RunWide::default()).expect("valid");
    let settings = resolver.for_folder(folder).expect("valid");
    for setting in settings.list() {
        let value = match setting.key.split_once('.') {
            Some((part, key)) => table[part].get(key),
            None => table.get(&setting.key),
        };
        assert_eq!(value, Some(&setting.value), "{}", setting.key);
    }
    assert!(KEYS.iter().all(|key| table.contains_key(*key)));
    Resolver::inline(folder, example).expect("the example is a configuration");
}

#[test]
fn the_page_about_usage_lists_every_notice() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/usage.md")).expect("there");
    for kind in NoticeKind::ALL {
        let row = format!("| {} | {} | {} |\n", kind.id(), kind.name(), kind.meaning());
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_readme_shows_what_is_said_of_the_demonstration() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = root.join("fixtures/demo");
    let place = super::support::Place::new(&[]);
    // A repository of its own: the register of this one is none of its business.
    fs::create_dir(place.path().join(".git")).expect("writable");
    for name in ["THREATS.md", "README.md", "src/load.py", "models/tokenizer/config.json"] {
        place.write(name, &fs::read(demo.join(name)).expect("a file of the demonstration"));
    }
    let file = root.join("README.md");
    let mut page = fs::read_to_string(&file).expect("there");
    for (name, line) in [("check", "check --quiet --output-format concise"), ("threats", "threats")] {
        let ran = place.run(&line.split(' ').chain(["--today", "2026-06-01"]).collect::<Vec<_>>());
        let (start, end) = (format!("<!-- demo {name} -->\n```text\n"), "```\n<!-- /demo -->");
        let from = page.find(&start).expect("the mark stands in the page") + start.len();
        let to = from + page[from..].find(end).expect("the mark stands in the page");
        if std::env::var_os("UPDATE").is_some() {
            page.replace_range(from..to, &ran.out);
            fs::write(&file, &page).expect("writable");
        } else {
            assert_eq!(page[from..to], ran.out, "not fresh; run `UPDATE=1 cargo test generated`");
        }
    }
    for rule in ["LL405", "LL407", "LL408", "LL409", "LL410", "LL411", "LL423"] {
        assert!(page.contains(&format!("[{rule}] ")), "the demonstration shows {rule}");
    }
}
