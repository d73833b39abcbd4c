//! A new entry of the register: the next free id, and where its text goes.

use super::{Form, Register, RegisterFile, Status, Threat};
use crate::finding::{Edit, InputName};
use crate::suppress::{Date, Policy, ThreatPattern};
use crate::text::{Region, edited};

/// The start of a register that is not there yet.
const HEAD: &str = "\
# Threats

Where loading a model may execute code, and what was decided about it. Comments in the code cite these entries.
";

/// What an entry is to say. What is empty gets a line without a value where a person has to fill one in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewThreat {
    /// Its id; the next free one if none is given.
    pub id: Option<String>,
    /// What it is called, one line.
    pub title: String,
    /// What has been decided.
    pub status: Status,
    /// Who answers for it.
    pub owner: String,
    /// The rules it is about.
    pub rules: Vec<String>,
    /// The globs of the files it is about.
    pub scope: Vec<String>,
    /// Today.
    pub added: Option<Date>,
    /// The last day before somebody has to look again.
    pub review_by: Option<Date>,
    /// The last day on which it excuses anything.
    pub expires: Option<Date>,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub id: String,
    /// An insertion into the register; at the start if there is none yet.
    pub edit: Edit,
}

/// Why there is no such entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The id is that of another entry, of whatever status.
    #[error("{0} is taken: ids are never used again")]
    Taken(String),
    /// The id does not look like one.
    #[error("`{id}` is no id: one looks like `{pattern}`")]
    NoId {
        /// What was given.
        id: String,
        /// The pattern of the configuration.
        pattern: String,
    },
    /// No entry has an id that another can follow.
    #[error("there is no id to count on from: give one that looks like `{0}`")]
    NoNext(String),
    /// A title, an owner or a glob that is more than a line, or no title.
    #[error("{0} is one line, and not empty")]
    NotALine(&'static str),
    /// The register ends in a code fence or a comment that nothing closes.
    #[error("the entry would not be read where it could go: is a code fence or a comment left open?")]
    Swallowed,
}

/// The text of a new entry, and where it goes: behind the last one that is a heading, else to the end. `name` is what the
/// register is called if `file` is none.
///
/// # Errors
/// If the id is taken, or none can be found.
pub fn add_entry(
    file: Option<&RegisterFile>,
    name: &InputName,
    policy: &Policy,
    new: &NewThreat,
) -> Result<Added, NoRoom> {
    let empty = Register::default();
    let register = file.map_or(&empty, |file| &file.register);
    let id = id(register, &policy.pattern, new)?;
    let (title, owner) = (new.title.trim(), new.owner.trim());
    if title.is_empty() || title.contains(['\n', '\r']) {
        return Err(NoRoom::NotALine("the title"));
    }
    if std::iter::once(owner).chain(new.scope.iter().map(String::as_str)).any(|text| text.contains(['\n', '\r'])) {
        return Err(NoRoom::NotALine("a value"));
    }
    let old = file.map_or("", |file| &file.text);
    let last = register.entries.iter().rev().find_map(|entry| match entry.form {
        Form::Heading(level) => Some((entry.whole.end as usize, level)),
        Form::Row => None,
    });
    let (at, level) = last.unwrap_or((old.len(), 2));
    let line_break = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let text = entry(&id, title, owner, level, new);
    let before = if file.is_none() { HEAD } else { gap(&old[..at]) };
    let after = if old[at..].trim().is_empty() { "" } else { "\n" };
    let head = if file.is_none() { "\n" } else { "" };
    let text = format!("{before}{head}{text}{after}").replace('\n', line_break);
    let edit =
        Edit { input: file.map_or(name, |file| &file.name).clone(), region: Region::new(at as u32, at as u32), text };
    let whole = edited(old, std::iter::once((edit.region, edit.text.as_str()))).ok_or(NoRoom::Swallowed)?;
    let now = RegisterFile::new(edit.input.clone(), whole, &policy.pattern).register;
    let is_read = now.entries.len() == register.entries.len() + 1 && now.find(&id).and_then(Threat::status).is_some();
    if is_read { Ok(Added { id, edit }) } else { Err(NoRoom::Swallowed) }
}

/// Blank lines so that one stands before the entry.
fn gap(before: &str) -> &'static str {
    let before = before.trim_end_matches([' ', '\t']).replace("\r\n", "\n");
    match before.as_str() {
        "" => "",
        before if before.ends_with("\n\n") => "",
        before if before.ends_with('\n') => "\n",
        _ => "\n\n",
    }
}

fn entry(id: &str, title: &str, owner: &str, level: u8, new: &NewThreat) -> String {
    let scope: Vec<_> = new.scope.iter().map(|glob| format!("`{glob}`")).collect();
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let lines = [
        ("Status", new.status.as_str().to_owned(), true),
        ("Owner", owner.to_owned(), true),
        ("Rules", new.rules.join(", "), false),
        ("Scope", scope.join(", "), false),
        ("Added", date(new.added), false),
        ("Review by", date(new.review_by), false),
        ("Expires", date(new.expires), false),
    ];
    let mut text = format!("{} {id}: {title}\n\n", "#".repeat(level.into()));
    for (key, value, is_needed) in lines {
        if is_needed || !value.is_empty() {
            text.push_str(format!("- {key}: {value}").trim_end());
            text.push('\n');
        }
    }
    text
}

fn id(register: &Register, pattern: &ThreatPattern, new: &NewThreat) -> Result<String, NoRoom> {
    let Some(id) = &new.id else {
        return next_id(register, pattern).ok_or_else(|| NoRoom::NoNext(pattern.as_str().to_owned()));
    };
    if register.find(id).is_some() {
        return Err(NoRoom::Taken(id.clone()));
    }
    if pattern.at_start(id) != Some(id) {
        return Err(NoRoom::NoId { id: id.clone(), pattern: pattern.as_str().to_owned() });
    }
    Ok(id.clone())
}

/// The id after the highest one, with as many digits; of an empty register the first. `None` if ids do not count.
pub fn next_id(register: &Register, pattern: &ThreatPattern) -> Option<String> {
    let numbered = |id: &str| {
        let prefix = id.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let digits = id.len() - prefix.len();
        Some((id[prefix.len()..].parse::<u64>().ok()?, digits, prefix))
    };
    let ids = register.entries.iter().map(|entry| &*entry.id);
    let next = match ids.filter_map(numbered).max() {
        Some((number, digits, prefix)) => format!("{prefix}{:0digits$}", number.checked_add(1)?),
        None => {
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let word = pattern.as_str();
            format!("{}001", &word[..word.find(|c| !letters(c)).unwrap_or(word.len())])
        }
    };
    (pattern.at_start(&next) == Some(&next) && register.find(&next).is_none()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(id: Option<&str>) -> NewThreat {
        NewThreat {
            id: id.map(str::to_owned),
            title: "A title".to_owned(),
            status: Status::Open,
            owner: String::new(),
            rules: vec!["LL101".to_owned()],
            scope: vec!["src/**".to_owned()],
            added: Date::parse("2026-06-01"),
            review_by: None,
            expires: None,
        }
    }

    fn added(text: &str, id: Option<&str>) -> Result<(String, String), NoRoom> {
        let policy = Policy::default();
        let name = InputName::new("THREATS.md");
        let file = RegisterFile::new(name.clone(), text.to_owned(), &policy.pattern);
        let added = add_entry(Some(&file), &name, &policy, &new(id))?;
        let whole = edited(text, std::iter::once((added.edit.region, added.edit.text.as_str())));
        Ok((added.id, whole.expect("it fits")))
    }

    #[test]
    fn an_entry_goes_behind_the_last_one() {
        let entry =
            "### T-010: A title\n\n- Status: open\n- Owner:\n- Rules: LL101\n- Scope: `src/**`\n- Added: 2026-06-01\n";
        let (id, text) = added("# x\n\n### T-009: a\n- Status: open\n\n# Prose\n", None).expect("room");
        assert_eq!(
            (id.as_str(), text),
            ("T-010", format!("# x\n\n### T-009: a\n- Status: open\n\n{entry}\n# Prose\n"))
        );
        let (_, text) = added("### T-009: a\r\n- Status: open", None).expect("room");
        assert_eq!(text, format!("### T-009: a\n- Status: open\n\n{entry}").replace('\n', "\r\n"));
        let (id, text) = added("| ID | Status |\n|-|-|\n| T-7 | open |\n", None).expect("room");
        assert_eq!(id, "T-8");
        assert!(text.contains("| T-7 | open |\n\n## T-8: A title\n"), "{text}");
        assert_eq!(added("", None).expect("room").0, "T-001");
        assert_eq!(added("## T-3: a\n", Some("T-100")).expect("room").0, "T-100");
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert_eq!(added("## T-3: a\n- Status: retired\n", Some("T-3")), Err(NoRoom::Taken("T-3".to_owned())));
        assert!(matches!(added("", Some("X-3")), Err(NoRoom::NoId { .. })));
        assert!(matches!(added("", Some("T-3 x")), Err(NoRoom::NoId { .. })));
        assert_eq!(added("```\n", None), Err(NoRoom::Swallowed));
        assert_eq!(added("## T-999999: a\n", None), Err(NoRoom::NoNext(r"T-\d{1,6}".to_owned())));
    }

    proptest::proptest! {
        #[test]
        fn an_entry_is_added_to_any_text_or_refused(
            lines in proptest::collection::vec("(#{1,4} T-[0-9]{1,3}|- Status: open|\\| ID \\| T-1 \\||```|<!--|-->|\\PC{0,8})", 0..12),
        ) {
            let text = lines.join("\n");
            if let Ok((id, after)) = added(&text, None) {
                let read = |text: &str| {
                    RegisterFile::new(InputName::new("x"), text.to_owned(), &Policy::default().pattern).register
                };
                let (old, new) = (read(&text), read(&after));
                proptest::prop_assert_eq!(new.entries.len(), old.entries.len() + 1);
                for entry in &old.entries {
                    let same = new.find(&entry.id).map(|one| (&one.title, one.fields.len()));
                    let first = old.find(&entry.id).map(|one| (&one.title, one.fields.len()));
                    proptest::prop_assert_eq!(same, first);
                }
                proptest::prop_assert!(new.find(&id).is_some_and(|one| one.status() == Some(Status::Open)));
            }
        }
    }

    #[test]
    fn a_register_that_is_not_there_gets_a_head() {
        let name = InputName::new("docs/THREATS.md");
        let added = add_entry(None, &name, &Policy::default(), &new(None)).expect("room");
        assert!(added.edit.text.starts_with("# Threats\n\nWhere "), "{}", added.edit.text);
        assert!(added.edit.text.contains("entries.\n\n## T-001: A title\n\n- Status: open\n- Owner:\n"));
    }
}
