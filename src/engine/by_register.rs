//! Findings in artifacts, where no comment can stand, are excused by entries of the threat register that name their rules
//! and their files, and the digest of the content if it is to be that content and no other.

use std::sync::Arc;

use crate::bytes::Window;
use crate::config::{Comments, Settings};
use crate::finding::{
    Citation, Finding, FlowStep, InputName, InputOutcome, Suppression, SuppressionKind, SuppressionStatus,
};
use crate::manifest::Sha256;
use crate::suppress::{RegisterFile, Status, Threat};

/// Excuses what entries of the register in force are about. An entry without `Rules` or without `Scope` excuses nothing by
/// itself: it would excuse everything.
///
/// `content` is asked for only if an entry says which content it is about; `None` is that of a file that cannot be read,
/// which no such entry excuses.
pub(super) fn excuse(
    name: &InputName,
    content: &dyn Fn() -> Option<Window>,
    settings: &Settings,
    outcome: &mut InputOutcome,
) {
    let Some(file) = settings.register.file.as_ref().filter(|_| settings.comments != Comments::Disregarded) else {
        return;
    };
    let path = settings.path_in_register(name.path());
    let is_about = |entry: &&Threat| {
        let names = !entry.rules().is_empty() && !entry.scope().is_empty();
        let in_force = entry.status().is_some_and(Status::is_in_force);
        // An id that is taken twice is the first entry's.
        let is_first = file.register.find(&entry.id).is_some_and(|first| first.line == entry.line);
        names && in_force && is_first && entry.covers_path(path.as_deref())
    };
    let entries: Vec<_> = file.register.entries.iter().filter(is_about).collect();
    if entries.is_empty() {
        return;
    }
    let mut page = Page { file, settings, content, digest: None };
    let is_excused = |finding: &Finding| finding.suppression.as_ref().is_some_and(Suppression::holds);
    for finding in outcome.findings.iter_mut().filter(|finding| !is_excused(finding)) {
        outcome.citations.extend(page.excuse(finding, &entries));
    }
}

struct Page<'a> {
    file: &'a RegisterFile,
    settings: &'a Settings,
    content: &'a dyn Fn() -> Option<Window>,
    /// Worked out when an entry first asks for it; `None` inside if the bytes cannot be read.
    digest: Option<Option<String>>,
}

impl Page<'_> {
    fn excuse(&mut self, finding: &mut Finding, entries: &[&Threat]) -> Option<Citation> {
        let rule = self.settings.rule_set.find(&finding.rule_id)?;
        let today = self.settings.policy.today;
        let mut fitting: Vec<&Threat> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.covers_rule(rule)) {
            if self.is_this_content(entry) {
                fitting.push(entry);
            } else {
                let message = format!("{} is about other content: the SHA-256 differs", entry.id);
                finding.reasons.push(FlowStep { location: self.file.locate(entry.region), message });
            }
        }
        let entry = fitting.into_iter().min_by_key(|entry| (entry.is_expired(today), entry.line))?;
        let status = match entry.is_expired(today) {
            true => SuppressionStatus::UnderReview,
            false => SuppressionStatus::Accepted,
        };
        let reason = entry.field("mitigation").map_or(&*entry.title, |field| &field.value).to_owned();
        finding.suppression = Some(Suppression {
            kind: SuppressionKind::Register,
            status,
            location: Some(self.file.locate(entry.region)),
            justification: reason.clone(),
            threats: vec![(Arc::clone(&entry.id), Arc::clone(&entry.title))],
        });
        Some(Citation {
            kind: SuppressionKind::Register,
            threats: vec![Arc::clone(&entry.id)],
            location: finding.location.clone(),
            justification: reason,
            rules: vec![Arc::clone(&finding.rule_id)],
        })
    }

    /// Whether the entry is about any content, or about this one.
    fn is_this_content(&mut self, entry: &Threat) -> bool {
        let mut digests = entry.digests().peekable();
        if digests.peek().is_none() {
            return true;
        }
        let content = self.content;
        let of = || Some(Sha256::of_window(&content()?).ok()?.to_string());
        let own = self.digest.get_or_insert_with(of);
        own.as_ref().is_some_and(|own| digests.any(|digest| digest == *own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ThreatRegister;
    use crate::engine::scan::scan;
    use crate::suppress::Date;
    use std::path::Path;

    const PICKLE: &[u8] = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.";

    /// Whether the finding is excused, and how many citations there are.
    fn excused(fields: &str) -> (bool, usize) {
        let mut settings = Settings::from_layers(&[], Path::new("/repo")).expect("the default holds");
        settings.policy.today = Date::parse("2026-06-01");
        let text = format!("## T-1: A hostile fixture\n- Owner: x\n{fields}");
        let file = RegisterFile::new(InputName::new("THREATS.md"), text, &settings.policy.pattern);
        let (path, root) = ("/repo/THREATS.md".into(), "/repo".into());
        let register = ThreatRegister { path, root, file: Some(file), ..ThreatRegister::default() };
        let settings = settings.with_register(register);
        let outcome = scan(&InputName::new("tests/m.pkl"), &Window::from(PICKLE.to_vec()), &settings);
        assert!(!outcome.findings.is_empty());
        let holds = |finding: &Finding| finding.suppression.as_ref().is_some_and(Suppression::holds);
        (outcome.findings.iter().all(holds), outcome.citations.len())
    }

    #[test]
    fn an_entry_that_names_rules_and_files_excuses_by_itself() {
        let all = "- Status: accepted\n- Rules: LL2\n- Scope: tests/**\n";
        let (is, cited) = excused(all);
        assert!(is && cited > 0);
        let digest = Sha256::of(PICKLE).to_string();
        assert!(excused(&format!("{all}- SHA-256: {digest}\n")).0);
        assert!(excused(&format!("{all}- SHA-256: `sha256:{}`\n", digest.to_uppercase())).0);
        for fields in [
            "- Status: open\n- Rules: LL2\n- Scope: tests/**\n",
            "- Status: accepted\n- Scope: tests/**\n",
            "- Status: accepted\n- Rules: LL2\n",
            "- Status: accepted\n- Rules: LL2\n- Scope: src/**\n",
            "- Status: accepted\n- Rules: LL1\n- Scope: tests/**\n",
            "- Status: accepted\n- Rules: LL2\n- Scope: tests/**\n- Expires: 2026-05-31\n",
        ] {
            assert!(!excused(fields).0, "{fields}");
        }
        assert_eq!(excused(&format!("{all}- SHA-256: {}\n", "0".repeat(64))), (false, 0));
    }
}
