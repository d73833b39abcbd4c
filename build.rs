//! Lists the rule files, so that adding a rule is adding a file, and writes them as JSON, which is read several times faster
//! than TOML at each start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    let rules = [
        ("rules/code", "RULE_FILES"),
        ("rules/artifact", "ARTIFACT_RULE_FILES"),
        ("rules/manifest", "MANIFEST_RULE_FILES"),
        ("rules/suppression", "SUPPRESSION_RULE_FILES"),
        ("rules/lists", "LIST_FILES"),
    ];
    embed(&root, &rules, &out, "embedded_rules.rs");
    let lists = [("rules/artifact/globals", "GLOBAL_FILES"), ("rules/artifact/weights-only", "WEIGHTS_ONLY_FILES")];
    embed(&root, &lists, &out, "embedded_artifact_lists.rs");
}

/// Writes a constant for each folder: its files, by name, each with its path and its content as JSON. For tests, what is
/// behind it as it was written.
fn embed(root: &Path, folders: &[(&str, &str)], out: &Path, into: &str) {
    let mut code = String::new();
    for (folder, name) in folders {
        println!("cargo::rerun-if-changed={folder}");
        let (mut json, mut toml) = (String::new(), String::new());
        for file in rule_files(&root.join(folder)) {
            let short = format!("{folder}/{file}");
            let written = root.join(&short);
            let made = out.join(short.replace('/', "-")).with_extension("json");
            fs::write(&made, as_json(&written)).expect("the output folder is writable");
            writeln!(json, "    ({short:?}, include_str!({made:?})),").expect("writing to a string");
            writeln!(toml, "    ({short:?}, include_str!({written:?})),").expect("writing to a string");
        }
        writeln!(code, "const {name}: &[(&str, &str)] = &[\n{json}];").expect("writing to a string");
        writeln!(code, "#[cfg(test)]\nconst {name}_AS_WRITTEN: &[(&str, &str)] = &[\n{toml}];")
            .expect("writing to a string");
    }
    fs::write(out.join(into), code).expect("the output folder is writable");
}

fn rule_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is part of the package");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("rule files have ASCII names");
    let mut files: Vec<_> = entries.map(|entry| name(entry.expect("a readable folder"))).collect();
    files.retain(|file| Path::new(file).extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn as_json(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a readable file");
    let value: toml::Value = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::to_string(&value).expect("TOML without dates is JSON")
}
