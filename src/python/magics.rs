//! What Python runs in one notebook cell: cell magics are taken off, timing magics no longer hide their expression.
//!
//! Other line magics, `!shell` and `help?` lines stay; the parser's IPython mode reads them. Every change keeps the
//! number of bytes and of lines, so places in the cell stay right and reports can quote it as it was written.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, PythonVersion, Stmt};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use super::guard::{check_nesting, contained};
use super::source::SourceKind;
use crate::limits::Limits;

/// Cell magics whose body is Python, here or in another process.
const PYTHON_CELLS: &[&str] = &[
    "capture",
    "debug",
    "heat",
    "ipytest",
    "local",
    "lprun",
    "manim",
    "memit",
    "mprun",
    "notify",
    "prun",
    "px",
    "pypy",
    "pyinstrument",
    "python",
    "python2",
    "python3",
    "scalene",
    "snakeviz",
    "time",
    "timeit",
    "wandb",
];

/// Cell magics whose body certainly is something else. A magic in neither list counts as Python if its body parses.
const OTHER_CELLS: &[&str] = &[
    "!",
    "HTML",
    "R",
    "SVG",
    "bash",
    "bigquery",
    "cmd",
    "cypher",
    "dot",
    "html",
    "javascript",
    "js",
    "julia",
    "latex",
    "markdown",
    "mermaid",
    "octave",
    "perl",
    "powershell",
    "ruby",
    "rust",
    "sh",
    "sparksql",
    "sql",
    "svg",
    "sx",
    "system",
];

/// Magics that run the rest of their line, behind options, as Python.
const TIMING: &[&str] = &["lprun", "memit", "mprun", "prun", "time", "timeit"];

/// `%lprun` takes the most: a function and a value for each of its options.
const MAX_OPTION_WORDS: usize = 24;

/// The text of one cell, twice, of the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PythonCell {
    /// What the parser is to read.
    pub(super) python: String,
    /// What was written: what differs from `python` differs in place, byte for byte.
    pub(super) written: String,
}

impl PythonCell {
    fn replace(&mut self, start: usize, end: usize, by: &Replacement) {
        match by {
            Replacement::InPlace(python) => self.python.replace_range(start..end, python),
            Replacement::Moved(python) => {
                self.python.replace_range(start..end, python);
                self.written.replace_range(start..end, python);
            }
        }
    }
}

/// Python for a command, of the same length.
enum Replacement {
    /// What is not blanked stands where it stood.
    InPlace(String),
    /// It stands elsewhere, so that the written text would be quoted in the wrong place.
    Moved(String),
}

/// The cell's text as Python; none if it is written in another language.
pub(super) fn python_of_cell(text: String, limits: &Limits) -> Option<PythonCell> {
    let mut cell = PythonCell { written: text.clone(), python: text };
    let mut from = 0;
    // IPython passes over blank lines before a cell magic, and the body of `%%time` may begin with another one.
    while let Some((start, end)) = cell_magic(&cell.python, from) {
        let line = cell.python.get(start..end)?;
        let (word, argument) = split_word(line.strip_prefix("%%")?);
        let python = if matches!(word, "writefile" | "file") {
            argument.trim_end().ends_with(".py")
        } else if word == "script" {
            split_word(argument).0.starts_with("python")
        } else if PYTHON_CELLS.contains(&word) {
            true
        } else if OTHER_CELLS.contains(&word) {
            false
        } else {
            parse_clean(cell.python.get(end..)?, Mode::Ipython, limits).is_some()
        };
        if !python {
            return None;
        }
        let bare = uncovered(line, Place::Statement, limits);
        let bare = bare.unwrap_or_else(|| Replacement::InPlace(" ".repeat(line.len())));
        cell.replace(start, end, &bare);
        from = end;
    }
    uncover_line_magics(&mut cell, limits);
    Some(cell)
}

/// Where the first line that is not blank begins with `%%`, and where it ends without its line break.
fn cell_magic(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let body = rest.trim_start();
    let start = from + (rest.len() - body.len());
    let end = body.find(['\n', '\r']).unwrap_or(body.len());
    body.starts_with("%%").then_some((start, start + end))
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once([' ', '\t']).unwrap_or((text, ""))
}

/// The tree of `text`; none if it could nest too deep or the parser fails.
fn parse(text: &str, mode: Mode, limits: &Limits) -> Option<Parsed<Mod>> {
    check_nesting(text, SourceKind::Notebook, limits).ok()?;
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::latest_preview());
    contained(|| parse_unchecked(text, options))
}

/// The same; none if there is a syntax error.
fn parse_clean(text: &str, mode: Mode, limits: &Limits) -> Option<Mod> {
    parse(text, mode, limits).filter(Parsed::has_no_syntax_errors).map(Parsed::into_syntax)
}

/// Turns `%timeit -n 3 torch.load(p)` into Python of the same length, on every line that starts or assigns a magic.
fn uncover_line_magics(cell: &mut PythonCell, limits: &Limits) {
    let text = &cell.python;
    let may_time = TIMING.iter().any(|word| text.match_indices(word).any(|(at, _)| text[..at].ends_with('%')));
    let Some(parsed) = may_time.then(|| parse(text, Mode::Ipython, limits)).flatten() else { return };
    let commands = parsed.tokens().iter().filter(|token| token.kind() == TokenKind::IpyEscapeCommand);
    for range in commands.map(Ranged::range) {
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        let before = cell.python[..start].trim_end_matches([' ', '\t', '\x0c']);
        let starts_line = before.is_empty() || before.ends_with(['\n', '\r']);
        let place = if starts_line { Place::Statement } else { Place::Value };
        if let Some(python) = uncovered(&cell.python[start..end], place, limits) {
            cell.replace(start, end, &python);
        }
    }
}

#[derive(Clone, Copy)]
enum Place {
    Statement,
    Value,
}

/// The command as Python of the same length; none if it is no timing magic or times nothing that parses.
fn uncovered(command: &str, place: Place, limits: &Limits) -> Option<Replacement> {
    let (word, mut rest) = split_word(command.trim_start_matches('%'));
    if !TIMING.contains(&word) {
        return None;
    }
    // Options and their values are dropped word by word until Python is left.
    let mut after_option = false;
    for _ in 0..MAX_OPTION_WORDS {
        rest = rest.trim_start();
        if let Some(python) = as_python(command, rest, place, limits) {
            return Some(python);
        }
        let (first, others) = split_word(rest);
        let option = first.starts_with('-');
        if first.is_empty() || !(option || after_option) {
            return None;
        }
        (after_option, rest) = (option, others);
    }
    None
}

fn as_python(command: &str, rest: &str, place: Place, limits: &Limits) -> Option<Replacement> {
    let covered = command.len() - rest.len();
    // Options that go on behind a backslash: blanking them would lose a line.
    if command.get(..covered)?.contains(['\n', '\r']) {
        return None;
    }
    match place {
        Place::Value => {
            parse_clean(rest, Mode::Expression, limits)?;
            Some(Replacement::InPlace(" ".repeat(covered) + rest))
        }
        Place::Statement => {
            let Mod::Module(module) = parse_clean(rest, Mode::Module, limits)? else { return None };
            let compound = matches!(
                module.body.first()?,
                Stmt::For(_)
                    | Stmt::While(_)
                    | Stmt::If(_)
                    | Stmt::With(_)
                    | Stmt::Try(_)
                    | Stmt::Match(_)
                    | Stmt::FunctionDef(_)
                    | Stmt::ClassDef(_)
            );
            // `pass;` keeps the columns; nothing may stand before a compound statement, so that one moves to the left.
            Some(if compound {
                Replacement::Moved(format!("{rest}{}", " ".repeat(covered)))
            } else {
                let gap = " ".repeat(covered.checked_sub("pass;".len())?);
                Replacement::InPlace(format!("pass;{gap}{rest}"))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(cell: &str) -> Option<String> {
        let read = python_of_cell(cell.to_owned(), &Limits::default())?;
        assert_eq!((read.python.len(), read.written.len()), (cell.len(), cell.len()), "{read:?}");
        assert!(read.written == cell || read.written == read.python, "{read:?}");
        Some(read.python)
    }

    fn same(cell: &str) {
        assert_eq!(python(cell).as_deref(), Some(cell));
    }

    #[test]
    fn the_parser_reads_the_magics_that_stay() {
        for line in [
            "%matplotlib inline",
            "!pip install x",
            "x = !ls",
            "?obj",
            "obj??",
            "%time f()",
            "x = %env HOME",
            "!!ls",
            "%cd ~",
            "/f a",
            "if x:\n    %cd y\n    !ls {x}",
        ] {
            let text = format!("import a\n{line}\nload(p)\n");
            let parsed = parse_unchecked(&text, ParseOptions::from(Mode::Ipython));
            assert!(parsed.has_no_syntax_errors(), "{line}: {:?}", parsed.errors());
            if !line.starts_with("%time") {
                same(&text);
            }
        }
    }

    #[test]
    fn python_cell_magics_are_blanked_and_others_leave_their_cell_out() {
        assert_eq!(python("%%time\nload(p)\n").as_deref(), Some("      \nload(p)\n"));
        assert_eq!(python("\n %%capture out\r\nf()").as_deref(), Some("\n              \r\nf()"));
        assert_eq!(python("%%writefile -a x.py\nf()\n").as_deref(), Some("                   \nf()\n"));
        assert_eq!(python("%%script python3 -u\nf()\n").as_deref(), Some("                   \nf()\n"));
        assert_eq!(python("%%time\n\n%%capture\nf()\n").as_deref(), Some("      \n\n         \nf()\n"));
        assert_eq!(python("%%unheard of\nf()\n").as_deref(), Some("            \nf()\n"));
        for other in ["%%bash\nls\n", "%%writefile x.sh\nls\n", "%%time\n%%bash\nls\n", "%%unheard\nSELECT * FROM t\n"]
        {
            assert_eq!(python(other), None, "{other:?}");
        }
        same("x = 1\n%%time\n");
    }

    #[test]
    fn a_timing_magic_does_not_hide_what_it_times() {
        for (cell, expected) in [
            ("%time load(p)", "pass; load(p)"),
            ("%timeit x = load(p)", "pass;   x = load(p)"),
            ("if a:\n    %prun load(p)", "if a:\n    pass; load(p)"),
            ("%timeit -n 10 -r3 load(p)", "pass;             load(p)"),
            ("%lprun -f m.f -f g load(p)", "pass;              load(p)"),
            ("r = %timeit -o load(p)", "r =            load(p)"),
            ("%time for x in y: load(x)", "for x in y: load(x)      "),
            ("%%timeit -n 1 m = load(p)\nm()\n", "pass;         m = load(p)\nm()\n"),
            ("%time load(p, \\\n  q)", "pass; load(p, \\\n  q)"),
        ] {
            assert_eq!(python(cell).as_deref(), Some(expected));
        }
        let strings = "s = '''\n%time load(p)\n'''";
        for cell in ["%time load(", strings, "f(a\n%time (p))", "%time", "%time !ls", "%timeit -n \\\n1 f()"] {
            same(cell);
        }
    }

    #[test]
    fn a_thousand_words_are_not_parsed_a_thousand_times() {
        same(&format!("%time {}(", "-a ".repeat(10_000)));
    }
}
