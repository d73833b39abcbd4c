//! `loadlint config`.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::Exit;
use super::args::{ConfigArguments, ConfigFormat};
use super::settings::{current_folder, resolver};
use super::terminal;
use crate::config::{Settings, absolute};
use crate::disk;
use crate::report::Colour;

pub(super) fn config(arguments: &ConfigArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = resolver(&folder, &arguments.source)?;
    let path = absolute(&folder, &arguments.path);
    let settings = if disk::is_file(&path) { resolver.for_file(&path) } else { resolver.for_folder(&path) };
    let settings = settings.map_err(Arc::unwrap_or_clone)?;
    let text = match arguments.output_format {
        ConfigFormat::Text => text(&settings),
        ConfigFormat::Json => json_text(&settings),
    };
    terminal::print(text.as_bytes(), Colour::Off)?;
    Ok(Exit::Clean)
}

fn text(settings: &Settings) -> String {
    let mut text = match &settings.file {
        Some(file) => format!("# {}\n", file.display()),
        None => "# no configuration file\n".to_owned(),
    };
    for setting in settings.list() {
        let _ = writeln!(text, "{} = {}  # {}", setting.key, setting.value, setting.origin);
    }
    let _ = writeln!(text, "\n# rules that apply");
    for rule in &settings.rules {
        let level = settings.level(&rule.id).unwrap_or(rule.level);
        let _ = writeln!(text, "# {:<6} {:<8} {}", rule.id, level.as_str(), rule.name);
    }
    text
}

fn json_text(settings: &Settings) -> String {
    let setting = |setting: &crate::config::Setting| json!({ "key": setting.key, "value": setting.value, "origin": setting.origin });
    let rule = |rule: &Arc<crate::rules::Rule>| {
        let level = settings.level(&rule.id).unwrap_or(rule.level);
        json!({ "id": &*rule.id, "name": &*rule.name, "level": level.as_str() })
    };
    let value = json!({
        "version": 1,
        "file": settings.file.as_ref().map(|file| file.display().to_string()),
        "settings": settings.list().iter().map(setting).collect::<Vec<_>>(),
        "rules": settings.rules.iter().map(rule).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}
