//! Lists the rule files, so that adding a rule is adding a file, and writes them as JSON, which is read several times faster
//! than TOML at each start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use slots::slots;

#[path = "src/rules/artifact/slots.rs"]
mod slots;

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
    embed(&root, &[("rules/artifact/weights-only", "WEIGHTS_ONLY_FILES", LIST)], &out, "embedded_artifact_lists.rs");
    embed_globals(&root, &out);
}

/// The type of an embedded list: its path, and its content as JSON.
const LIST: &str = "(&str, &str)";
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

/// Writes the lists of globals as tables that need no reading: the entries as JSON, their names, and where each stands.
fn embed_globals(root: &Path, out: &Path) {
    const FOLDER: &str = "rules/artifact/globals";
    println!("cargo::rerun-if-changed={FOLDER}");
    let (mut entries, mut names, mut entry_of_name, mut states) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut written = String::new();
    for file in rule_files(&root.join(FOLDER)) {
        let path = root.join(FOLDER).join(&file);
        let mut content = read(&path);
        for entry in content.remove("entry").into_iter().flat_map(tables) {
            let (entry, own) = without_names(entry);
            entry_of_name.extend(own.iter().map(|_| entries.len()));
            names.extend(own);
            entries.push(json(&entry));
        }
        states.extend(content.remove("state").into_iter().flat_map(tables).map(|state| json(&state)));
        assert!(content.is_empty(), "{file}: there are only tables `entry` and `state`");
        let name = format!("{FOLDER}/{file}");
        writeln!(written, "    ({name:?}, include_str!({path:?})),").expect("writing to a string");
    }
    let states = format!("[{}]", states.join(","));
    let code = format!(
        "const ENTRIES: listed::Texts = {};\nconst NAMES: listed::Texts = {};\nstatic ENTRY_OF_NAME: [u16; {}] = \
         {entry_of_name:?};\n{}const STATES: &str = {states:?};\n#[cfg(test)]\nconst GLOBAL_FILES_AS_WRITTEN: \
         &[(&str, &str)] = &[\n{written}];",
        texts(&entries),
        texts(&names),
        names.len(),
        places(&names),
    );
    fs::write(out.join("embedded_globals.rs"), code).expect("the output folder is writable");
}

fn tables(array: toml::Value) -> impl Iterator<Item = toml::Table> {
    let toml::Value::Array(tables) = array else { panic!("entries and states are tables") };
    tables.into_iter().map(|table| if let toml::Value::Table(table) = table { table } else { panic!("no table") })
}

/// Takes the names out of an entry, each behind the module that the entry names for all of them.
fn without_names(mut entry: toml::Table) -> (toml::Table, Vec<String>) {
    let module = entry.remove("module").map(|module| format!("{}.", module.as_str().expect("a text")));
    let names = entry.remove("names");
    let names = names.as_ref().and_then(toml::Value::as_array).expect("an entry has names");
    let full = |name: &toml::Value| module.clone().unwrap_or_default() + name.as_str().expect("a text");
    (entry, names.iter().map(full).collect())
}

/// Texts as the program keeps them.
fn texts(texts: &[String]) -> String {
    let ends = texts.iter().scan(0, |end, text| {
        *end += text.len();
        Some(*end)
    });
    format!("listed::Texts {{ all: {:?}, ends: &{:?} }}", texts.concat(), ends.collect::<Vec<_>>())
}

/// The table that says where a name stands: one more than its index, by its slot. The last comes first.
fn places(names: &[String]) -> String {
    let mut table = vec![0; (2 * names.len()).next_power_of_two()];
    for (index, name) in names.iter().enumerate().rev() {
        let slot = slots([name.as_str()], table.len()).find(|&slot| table[slot] == 0).expect("half of them stay empty");
        table[slot] = index + 1;
    }
    format!("static NAME_AT: [u16; {}] = {table:?};\n", table.len())
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
