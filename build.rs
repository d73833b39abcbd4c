//! Lists the rule files, so that adding a rule is adding a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let mut code = String::new();
    embed(&root, "rules/code", "RULE_FILES", &mut code);
    embed(&root, "rules/artifact", "ARTIFACT_RULE_FILES", &mut code);
    embed(&root, "rules/manifest", "MANIFEST_RULE_FILES", &mut code);
    embed(&root, "rules/suppression", "SUPPRESSION_RULE_FILES", &mut code);
    embed(&root, "rules/lists", "LIST_FILES", &mut code);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("embedded_rules.rs"), code).expect("the output folder is writable");
    let mut code = String::new();
    embed(&root, "rules/artifact/globals", "GLOBAL_FILES", &mut code);
    embed(&root, "rules/artifact/weights-only", "WEIGHTS_ONLY_FILES", &mut code);
    fs::write(out.join("embedded_artifact_lists.rs"), code).expect("the output folder is writable");
}

fn embed(root: &Path, folder: &str, name: &str, code: &mut String) {
    println!("cargo::rerun-if-changed={folder}");
    let entries = fs::read_dir(root.join(folder)).expect("the folder is part of the package");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").file_name()).collect();
    files.retain(|file| Path::new(file).extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    writeln!(code, "const {name}: &[(&str, &str)] = &[").expect("writing to a string");
    for file in files {
        let file = format!("{folder}/{}", file.to_str().expect("rule files have ASCII names"));
        let path = root.join(&file);
        writeln!(code, "    ({file:?}, include_str!({path:?})),").expect("writing to a string");
    }
    code.push_str("];\n");
}
