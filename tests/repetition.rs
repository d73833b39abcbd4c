//! Texts in which one thing comes again and again: each line must not look at all the others. Every shape here once took
//! minutes or gigabytes at a size that now takes a moment; none of them may be taken for clean.

use crate::support::Place;

const LINES: usize = 3_000;

/// A module that begins with the imports, has `line` for each number, and ends with `last` for each.
fn module(line: impl Fn(usize) -> String, last: &str) -> String {
    let imports = "import functools, pickle, requests, torch\n";
    let lines: String = (0..LINES).map(line).collect();
    [imports, &lines, &last.repeat(LINES)].concat()
}

/// What `check` says of a module: its exit code, and how many findings and notices there are.
fn checked(text: &str) -> (i32, usize, usize) {
    let place = Place::new(&[("a.py", text)]);
    let ran = place.run(&["check", "--no-config", "--output-format", "json", "a.py"]);
    let report = ran.json();
    let count = |key: &str| report[key].as_array().expect("a list").len();
    (ran.code, count("findings"), count("notices"))
}

/// All was looked at.
fn found(text: &str) -> usize {
    let (code, findings, notices) = checked(text);
    assert_eq!((code, notices), (1, 0));
    findings
}

#[test]
fn names_that_lead_to_one_another() {
    let chain = |name: &str| module(|at| format!("{name}{} = {name}{at}\n", at + 1), "");
    let aliases = chain("a").replace("a0\n", "torch.load\n") + &format!("a{LINES}(path)\n");
    assert!(found(&aliases) >= 1);
    let partials = module(|at| format!("p{at} = functools.partial(torch.load)\np{at}(path)\n"), "");
    assert_eq!(found(&partials), LINES);
    let stars = module(|at| format!("from torch.m{at} import *\n"), "torch.load(path)\n");
    assert_eq!(found(&stars), LINES);
    // Each name stands behind all that were given to the module before it: beyond the budget, and told.
    let (code, findings, notices) = checked(&module(|at| format!("torch.x{at} = torch.load\n"), "torch.load(path)\n"));
    assert_eq!((code, notices), (2, 1));
    assert!(findings > 0);
}

#[test]
fn values_that_grow_line_by_line() {
    let entries = module(|at| format!("kw['k{at}'] = {at}\n"), "").replacen("kw[", "kw = {}\nkw[", 1);
    let entries = entries + "kw['weights_only'] = False\n" + &"torch.load(path, **kw)\n".repeat(50);
    assert_eq!(found(&entries), 50, "the key that is asked for is known behind thousands of others");
    let updates = module(|at| format!("kw.update(k{at}={at})\n"), "").replacen("kw.", "kw = {}\nkw.", 1);
    assert_eq!(found(&(updates + "torch.load(path, **kw)\n")), 1);
    let texts = module(|_| "s += 'abcdefgh'\n".to_owned(), "").replacen("s +=", "s = ''\ns +=", 1);
    assert_eq!(found(&(texts + "torch.load(s)\n")), 1);
    let results = module(|_| "data = data.strip()\n".to_owned(), "pickle.loads(data)\n");
    assert_eq!(found(&results), LINES);
}

/// What is no longer followed may be what a load is given, and that is told.
#[test]
fn values_that_are_cut_off_are_told() {
    let list = module(|_| "calls.append(print)\n".to_owned(), "").replacen("calls.", "calls = []\ncalls.", 1);
    assert_eq!(checked(&(list + "calls.append(torch.load)\ncalls[-1](path)\n")).2, 1);
    let filled = module(|at| format!("kw['k{at}'] = {at}\n"), "").replacen("kw[", "kw = {}\nkw[", 1);
    assert_eq!(checked(&(filled + "kw.update(options)\ntorch.load(path, **kw)\n")).2, 1);
    let names: String = (0..5_000).map(|at| format!("b{at} = kw\n")).collect();
    let aliased = format!("import torch\nkw = {{}}\n{names}b4999['weights_only'] = False\ntorch.load(path, **kw)\n");
    assert_eq!(checked(&aliased).2, 1);
}

/// Each call in the handler is held against each that was tried: beyond the budget, and told.
#[test]
fn attempts_before_attempts() {
    let tried: String = (0..LINES).map(|at| format!("    torch.load({at}, weights_only=True)\n")).collect();
    let then: String = (0..LINES).map(|at| format!("    torch.load({at}, weights_only=False)\n")).collect();
    let (code, findings, notices) = checked(&format!("import torch\ntry:\n{tried}except Exception:\n{then}"));
    assert_eq!((code, notices), (2, 1));
    assert!(findings >= LINES, "{findings}");
}

#[test]
fn comments_by_the_thousand() {
    let one_statement = |comment: &str| {
        let lines: String = (0..LINES).map(|_| format!("    pickle.load(file),{comment}\n")).collect();
        format!("import pickle\nx = [\n{lines}]\n")
    };
    assert_eq!(found(&one_statement("")), LINES);
    assert_eq!(found(&one_statement("  # nosec B301")), LINES, "each comment lacks a reason, each finding is excused");
    let alone = module(|_| "# loadlint: ignore[LL110]\n".to_owned(), "") + "pickle.load(file)\n";
    assert!(found(&alone) >= LINES);
}

/// Columns are counted from the start of the line.
#[test]
fn findings_on_one_line() {
    let line: String = (0..LINES).map(|at| format!("pickle.load(file_{at}); ")).collect();
    assert_eq!(found(&format!("import pickle\n{line}\n")), LINES);
}
