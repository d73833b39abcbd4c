use proptest::prelude::*;

use super::{Dialect, Shell, read};
use crate::fact::GAP;
use crate::text::Region;

fn all(text: &str) -> Shell {
    read(text, Region::new(0, text.len() as u32), Dialect::default())
}

/// Each command's words, joined; gaps as `…`.
fn commands(text: &str) -> Vec<String> {
    let shell = all(text);
    let words = |simple: &super::Simple| {
        let words = simple.words.iter().map(|raw| raw.word.text.replace(GAP, "…").replace('\n', "\\n"));
        words.collect::<Vec<_>>().join(" ")
    };
    shell.commands.iter().map(words).collect()
}

fn comments(text: &str) -> Vec<String> {
    all(text).comments.into_iter().map(|comment| comment.text).collect()
}

#[test]
fn words_are_what_the_program_gets() {
    assert_eq!(commands("a 'b c' \"d $e f\" g\\ h i\"j\"'k'"), ["a b c d … f g h ijk"]);
    assert_eq!(commands("a \\\n  b \\\r\n c\r\nd"), ["a b c", "d"]);
    assert_eq!(commands("a; b && c || d | e & f |& g"), ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(commands("A=1 B='2 3' cmd x=y"), ["A=1 B=2 3 cmd x=y"]);
    assert_eq!(commands("echo $'it\\'s' b"), ["echo it\\'s b"]);
    assert_eq!(commands("a >out 2>&1 <in b >>more c &>all d"), ["a 2 b c d"]);
    assert_eq!(commands("a $((1 << 2)) b; ((x<<2)); c"), ["a … b", "c"]);
    assert_eq!(commands("f() { a; }"), ["f", "{ a", "}"]);
}

#[test]
fn substitutions_are_commands_too() {
    assert_eq!(commands("x=$(a b \"$(c 'd)')\") e"), ["c d)", "a b …", "x=… e"]);
    assert_eq!(commands("x=`a b` y \"`c`\""), ["a b", "c", "x=… y …"]);
    assert_eq!(commands("diff <(a b) >(c)"), ["a b", "c", "diff … …"]);
    assert_eq!(commands("x=$( (a; b) ) c"), ["a", "b", "x=… c"]);
    assert_eq!(commands("A=(--b 'c d'\n # no\n --e) f"), ["--b c d --e", "A=… f"]);
}

#[test]
fn defaults_are_known() {
    let first = |text: &str| all(text).commands.remove(0).words.remove(0).word;
    assert_eq!(first("a${B:-1}c").by_default.as_deref(), Some("a1c"));
    assert_eq!(first("\"${B-${C:=x y}}\"").by_default.as_deref(), Some("x y"));
    assert_eq!(first("${B:+--c}").by_default.as_deref(), Some("--c"));
    assert_eq!(first("${B%.*}").by_default, None);
    assert_eq!(first("${B}").text, GAP.to_string());
    assert_eq!(first("${#B}").text, GAP.to_string());
}

#[test]
fn comments_begin_where_a_word_could() {
    assert_eq!(comments("# a\nb # c\nd#e '# f' \"# g\" \\# h $# ${#i}\nj;# k\n(# l\n)"), ["# a", "# c", "# k", "# l"]);
    assert_eq!(comments("x=$(a # b\n c)\nA=( # d\n)"), ["# b", "# d"]);
    assert_eq!(comments("cat <<EOF # a\n# b\nEOF\n# c\n"), ["# a", "# c"]);
    assert_eq!(comments("#!/bin/sh\n"), ["#!/bin/sh"]);
}

#[test]
fn here_documents_belong_to_their_commands() {
    let text = "cat <<EOF >x; bash <<-'END' -s\na b\nEOF\n\tc 'd\n\tEND\ne\n";
    let shell = all(text);
    let bodies: Vec<_> = shell.commands.iter().flat_map(|one| &one.heredocs).map(|one| &text[one.range()]).collect();
    assert_eq!(bodies, ["a b\n", "\tc 'd\n"]);
    assert_eq!(commands(text), ["cat", "bash -s", "e"]);
    assert_eq!(commands("a <<< 'x' b\nc"), ["a b", "c"]);
    assert_eq!(commands("cat <<EOF\na b\n"), ["cat"]);
}

#[test]
fn statements_are_whole_lines() {
    let text = "  a \\\n b 'c\nd'; e\nf=$(g\nh)\n";
    let shell = all(text);
    let of = |index: usize| &text[shell.commands[index].statement.range()];
    assert_eq!((of(0), of(1)), ("a \\\n b 'c\nd'; e", "a \\\n b 'c\nd'; e"));
    assert_eq!((of(2), of(4)), ("f=$(g\nh)", "f=$(g\nh)"));
}

#[test]
fn tests_and_branches_are_told_apart() {
    assert_eq!(commands("[[ $a && b == (c) ]] && d"), ["[[ … b == c ]]", "d"]);
    let text = "case $1 in\n --x|-x) A=1; shift ;;\n *) B=1;;\nesac\nif a; then C=1; fi\nD=1\n[ -n x ] && E=1\n";
    let shell = all(text);
    let flags = |name: &str| {
        let is = |one: &&super::Simple| one.words.iter().any(|raw| raw.word.text.starts_with(name));
        let one = shell.commands.iter().find(is).expect("it is there");
        (one.sometimes, one.of_option)
    };
    let arrays = all("[ x = 1 ] && A=(b)\nC=(d)\n");
    let arrays: Vec<_> = arrays.commands.iter().filter(|one| one.array.is_some()).map(|one| one.sometimes).collect();
    assert_eq!(arrays, [true, false]);
    assert_eq!(
        ["A=", "B=", "C=", "D=", "E="].map(flags),
        [(true, true), (true, false), (true, false), (false, false), (true, false)]
    );
}

#[test]
fn nothing_takes_more_than_its_length() {
    let pieces = [
        "$(",
        "${a:-",
        "`",
        "\"$(",
        "((",
        "<<A ",
        "<<A <<B;",
        "'",
        "\"",
        "\\",
        "$((",
        "(",
        ")",
        "A=(",
        "[[ ",
        "case ",
        "{",
        "a;",
        "\n",
        "${",
        "$'",
        "x ",
        "#",
        "a=${b:-c}",
        "<(",
        "a <<E\n",
        "then ",
        "$(( )) ",
        "é",
    ];
    for piece in pieces {
        let shell = all(&piece.repeat(100_000));
        assert!(shell.cut.is_none_or(|at| at > 0), "{piece}");
    }
    assert!(all(&"$(".repeat(1_000)).cut.is_some());
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(parts in proptest::collection::vec(prop::sample::select(vec![
        "a", " ", "\n", "'", "\"", "\\", "$", "(", ")", "{", "}", "`", "<<E", "E\n", "#", ";", "&", "|", "=", "A=(", "[[", "]]",
        "${x:-", "<", ">", "\r\n", "é", "\u{1}", "case x in ", "esac", "--a)", "$'", "((", "))", "\t", "<<-", "if ", "fi",
    ]), 0..60)) {
        let text = parts.concat();
        let shell = all(&text);
        for one in &shell.commands {
            for raw in &one.words {
                prop_assert!(text.get(raw.word.region.range()).is_some());
                prop_assert!(raw.inner.is_none_or(|inner| text.get(inner.range()).is_some()));
            }
            prop_assert!(text.get(one.statement.range()).is_some());
        }
        for comment in &shell.comments {
            prop_assert_eq!(&text[comment.region.range()], comment.text.as_str());
        }
    }
}
