//! The words that rules ask for in scripts and settings, and whether a text has any of them.

use memchr::memmem;

/// Options, programs and keys of all rules.
#[derive(Debug, Clone, Default)]
pub struct ScriptWords {
    /// Each with `-` and with `_` between its words.
    options: Vec<[Box<str>; 2]>,
    programs: Vec<Vec<Box<str>>>,
    settings: Vec<[Box<str>; 2]>,
}

fn spellings(name: &str) -> [Box<str>; 2] {
    [name.replace('_', "-").into(), name.replace('-', "_").into()]
}

impl ScriptWords {
    pub(super) fn add_option(&mut self, name: &str) {
        let spelled = spellings(name);
        if !self.options.contains(&spelled) {
            self.options.push(spelled);
        }
    }

    /// A program is of interest by itself only if it has several words; one word alone is named beside an option.
    pub(super) fn add_program(&mut self, words: &str) {
        let words: Vec<Box<str>> = words.split(' ').map(Box::from).collect();
        if words.len() > 1 && !self.programs.contains(&words) {
            self.programs.push(words);
        }
    }

    pub(super) fn add_setting(&mut self, key: &str) {
        let spelled = spellings(key);
        if !self.settings.contains(&spelled) {
            self.settings.push(spelled);
        }
    }

    /// Whether a text may have an option, a program or a key.
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        let has = |word: &str| memmem::find(text, word.as_bytes()).is_some();
        let spelled = self.options.iter().chain(&self.settings).flatten();
        spelled.into_iter().any(|word| has(word))
            || self.programs.iter().any(|words| words.iter().rev().all(|word| has(word)))
    }

    /// Whether a word of a command is one that rules ask for: it has an option in it, or ends the name of a program.
    pub fn may_be_word(&self, word: &str) -> bool {
        self.options.iter().flatten().any(|option| word.contains(&**option))
            || self.programs.iter().any(|words| words.last().is_some_and(|last| **last == *word))
    }

    /// Whether a key of settings is one that rules ask for.
    pub fn has_setting(&self, key: &str) -> bool {
        self.settings.iter().flatten().any(|known| **known == *key)
    }
}
