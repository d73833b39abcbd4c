//! `initialized`: the client listens now.

use serde_json::json;

use crate::server::session::Session;

/// Files whose change changes what is said of others, and model files, which nobody opens.
const WATCHED: [&str; 9] = [
    "**/{loadlint,.loadlint,pyproject}.toml",
    "**/THREATS.md",
    "**/MANIFEST.json",
    // What they cite.
    "**/*.{py,pyw,ipynb}",
    "**/*.{pt,pth,ckpt,bin,pkl,pickle,joblib,npy,npz,mar,nemo,pt2}",
    "**/*.{h5,hdf5,keras,safetensors,gguf,onnx,tflite,pb}",
    // Scripts and settings.
    "**/*.{sh,bash,zsh,ksh,fish,csh,slurm,sbatch,mk,mak,just,env,toml,yaml,yml,dockerfile,containerfile}",
    "**/{Dockerfile*,Containerfile*,Makefile,makefile,GNUmakefile,justfile,.env*}",
    "**/{config,adapter_config,tokenizer_config,modules,model_index}.json",
];

/// Registers what can be registered, asks for the settings, looks at the workspace.
pub(in crate::server) fn take(session: &mut Session) {
    let mut registrations = Vec::new();
    if session.client.registers_watchers {
        let globs = WATCHED.iter().map(|glob| (*glob).to_owned()).chain(session.own_registers());
        let watchers: Vec<_> = globs.map(|glob| json!({"globPattern": glob})).collect();
        let options = json!({"watchers": watchers});
        let method = "workspace/didChangeWatchedFiles";
        registrations.push(json!({"id": "loadlint-files", "method": method, "registerOptions": options}));
    }
    if session.client.registers_configuration {
        let method = "workspace/didChangeConfiguration";
        let options = json!({"section": "loadlint"});
        registrations.push(json!({"id": "loadlint-settings", "method": method, "registerOptions": options}));
    }
    if !registrations.is_empty() {
        session.ask("client/registerCapability", &json!({"registrations": registrations}));
    }
    if session.client.configuration {
        session.ask("workspace/configuration", &json!({"items": [{"section": "loadlint"}]}));
    }
    session.scan();
}
