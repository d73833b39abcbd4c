//! Lists the rule files, so that adding a rule is adding a file, and writes them as JSON, which is read several times faster
//! than TOML at each start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    let rules = [
        ("rules/code", "RULE_FILES", RULE),
        ("rules/artifact", "ARTIFACT_RULE_FILES", RULE),
        ("rules/manifest", "MANIFEST_RULE_FILES", RULE),
        ("rules/suppression", "SUPPRESSION_RULE_FILES", RULE),
        ("rules/lists", "LIST_FILES", LIST),
    ];
    embed(&root, &rules, &out, "embedded_rules.rs");
    let lists = [
        ("rules/artifact/globals", "GLOBAL_FILES", GLOBALS),
        ("rules/artifact/weights-only", "WEIGHTS_ONLY_FILES", LIST),
    ];
    embed(&root, &lists, &out, "embedded_artifact_lists.rs");
}

/// The type of an embedded list: its path, and its content as JSON.
const LIST: &str = "(&str, &str)";
/// The type of an embedded list of globals: its path, its entries without their names as JSON, and the names, a line for each
/// entry, blanks between them.
const GLOBALS: &str = "(&str, &str, &str)";
/// The type of an embedded rule; it stands where the constants are included.
const RULE: &str = "RuleFile";

/// Writes a constant for each folder: its files, by name, each with its path and its content as JSON. For tests, what is behind
/// it as it was written.
fn embed(root: &Path, folders: &[(&str, &str, &str)], out: &Path, into: &str) {
    let mut code = String::new();
    for &(folder, name, of) in folders {
        println!("cargo::rerun-if-changed={folder}");
        let (mut made, mut toml) = (String::new(), String::new());
        for file in rule_files(&root.join(folder)) {
            let short = format!("{folder}/{file}");
            let written = root.join(&short);
            let mut content = read(&written);
            let write = |extension: &str, text: &str| {
                let path = out.join(short.replace('/', "-")).with_extension(extension);
                fs::write(&path, text).expect("the output folder is writable");
                format!("include_str!({path:?})")
            };
            let entry = match of {
                RULE => {
                    let named = named(&content);
                    let when = clauses(&mut content);
                    let keys: Vec<_> = when.keys().collect();
                    let (written, when) = (write("json", &json(&content)), write("when.json", &json(&when)));
                    format!(
                        "RuleFile {{ path: {short:?}, {named}, written: {written}, keys: &{keys:?}, when: {when} }}"
                    )
                }
                GLOBALS => {
                    let names = write("names", &names(&mut content));
                    format!("({short:?}, {}, {names})", write("json", &json(&content)))
                }
                _ => format!("({short:?}, {})", write("json", &json(&content))),
            };
            writeln!(made, "    {entry},").expect("writing to a string");
            writeln!(toml, "    ({short:?}, include_str!({written:?})),").expect("writing to a string");
        }
        writeln!(code, "const {name}: &[{of}] = &[\n{made}];").expect("writing to a string");
        writeln!(code, "#[cfg(test)]\nconst {name}_AS_WRITTEN: &[(&str, &str)] = &[\n{toml}];")
            .expect("writing to a string");
    }
    fs::write(out.join(into), code).expect("the output folder is writable");
}

/// What a rule is called, as fields.
fn named(rule: &toml::Table) -> String {
    let text = |key: &str| rule.get(key).and_then(toml::Value::as_str).expect("a rule has an id and a name");
    let aliases = rule.get("aliases").map_or("[]".to_owned(), toml::Value::to_string);
    format!("id: {:?}, name: {:?}, aliases: &{aliases}", text("id"), text("name"))
}

/// Takes the clauses out of a rule.
fn clauses(rule: &mut toml::Table) -> toml::Table {
    let when = rule.get_mut("when").and_then(toml::Value::as_table_mut).expect("a rule has clauses");
    std::mem::take(when)
}

/// Takes the names out of the entries of a list of globals, each behind the module that the entry names for all of them.
fn names(list: &mut toml::Table) -> String {
    let entries = list.get_mut("entry").and_then(toml::Value::as_array_mut).expect("a list has entries");
    let mut lines = String::new();
    for entry in entries.iter_mut().map(|entry| entry.as_table_mut().expect("an entry is a table")) {
        let module = entry.remove("module").map(|module| format!("{}.", module.as_str().expect("a text")));
        let names = entry.remove("names");
        let names = names.as_ref().and_then(toml::Value::as_array).expect("an entry has names");
        let full = |name: &toml::Value| module.clone().unwrap_or_default() + name.as_str().expect("a text");
        lines.extend([names.iter().map(full).collect::<Vec<_>>().join(" "), "\n".to_owned()]);
    }
    lines
}

fn json(table: &toml::Table) -> String {
    serde_json::to_string(table).expect("TOML without dates is JSON")
}

fn rule_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is part of the package");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("rule files have ASCII names");
    let mut files: Vec<_> = entries.map(|entry| name(entry.expect("a readable folder"))).collect();
    files.retain(|file| Path::new(file).extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn read(path: &Path) -> toml::Table {
    let text = fs::read_to_string(path).expect("a readable file");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
