//! What makes a finding the same finding in another version of its file: for baselines and for services that keep track.

use sha2::{Digest as _, Sha256};

use super::Finding;

/// So many bytes of the digest are kept: two findings never share them by chance.
const KEPT_BYTES: usize = 16;

impl Finding {
    /// A fingerprint that moves with the code: it changes with the rule, the file's name and what stands there, and not
    /// with the line, with blanks, or with anything around it. Two findings of one rule about the same words in one file
    /// have the same; count them.
    ///
    /// `path` is the file's name as it should count, relative to the project's root and with `/`. Shape: 32 hexadecimal
    /// digits. It is the same in all versions of loadlint; another way to make it gets another name than `loadlint/v1`.
    pub fn fingerprint(&self, path: &str) -> String {
        let mut hasher = Sha256::new();
        for part in ["loadlint/v1", &self.rule_id, path] {
            hasher.update(part);
            hasher.update([0]);
        }
        if let Some(place) = &self.location.binary {
            hasher.update(&*place.member);
            hasher.update([0]);
        }
        let excerpt = &self.location.excerpt;
        let what = excerpt.text.get(excerpt.region.range()).filter(|what| !what.trim().is_empty());
        // Bytes of an artifact are not shown; its message tells what they do.
        for word in what.unwrap_or(&self.message).split_whitespace() {
            hasher.update(word);
        }
        let digest = hasher.finalize();
        digest.iter().take(KEPT_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::finding::{BinaryPlace, Finding, InputName, Level, Location};
    use crate::text::{LineIndex, Region};

    fn finding(text: &str) -> Finding {
        let start = text.find("t.load").expect("a call") as u32;
        let region = Region::new(start, text.len() as u32);
        Finding {
            rule_id: "LL101".into(),
            rule_name: "torch-load-unpickles".into(),
            level: Level::Error,
            message: "it unpickles".to_owned(),
            help: String::new(),
            location: Location::in_text(InputName::new("a.py"), text, &LineIndex::new(text), region),
            reasons: Vec::new(),
            code_flow: None,
            suppression: None,
            fixes: Vec::new(),
        }
    }

    #[test]
    fn it_moves_with_the_code() {
        let one = finding("x = t.load(p)").fingerprint("a.py");
        assert_eq!(one, finding("\n\nyy = t.load( p )").fingerprint("a.py"));
        assert_eq!(one.len(), 32);
        let renamed = Finding { rule_id: "LL102".into(), ..finding("x = t.load(p)") };
        let others = [
            finding("x = t.load(q)").fingerprint("a.py"),
            finding("x = t.load(p)").fingerprint("b.py"),
            renamed.fingerprint("a.py"),
        ];
        assert!(!others.contains(&one));
    }

    #[test]
    fn in_an_artifact_the_member_and_the_message_count() {
        let at = |member: &str, start| {
            let place = BinaryPlace { member: member.into(), start, end: start + 2 };
            let location = Location::in_artifact(InputName::new("m.pt"), place);
            Finding { location, ..finding("t.load(p)") }.fingerprint("m.pt")
        };
        assert_eq!(at("data.pkl", 3), at("data.pkl", 9));
        assert_ne!(at("data.pkl", 3), at("other.pkl", 3));
    }
}
