//! One examination, as the command line would make it, with smaller ceilings so that a run stays quick.

use loadlint::artifact::{Detail, examine as examine_artifact};
use loadlint::bytes::Window;
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
