use proptest::prelude::*;

use super::*;
use crate::fact::artifact::CommandShape;
use crate::fact::{Atom, CommandRole};

const KINDS: [ScriptKind; 6] = [
    ScriptKind::Dockerfile,
    ScriptKind::Shell,
    ScriptKind::Variables,
    ScriptKind::Makefile,
    ScriptKind::Justfile,
    ScriptKind::Toml,
];

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new(&[]);
    vocabulary.add_variable("SWITCH");
    vocabulary.add_option("trust-it");
    vocabulary.add_program("hub get");
    vocabulary.add_setting("trust-it");
    vocabulary
}

/// Each fact in words, the text at its place behind `@`.
fn shown(reading: &Reading, text: &str) -> Vec<String> {
    let place = |region: Region| text[region.range()].replace('\n', "\\n");
    let mut all = Vec::new();
    for change in &reading.facts.environment {
        let Atom::Text(value) = &change.value.alternatives[0].atom else { panic!("{change:?}") };
        all.push(format!("{}={value} {:?} @{}", change.variable, change.reach, place(change.region)));
    }
    for command in &reading.facts.commands {
        let words: Vec<_> = command.words.iter().map(|word| word.text.as_str()).collect();
        let role = match &command.role {
            CommandRole::Assigned { name, .. } => format!("{name}="),
            role => format!("{role:?}"),
        };
        all.push(format!("{role} {}", words.join(" ")));
    }
    for setting in &reading.facts.settings {
        all.push(format!("{}: {} @{}", setting.key, setting.value, place(setting.region)));
    }
    all
}

fn seen(kind: ScriptKind, text: &str) -> Vec<String> {
    shown(&read(kind, text, &vocabulary()), text)
}

fn comments(kind: ScriptKind, text: &str) -> Vec<String> {
    let reading = read(kind, text, &vocabulary());
    for comment in &reading.comments {
        assert_eq!(text[comment.region.range()], comment.text);
    }
    reading.comments.into_iter().map(|comment| comment.text).collect()
}

#[test]
fn places_are_those_of_words() {
    assert_eq!(
        seen(ScriptKind::Shell, "é\nA=ü SWITCH=1 run \\\n x\nexport \\\n SWITCH='2'\n"),
        ["SWITCH=1 Command @SWITCH=1", "SWITCH=2 Script @SWITCH='2'"]
    );
    assert_eq!(seen(ScriptKind::Shell, "docker run -e SWITCH=1 i\n"), ["SWITCH=1 Command @SWITCH=1"]);
    assert_eq!(seen(ScriptKind::Toml, "[a]\n'SWITCH' = \"1\"\n"), ["SWITCH=1 File @\"1\""]);
    assert_eq!(seen(ScriptKind::Variables, "export SWITCH = '1'\n"), ["SWITCH=1 File @1"]);
}

#[test]
fn an_instruction_is_read_as_docker_reads_it() {
    let text = "# escape=`\nFROM a\nENV A=1 `\n  # no\n\n  SWITCH=1\nRUN a `\n && SWITCH=2 b\n";
    assert_eq!(seen(ScriptKind::Dockerfile, text), ["SWITCH=1 Image @SWITCH=1", "SWITCH=2 Command @SWITCH=2"]);
    let text = "RUN a <<E\nENV SWITCH=1\nE\nENV SWITCH=2\nRUN <<'E' bash\nSWITCH=3 x\nE\nENV SWITCH=4\n";
    assert_eq!(
        seen(ScriptKind::Dockerfile, text),
        ["SWITCH=2 Image @SWITCH=2", "SWITCH=3 Command @SWITCH=3", "SWITCH=4 Image @SWITCH=4"]
    );
    assert_eq!(
        seen(ScriptKind::Dockerfile, "CMD [\"x\", \"--trust-it\"]\r\nCMD [ -f a ] && x --trust-it\r\n").len(),
        2
    );
    assert_eq!(
        comments(ScriptKind::Dockerfile, "# a\nRUN b # c \\\n  # d\n  e\nRUN <<E\n# f\nE\n  # g\n"),
        ["# a", "# d", "# g"]
    );
}

#[test]
fn recipes_are_shell_and_the_rest_is_not() {
    let text = "A := $(shell hub get x)\nb: c # d\n\t@-hub get $(A) # e\n\techo '# f' \\\n\t# g\nG = a\\#b # h\n";
    assert_eq!(seen(ScriptKind::Makefile, text), ["A= shell hub get x \u{FFFC}", "Run hub get \u{FFFC}"]);
    assert_eq!(comments(ScriptKind::Makefile, text), ["# d", "# e", "# g", "# h"]);
    let text =
        "set shell := ['bash']\na:\n  #!/usr/bin/env python\n  hub get x\nb x=\"#\":\n  hub get {{x}} # c\n# d\n";
    assert_eq!(seen(ScriptKind::Justfile, text), ["Run hub get {{x}}"]);
    assert_eq!(comments(ScriptKind::Justfile, text), ["# c", "# d"]);
}

#[test]
fn lines_of_variables_have_comments_behind_blanks() {
    let text = "# a\nA=b#c # d\nB='# e' # f\nC=\"x\n# g\ny\"\nSWITCH=1 # h\nD=\"\n";
    assert_eq!(comments(ScriptKind::Variables, text), ["# a", "# d", "# f", "# h"]);
    assert_eq!(seen(ScriptKind::Variables, text), ["SWITCH=1 File @1"]);
}

#[test]
fn toml_is_keys_and_values_wherever_they_stand() {
    let text = "a.trust_it = true # b\n[c] # d\nx = '''\n# e\nSWITCH = 1\n''' # f\ny = [ # g\n \"#h\", # i\n]\nz = {trust-it=\"no\"}\n";
    assert_eq!(seen(ScriptKind::Toml, text), ["trust_it: true @true", "trust-it: no @\"no\""]);
    assert_eq!(comments(ScriptKind::Toml, text), ["# b", "# d", "# f", "# g", "# i"]);
    let text = "run = [\"hub get x\", \"y\"]\ncmd = ['a', '--trust-it']\nhelp = 'hub get x'\nb = \"\"\"\n  hub get y \\\n z\"\"\"\n";
    assert_eq!(seen(ScriptKind::Toml, text), ["Run hub get x", "Run a --trust-it", "Run hub get y z"]);
    assert_eq!(seen(ScriptKind::Toml, "no key\n= 1\n\"a\ntrust-it = 1\n"), ["trust-it: 1 @1"]);
}

#[test]
fn commands_of_yaml_stand_where_they_stand() {
    let text = "run: |\n  a\n  hub get x # c\nargs: >-\n  --a\n  --trust-it\nx: 'hub get \"y\"'\n";
    let at = |word: &str, length: usize| {
        let start = text.find(word).expect("in the text") as u32;
        Region::new(start, start + length as u32)
    };
    let one = |part: Region| CommandText { shape: CommandShape::Shell, parts: vec![part], statement: part };
    let commands = [one(at("|\n", 23)), one(at(">-", 21)), one(at("'hub", 13))];
    let reading = read_commands(text, &commands, &vocabulary());
    assert_eq!(shown(&reading, text), ["Run hub get x", "Arguments --a --trust-it", "Run hub get y"]);
    let places: Vec<_> = reading.facts.commands.iter().map(|one| &text[one.words[1].region.range()]).collect();
    assert_eq!(places, ["get", "--trust-it", "get"]);
}

#[test]
fn quotes_of_words_may_be_missing() {
    // A region that ended in a character of two bytes was a panic.
    assert_eq!(seen(ScriptKind::Makefile, "SWITCH=\"]é#"), [""; 0]);
    assert_eq!(seen(ScriptKind::Makefile, "A = \"hub get é"), ["A= hub get é"]);
    let text = "x: [bash, -c, é --trust-it]\n";
    let word = |word: &str| {
        let start = text.find(word).expect("in the text") as u32;
        Region::new(start, start + word.len() as u32)
    };
    let parts = vec![word("bash"), word("-c"), word("é --trust-it")];
    let command = CommandText { shape: CommandShape::Words, statement: word("x: [bash"), parts };
    let reading = read_commands(text, &[command], &vocabulary());
    assert_eq!(shown(&reading, text), ["Run é --trust-it"]);
}

#[test]
fn lines_name_shells() {
    for line in ["#!/bin/sh", "#! /usr/bin/env -S bash -e", "#!/bin/zsh\r"] {
        assert!(is_shell_line(line.as_bytes()), "{line}");
    }
    for line in ["#!/usr/bin/python3", "# sh", "", "#!"] {
        assert!(!is_shell_line(line.as_bytes()), "{line}");
    }
}

#[test]
fn hostile_texts_end() {
    let pieces = [
        "RUN <<A <<B ",
        "RUN a \\\n",
        "[",
        "{",
        "{a=",
        "\"\"\"",
        "a=\"",
        "a='",
        "#",
        "\t$(",
        "ENV A=",
        "CMD [\"a\",",
        "ONBUILD ",
        "HEALTHCHECK --a ",
        "a.b.",
        "x = [\n",
        "\t@",
        "export ",
        "SWITCH=",
        "bash -c '",
        "eval \"",
        "'''",
        "=",
        ",",
        "]",
        "é",
        "a:\n\t",
        "--trust-it ",
        "ssh x \"",
    ];
    for piece in pieces {
        let text = piece.repeat(40_000);
        for kind in KINDS {
            read(kind, &text, &vocabulary());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(parts in proptest::collection::vec(prop::sample::select(vec![
        "RUN ", "ENV ", "CMD ", "[\"", "\"]", "\\\n", "\n", "SWITCH", "=", "1", "'", "\"", "\"\"\"", "'''", "#", " ", "\t", "$", "$$", "(", ")",
        "{", "}", "[", "]", ",", "--trust-it", "hub get ", "<<E", "E\n", "bash -c ", "é", "\r\n", "export ", "`", "a", ".", ":", "| ", "> ", "- ",
        "FROM x\n", "# escape=`\n", "HEALTHCHECK --x CMD ", "ONBUILD ", ";", "case ", "\0", "\u{1}",
    ]), 0..60)) {
        let text = parts.concat();
        for kind in KINDS {
            let reading = read(kind, &text, &vocabulary());
            for comment in &reading.comments {
                prop_assert!(text.get(comment.region.range()) == Some(comment.text.as_str()), "{kind:?} {comment:?}");
            }
            for command in &reading.facts.commands {
                prop_assert!(text.get(command.statement.range()).is_some());
                prop_assert!(command.words.iter().all(|word| text.get(word.region.range()).is_some()));
            }
            prop_assert!(reading.facts.environment.iter().all(|change| text.get(change.region.range()).is_some()));
        }
        let whole = Region::new(0, text.len() as u32);
        for shape in [CommandShape::Shell, CommandShape::Words] {
            read_commands(&text, &[CommandText { shape, parts: vec![whole], statement: whole }], &vocabulary());
        }
    }
}
