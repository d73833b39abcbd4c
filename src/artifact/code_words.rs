//! Python in texts that no writer of model files needs: metadata, descriptions, settings.

const CODE: [&str; 9] = [
    "__import__(",
    "__builtins__",
    "os.system(",
    "os.popen(",
    "subprocess.",
    "pickle.loads(",
    "marshal.loads(",
    "exec(compile(",
    "eval(compile(",
];

/// The Python that `text` holds, if it runs or loads something.
pub(super) fn code_in(text: &str) -> Option<&'static str> {
    let stands_in = |line: &str, code: &str| hides(code) || is_meant(line, code);
    CODE.into_iter().find(|code| {
        text.contains(code) && text.split(['\n', '\r']).any(|line| line.contains(code) && stands_in(line, code))
    })
}

/// Whether code is written so that a search for what it does finds nothing.
fn hides(code: &str) -> bool {
    code.starts_with("__") || code.contains("compile(")
}

/// A word of so many bytes is no word of a sentence.
const LONGEST_WORD: usize = 100;

/// Whether `code` stands in this line and is no name that a sentence speaks of: words stand before it that no Python has
/// side by side, so that the text as a whole is no program. What only hides (`__import__(`) is never spoken of.
///
/// Goes through the line once, for the code may stand in it any number of times.
fn is_meant(line: &str, code: &str) -> bool {
    let mut last = "";
    let mut follows_blank = false;
    for piece in line.split_inclusive(|c: char| c.is_ascii_whitespace()) {
        let word = piece.trim_ascii_end();
        for (at, _) in word.match_indices(code) {
            let start = without_comma(&word[..at]);
            let is_spoken_of = match start {
                // The code itself is the next name, unless something joins it to the last word.
                "" if at == 0 => follows_blank && is_name(last),
                start => are_side_by_side(last, start),
            };
            if !is_spoken_of {
                return true;
            }
        }
        follows_blank = piece.ends_with(' ');
        if !word.is_empty() {
            let word = without_comma(word);
            // What follows is spoken of.
            if are_side_by_side(last, word) {
                return false;
            }
            last = word;
        }
    }
    false
}

fn without_comma(word: &str) -> &str {
    word.trim_end_matches([',', ':'])
}

/// Whether a name and what may stand behind it in a sentence only.
fn are_side_by_side(first: &str, second: &str) -> bool {
    is_name(first) && is_word(second) && !AFTER_NAMES.contains(&second)
}

fn is_name(word: &str) -> bool {
    is_word(word) && !KEYWORDS.contains(&word)
}

fn is_word(word: &str) -> bool {
    (1..=LONGEST_WORD).contains(&word.len()) && word.chars().all(|c| c.is_alphabetic() || c == '\'')
}

/// Python's words that may follow names.
const AFTER_NAMES: [&str; 10] = ["and", "as", "else", "for", "from", "if", "import", "in", "is", "or"];
/// Python's words that names may follow.
const KEYWORDS: [&str; 30] = [
    "and", "as", "assert", "async", "await", "case", "class", "def", "del", "elif", "else", "except", "exec", "for",
    "from", "global", "if", "import", "in", "is", "lambda", "match", "not", "or", "print", "raise", "return", "while",
    "with", "yield",
];

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn descriptions_are_no_code() {
        assert_eq!(code_in("exec(__import__('os').popen('echo loadlint-test'))"), Some("__import__("));
        assert_eq!(code_in("Run `pip install` and evaluate(model); see https://example.com"), None);
        for prose in [
            "Never call os.system( with this",
            "Run with: python -c \"import os; os.system(...)\"",
            "It replaces subprocess.run",
        ] {
            assert_eq!(code_in(prose), None, "{prose}");
        }
        for code in [
            "os.system('echo loadlint-test')",
            "import os; os.system('echo')",
            "x = [os.system('echo')]",
            "a text\nos.system('echo')",
            "return subprocess.run('echo')",
            "hello there exec(__import__('os'))",
        ] {
            assert!(code_in(code).is_some(), "{code}");
        }
    }

    #[test]
    fn code_behind_prose_is_looked_for_in_one_pass() {
        // So many places on one line that no place may look at all before it.
        let many = 400_000;
        assert_eq!(code_in(&format!("Never call {}", "os.system( ".repeat(many))), None);
        assert_eq!(code_in(&format!("Never {}", "os.system(".repeat(many))), Some("os.system("));
        assert_eq!(
            code_in(&format!("Never call {}\nos.system('echo')", "os.system( ".repeat(many))),
            Some("os.system(")
        );
    }
}
