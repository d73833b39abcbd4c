//! One examination, as the command line would make it, with smaller ceilings so that a run stays quick.

use std::path::Path;
use std::sync::OnceLock;

use loadlint::artifact::{Detail, examine as examine_artifact};
use loadlint::bytes::Window;
use loadlint::config::Settings;
use loadlint::discover::InputKind;
use loadlint::engine::check::check_bytes;
use loadlint::engine::run::source_kind;
use loadlint::finding::InputName;
use loadlint::limits::Limits;

/// Looks at `bytes` as at a file called `name`. Nothing comes out: a crash, a hang or a lack of memory is the result.
pub fn examine(name: &str, bytes: &[u8]) {
    let limits = Limits { max_member_bytes: 8 << 20, max_unpacked_bytes: 32 << 20, ..Limits::default() };
    let window = Window::from(bytes.to_vec());
    for detail in [Detail::Findings, Detail::Inventory] {
        let facts = examine_artifact(&window, name, &limits, detail);
        assert!(facts.facts.len() <= limits.max_artifact_facts);
    }
}

/// Checks `bytes` as a script or as settings; the first byte says of which kind.
pub fn script(bytes: &[u8]) {
    const NAMES: [&str; 7] = ["a.sh", "Dockerfile", "a.env", "Makefile", "justfile", "a.toml", "a.yaml"];
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    let Some((first, text)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let settings = SETTINGS.get_or_init(|| Settings::from_layers(&[], Path::new("/")).expect("the default holds"));
    let kind = InputKind::by_name(Path::new(name)).and_then(source_kind).expect("names of scripts");
    check_bytes(&InputName::new(name), kind, text.to_vec(), settings);
}
