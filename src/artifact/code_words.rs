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
    CODE.into_iter().find(|code| text.match_indices(code).any(|(at, _)| !is_spoken_of(text, at, code)))
}

/// Whether code is written so that a search for what it does finds nothing.
fn hides(code: &str) -> bool {
    code.starts_with("__") || code.contains("compile(")
}

/// Whether the code at `at` is a name that a sentence speaks of: words stand before it on its line that no Python has side
/// by side, so that the text as a whole is no program. What only hides (`__import__(`) is never spoken of.
fn is_spoken_of(text: &str, at: usize, code: &str) -> bool {
    if hides(code) {
        return false;
    }
    let line = text[..at].rsplit(['\n', '\r']).next().unwrap_or_default();
    let words: Vec<&str> = line.split_ascii_whitespace().map(|word| word.trim_end_matches([',', ':'])).collect();
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '\'');
    let is_name = |word: &str| is_word(word) && !KEYWORDS.contains(&word);
    let two_names =
        words.windows(2).any(|pair| is_name(pair[0]) && is_word(pair[1]) && !AFTER_NAMES.contains(&pair[1]));
    // The code itself is the next name, unless something joins it to the last word.
    two_names || (line.ends_with(' ') && words.last().is_some_and(|word| is_name(word)))
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
}
