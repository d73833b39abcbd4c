//! A CycloneDX 1.6 bill of materials for machine learning.
//!
//! Source: cyclonedx.org/docs/1.6/json; `tests/integration/manifest` holds it against a strict validator.

use serde_json::{Value, json};

use crate::manifest::{Artifact, Manifest};

/// The text of the bill.
pub fn bom(manifest: &Manifest) -> String {
    let tool = json!({ "type": "application", "name": "loadlint", "version": env!("CARGO_PKG_VERSION") });
    let mut metadata = json!({ "tools": { "components": [tool] } });
    if let Some(when) = &manifest.generated_at {
        metadata["timestamp"] = json!(when);
    }
    if let Some(revision) = &manifest.git_revision {
        metadata["properties"] = json!([property("loadlint:git_revision", revision)]);
    }
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": manifest.artifacts.iter().map(component).collect::<Vec<_>>(),
    });
    format!("{bill:#}\n")
}

fn component(artifact: &Artifact) -> Value {
    let role = artifact.role.as_deref().unwrap_or("other");
    let kind = match role {
        "model-weights" | "model-archive" => "machine-learning-model",
        "array" | "serialized-object" => "data",
        _ => "file",
    };
    let mut properties = vec![
        property("loadlint:path", &artifact.path),
        property("loadlint:bytes", &artifact.bytes.to_string()),
        property("loadlint:role", role),
    ];
    properties.extend(artifact.format.as_ref().map(|format| property("loadlint:format", format)));
    properties.extend(artifact.threat.as_ref().map(|threat| property("loadlint:threat", threat)));
    let mut component = json!({
        "type": kind,
        "bom-ref": format!("sha256:{}:{}", artifact.sha256, artifact.path),
        "name": artifact.path,
        "hashes": [{ "alg": "SHA-256", "content": artifact.sha256.to_string() }],
    });
    if let Some(source) = &artifact.source {
        properties.push(property("loadlint:source.repository", &source.repository));
        if let Some(revision) = &source.revision {
            component["version"] = json!(revision);
        }
    }
    component["properties"] = Value::from(properties);
    component
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}
