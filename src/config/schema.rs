//! The configuration as a JSON Schema, for editors that complete and check TOML. `docs/loadlint.schema.json` is what
//! [`schema`] gives; a test holds it fresh, and another that every key of [`KEYS`] is here.

use serde_json::{Map, Value, json};

use super::raw::{KEYS, OutputFormat};
use super::settings::MANIFEST;
use crate::finding::Level;
use crate::limits::Limits;
use crate::suppress::{DEFAULT_MIN_REASON_LENGTH, Strictness, ThreatPattern};

const PAGE: &str = "https://github.com/loadlint/loadlint/blob/main/docs/";

/// The schema of `loadlint.toml` and of `[tool.loadlint]`.
pub fn schema() -> Value {
    let keys: Map<String, Value> = KEYS.iter().filter_map(|key| Some(((*key).to_owned(), of_key(key)?))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": format!("{PAGE}loadlint.schema.json"),
        "title": "loadlint",
        "description": format!("The configuration of loadlint; {PAGE}configuration.md explains it."),
        "type": "object",
        "additionalProperties": false,
        "properties": keys,
        "definitions": {
            "rules": {
                "type": "array",
                "items": { "type": "string", "description": "An id, a name, another tool's id, the start of ids, or ALL." },
            },
            "globs": { "type": "array", "items": { "type": "string" } },
            "level": { "enum": levels() },
        },
    })
}

fn levels() -> Vec<&'static str> {
    [Level::Error, Level::Warning, Level::Note].map(Level::as_str).to_vec()
}

fn of_key(key: &str) -> Option<Value> {
    let described = |words: &str, mut value: Value| {
        value["description"] = json!(words);
        Some(value)
    };
    let rules = || json!({ "allOf": [{ "$ref": "#/definitions/rules" }] });
    let globs = || json!({ "allOf": [{ "$ref": "#/definitions/globs" }] });
    let truth = |default: bool| json!({ "type": "boolean", "default": default });
    match key {
        "select" => described("The rules that apply.", rules()),
        "ignore" => described("Rules that do not apply.", rules()),
        "extend-select" => described("Rules that apply in addition.", rules()),
        "extend-ignore" => described("Further rules that do not apply.", rules()),
        "levels" => described(
            "Levels other than the rules' own.",
            json!({
                "type": "object",
                "additionalProperties": { "enum": ([levels(), vec!["off"]].concat()) },
            }),
        ),
        "per-file-ignores" => described(
            "Rules that do not apply to some files: glob = rules. With a leading `!`, to all files that do not match.",
            json!({ "type": "object", "additionalProperties": { "$ref": "#/definitions/rules" } }),
        ),
        "exclude" => described("Files and folders no walk looks into, instead of the default.", globs()),
        "extend-exclude" => described("Files and folders no walk looks into, in addition.", globs()),
        "respect-gitignore" => described("Whether git's ignore files count.", truth(true)),
        "force-exclude" => described("Whether excludes hold for named files too.", truth(false)),
        "rules" => described("Files with rules of your own, as paths or globs.", globs()),
        "allow-globals" => described("Names of Python code that model files may use.", globs()),
        "deny-globals" => described("Names of Python code that model files may not use.", globs()),
        "min-level" => described(
            "Findings below this level are not reported.",
            json!({ "allOf": [{ "$ref": "#/definitions/level" }], "default": "note" }),
        ),
        "output-format" => described(
            "How findings are written.",
            json!({ "enum": OutputFormat::ALL.map(OutputFormat::as_str), "default": OutputFormat::default().as_str() }),
        ),
        "manifest" => described(
            "The manifest that pins artifacts, from the folder of this file; empty for none.",
            json!({ "type": "string", "default": MANIFEST }),
        ),
        "manifest-key" => described(
            "The public key (PEM) that the manifest's signature is held against, from the folder of this file.",
            json!({ "type": "string", "default": "" }),
        ),
        "limits" => described("Ceilings for one input. Reaching one is a notice that names it.", limits()),
        "suppressions" => {
            described("What comments that excuse findings must say, and the threat register.", suppressions())
        }
        _ => None,
    }
}

fn limits() -> Value {
    let defaults = Limits::default();
    let limit = |key: &str| json!({ "type": "integer", "minimum": 1, "default": defaults.get(key) });
    let limits: Map<String, Value> = Limits::KEYS.iter().map(|key| ((*key).to_owned(), limit(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": limits })
}

fn suppressions() -> Value {
    let described = |words: &str, mut value: Value| {
        value["description"] = json!(words);
        value
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "policy": described(
                "How much a comment must say.",
                json!({ "enum": Strictness::ALL.map(Strictness::as_str), "default": Strictness::default().as_str() }),
            ),
            "min-reason-length": described(
                "How many characters a reason has at least.",
                json!({ "type": "integer", "minimum": 0, "maximum": 1000, "default": DEFAULT_MIN_REASON_LENGTH }),
            ),
            "register": described(
                "The threat register, from the folder of this file; the nearest THREATS.md without it.",
                json!({ "type": "string" }),
            ),
            "threat-pattern": described(
                "What ids of threats look like, as a regular expression.",
                json!({ "type": "string", "default": ThreatPattern::default().as_str() }),
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_schema() {
        let schema = schema();
        for key in KEYS {
            assert!(schema["properties"][key]["description"].is_string(), "`{key}` has no line in `of_key`");
        }
    }

    #[test]
    fn the_example_of_the_documentation_is_valid_and_mistakes_are_not() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is a schema");
        let page = include_str!("../../docs/configuration.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
        let table: toml::Table = example.parse().expect("TOML");
        let value = serde_json::to_value(table).expect("JSON");
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        for wrong in [
            json!({ "selct": [] }),
            json!({ "select": "LL101" }),
            json!({ "levels": { "LL101": "fatal" } }),
            json!({ "limits": { "max-members": 0 } }),
            json!({ "limits": { "max-nothing": 1 } }),
            json!({ "output-format": "xml" }),
            json!({ "suppressions": { "policy": "lax" } }),
        ] {
            assert!(!validator.is_valid(&wrong), "{wrong}");
        }
    }
}
