//! The grammar of `# nosec`, as Bandit 1.9.4 reads it.

use super::bandit::bandit_id;

/// What one `# nosec` comment excuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nosec {
    /// Ids and names of rules, ours and Bandit's; empty if everything is excused.
    pub ids: Vec<String>,
    /// What stands behind the second `#`.
    pub justification: String,
}

/// Reads a comment, `#` included; `None` if it is no `# nosec`.
///
/// Bandit's reading: `#`, spaces, `nosec`, perhaps a colon, then words up to the next `#`. A word that is an id or a name
/// of a test counts, the others do not. In a run of words joined by commas without a space only the last counts. If no
/// word counts, everything is excused. Words for which `is_ours` says yes count too, which Bandit does not know.
pub fn parse_nosec(comment: &str, is_ours: &dyn Fn(&str) -> bool) -> Option<Nosec> {
    let after = comment.match_indices('#').find_map(|(at, _)| {
        let rest = comment[at + 1..].trim_start();
        rest.strip_prefix("nosec")
    })?;
    let after = after.strip_prefix(':').unwrap_or(after);
    let (words, justification) = match after.split_once('#') {
        Some((words, justification)) => (words, justification.trim()),
        None => (after, ""),
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut ids = Vec::new();
    for run in words.split(|c: char| !is_word(c) && c != ',') {
        let Some(last) = run.trim_end_matches(',').rsplit(',').next().filter(|word| !word.is_empty()) else { continue };
        if is_ours(last) {
            ids.push(last.to_owned());
            continue;
        }
        // Bandit's words have no hyphen: `B301-x` is `B301` and `x`.
        ids.extend(last.split('-').filter_map(bandit_id).map(str::to_owned));
    }
    Some(Nosec { ids, justification: justification.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(comment: &str) -> Option<Vec<String>> {
        parse_nosec(comment, &|word| word == "LL101" || word == "torch-load-unpickles").map(|nosec| nosec.ids)
    }

    #[test]
    fn ids_are_read_as_bandit_does() {
        let some = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(ids("# nosec B614  # T-003: reason"), some(&["B614"]));
        assert_eq!(ids("# nosec: B614, B301"), some(&["B614", "B301"]));
        assert_eq!(ids("# nosec B614 B301"), some(&["B614", "B301"]));
        assert_eq!(ids("# nosec B301,B614"), some(&["B614"]));
        assert_eq!(ids("#nosec(B301)"), some(&["B301"]));
        assert_eq!(ids("# noqa: S301  # nosec B301"), some(&["B301"]));
        assert_eq!(ids("# nosec LL101"), some(&["LL101"]));
        assert_eq!(ids("# nosec torch-load-unpickles"), some(&["torch-load-unpickles"]));
    }

    #[test]
    fn without_a_known_word_everything_is_excused() {
        for comment in ["# nosec", "# nosec B999", "# nosec b301", "# nosec - reviewed", "# nosecurity"] {
            assert_eq!(ids(comment), Some(Vec::new()), "{comment}");
        }
    }

    #[test]
    fn what_bandit_does_not_read_we_do_not_either() {
        for comment in ["# NOSEC B301", "# todo nosec", "# fine"] {
            assert_eq!(ids(comment), None, "{comment}");
        }
    }

    #[test]
    fn names_of_tests_count_even_in_prose() {
        assert_eq!(ids("# nosec B614 - our own pickle job"), Some(vec!["B614".to_owned(), "B301".to_owned()]));
        assert_eq!(ids("# nosec B603"), Some(vec!["B603".to_owned()]));
    }

    #[test]
    fn the_justification_stands_behind_the_second_hash() {
        let nosec = parse_nosec("# nosec B614  # T-003: our own file", &|_| false).expect("a nosec");
        assert_eq!(nosec.justification, "T-003: our own file");
    }
}
