//! Source made to break the parser: what the guard lets through is parsed and dropped on a worker's stack without harm.

use loadlint::limits::Limits;
use loadlint::python::guard::{GuardProblem, check_nesting, contained};
use loadlint::python::source::SourceKind;
use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

/// What a worker has; reserved, not taken.
const WORKER_STACK: usize = 256 << 20;

/// Head, repeated part, middle, repeated tail.
type Shape = (&'static str, &'static str, &'static str, &'static str);

/// Large but flat, as generated tables are: must pass at any size.
const FLAT: &[Shape] = &[
    ("x = (", "\n\"a\"", ")", ""),
    ("", "a=", "a", ""),
    ("x = ", "a, ", "a", ""),
    ("if a:\n pass\n", "elif a:\n pass\n", "", ""),
    ("try:\n pass\n", "except a:\n pass\n", "", ""),
    ("match a:\n", " case a: pass\n", "", ""),
    ("with ", "a, ", "a: pass", ""),
    ("", "@a\n", "def f(): pass", ""),
    ("", "a;", "", ""),
    ("global a", ", a", "", ""),
    ("x = [", "1.5, -2, ", "]", ""),
    ("x = {", "'a': -1.5, ", "}", ""),
    ("x = [", "'a b c', ", "]", ""),
    ("", "f(a.b, -c)\n", "", ""),
    ("x = [", "[1, -2, f(a)], ", "]", ""),
    ("", "# (((\n", "", ""),
    ("x = ", "1", "", ""),
    ("x = 0x", "f", "", ""),
    ("x = ", "a", "", ""),
    ("", "\n", "", ""),
    ("", "\r", "", ""),
];

/// Nested, chained or broken: may be refused.
const NESTED: &[Shape] = &[
    ("import a", ".a", "", ""),
    ("", "f'{a}'", "", ""),
    ("", "(", "a", ")"),
    ("", "[", "a", "]"),
    ("", "{1:", "a", "}"),
    ("", "{", "a", "}"),
    ("", "f(", "a", ")"),
    ("", "f[", "a", "]"),
    ("", "f(a=", "a", ")"),
    ("a", ".b()", "", ""),
    ("a", "()", "", ""),
    ("a", "[0]", "", ""),
    ("a", ".b", "", ""),
    ("", "-", "a", ""),
    ("", "~", "a", ""),
    ("", "not ", "a", ""),
    ("", "await ", "a", ""),
    ("", "yield ", "a", ""),
    ("x = ", "yield a, ", "a", ""),
    ("", "yield from ", "a", ""),
    ("", "*", "a", ""),
    ("[", "*", "a]", ""),
    ("a", "+a", "", ""),
    ("x = (\"a\"", "\n+ \"a\"", ")", ""),
    ("a", "**a", "", ""),
    ("a", " and a", "", ""),
    ("a", " and a or a", "", ""),
    ("a", "<a", "", ""),
    ("a", " is not a", "", ""),
    ("a", " not in a", "", ""),
    ("a", "+a*a**a", "", ""),
    ("", "a or not ", "a", ""),
    ("", "a if a else ", "a", ""),
    ("", "(", "a", " if a else a)"),
    ("", "''if''else", "a", ""),
    ("", "lambda:", "a", ""),
    ("", "lambda a,b:", "a", ""),
    ("", "lambda a=", "a", ":a"),
    ("(", "a:=", "a)", ""),
    ("[a", " for a in a", "]", ""),
    ("[a for a in a", " if a", "]", ""),
    ("", "[a for a in ", "a", "]"),
    ("a[", "a:", "]", ""),
    ("f\"", "{a:", "", ""),
    ("f\"", "{a:", "a", "}"),
    ("f'''", "{a[\"}\"]:", "", ""),
    ("", "f\"{", "a", "}\""),
    ("", "f\"{", "", ""),
    ("", "f'{f\"{", "a", ""),
    ("f'", "{a}", "'", ""),
    ("", "t\"{", "a", "}\""),
    ("match a:\n case ", "[", "a", "]"),
    ("match a:\n case ", "A(", "a", ")"),
    ("match a:\n case ", "A(b=", "a", ")"),
    ("match a:\n case ", "{1:", "a", "}"),
    ("match a:\n case a", "|a", ": pass", ""),
    ("match a:\n case a", " as a", ": pass", ""),
    ("match a:\n case a", ".a", ": pass", ""),
    ("match a:\n case ", "-", "1: pass", ""),
    ("match a:\n case 1", "+1j", ": pass", ""),
    ("match a:\n case ", "*", "a: pass", ""),
    ("with ", "(", "a", ")"),
    ("with ", "(a as ", "a", ")"),
    ("match ", "(", "a", ")"),
    ("", "match ", "a", ""),
    ("", "match a: ", "", ""),
    ("", "if a: ", "a", ""),
    ("", "for a,b in c: ", "a", ""),
    ("if a: a\n", "else: ", "a", ""),
    ("", "while a: ", "a", ""),
    ("", "try: ", "a", ""),
    ("", "with a: ", "a", ""),
    ("", "class a: ", "a", ""),
    ("", "def a(): ", "a", ""),
    ("", "def a(b", "", ""),
    ("def a() -> ", "b[", "", ""),
    ("", "async ", "a", ""),
    ("", "async \n", "a", ""),
    ("", "@", "a", ""),
    ("", "@a ", "a", ""),
    ("", "@a\n", "", ""),
    ("", "return ", "a", ""),
    ("del ", "(", "a", ")"),
    ("class A", "[T: a", "", ""),
    ("type a", "[T] = a", "", ""),
    ("from ", ".", " import a", ""),
    ("a", " += a", "", ""),
    ("a", ": a", "", ""),
    ("", "$", "", ""),
    ("", "?", "", ""),
    ("", "!", "", ""),
    ("", ")", "", ""),
    ("", "[)", "a", ""),
    ("", "(]", "a", ""),
    ("", "{]", "a", ""),
    ("", "f(]", "a", ""),
    ("", "[)\n", "a", ""),
    ("", "f(\n", "a", ""),
    ("", "def f(\n", "a", ""),
    ("", "if f(\n", "a", ""),
    ("", "f(a if b else\n", "a", ""),
    ("", "\"\n", "", ""),
    ("", "\"\"\"", "", ""),
    ("x = a", " \\\n+a", "", ""),
    ("", "\\\n", "a", ""),
    ("", "not\\\n", "a", ""),
    ("(", "not#)\n", "a", ""),
    ("", "(\")\"", "a", ""),
    ("", "%time ", "a", ""),
    ("", "a = !", "", ""),
    ("x = 1", "e1", "", ""),
    ("x = 1", "_1", "", ""),
    ("", " ", "a", ""),
    ("", "if a:\n", "", ""),
];

fn build((head, part, middle, tail): Shape, count: usize) -> String {
    [head, &part.repeat(count), middle, &tail.repeat(count), "\n"].concat()
}

/// As many repetitions as the largest file can hold.
fn fill((head, part, middle, tail): Shape) -> String {
    let room = Limits::default().max_source_bytes as usize - head.len() - middle.len() - 1;
    build((head, part, middle, tail), room / (part.len() + tail.len()))
}

/// Each line one deeper than the line before.
fn indented(line: &str, levels: usize) -> String {
    (0..levels).map(|level| format!("{}{line}\n", " ".repeat(level))).collect()
}

/// Guard, parse, drop; an overflow would abort the test run. Tells what the guard said.
fn survive(text: String, kind: SourceKind) -> Result<(), GuardProblem> {
    let work = move || {
        check_nesting(&text, kind, &Limits::default())?;
        let mode = if kind == SourceKind::Notebook { Mode::Ipython } else { Mode::Module };
        // The default version would check old rules inside nested f-strings, in quadratic time and memory.
        let options = ParseOptions::from(mode).with_target_version(PythonVersion::latest_preview());
        drop(contained(|| parse_unchecked(&text, options)));
        Ok(())
    };
    let worker = std::thread::Builder::new().stack_size(WORKER_STACK).spawn(work).expect("a thread");
    worker.join().expect("nothing panics outside `contained`")
}

fn survive_all(shapes: &[Shape], make: impl Fn(Shape) -> String) {
    for &shape in shapes {
        let _ = survive(make(shape), SourceKind::Module);
        let _ = survive(make(shape), SourceKind::Notebook);
    }
}

#[test]
fn a_thousand_levels_of_anything_are_survived() {
    survive_all(NESTED, |shape| build(shape, 1_000));
}

#[test]
fn a_hundred_thousand_levels_of_anything_are_survived() {
    survive_all(NESTED, |shape| build(shape, 100_000));
}

#[test]
#[ignore = "ten megabytes of each shape take minutes unoptimised"]
fn the_largest_file_of_anything_is_survived() {
    survive_all(NESTED, fill);
}

#[test]
fn deep_indentation_is_survived() {
    for line in ["if a:", "a", "class a:", "try:", "else:", "for a in b:"] {
        let _ = survive(indented(line, 4_500), SourceKind::Module);
    }
}

#[test]
fn a_chain_just_below_the_limit_is_survived() {
    let links = Limits::default().max_chain_length as usize - 10;
    for shape in [("a", ".b", "", ""), ("", "-", "a", ""), ("a", "+a", "", ""), ("", "a=", "a", ""), ("", "@", "a", "")]
    {
        assert_eq!(survive(build(shape, links), SourceKind::Module), Ok(()), "{shape:?}");
    }
    // Strings that close brackets for whoever does not read strings.
    assert_eq!(survive(build(("", "f(a=\")\"", "", ""), links / 2), SourceKind::Module), Ok(()));
}

#[test]
fn flat_text_passes() {
    for &shape in FLAT {
        assert_eq!(survive(build(shape, 100_000), SourceKind::Module), Ok(()), "{shape:?}");
    }
}

#[test]
#[ignore = "ten megabytes of each shape take minutes unoptimised"]
fn the_largest_flat_file_passes() {
    for &shape in FLAT {
        assert_eq!(survive(fill(shape), SourceKind::Module), Ok(()), "{shape:?}");
    }
}
