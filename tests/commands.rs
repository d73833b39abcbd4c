//! Exit codes, inputs and streams of the commands.

use std::process::Stdio;

use crate::support::{Place, SAFE, UNSAFE, ran};

const JSON: [&str; 2] = ["--output-format", "json"];

#[test]
fn exit_codes_are_clean_findings_failed() {
    let place = Place::new(&[("bad.py", UNSAFE), ("good.py", SAFE), ("broken.py", "x = (\n")]);
    assert_eq!(place.run(&["check", "good.py"]).code, 0);
    assert_eq!(place.run(&["check", "bad.py"]).code, 1);
    assert_eq!(place.run(&["check", "good.py", "broken.py"]).code, 2);
    assert_eq!(place.run(&["check", "bad.py", "broken.py"]).code, 2, "2 wins over 1");
    assert_eq!(place.run(&["check", "--exit-zero", "."]).code, 0);
    assert_eq!(place.run(&["check", "--exit-zero", "--select", "XX"]).code, 2, "the run cannot start");
    assert_eq!(place.run(&["check", "--no-such-option"]).code, 2);
    assert_eq!(place.run(&["--version"]).code, 0);
    assert_eq!(place.run(&["--help"]).code, 0);
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    let place = Place::new(&[("bad.py", UNSAFE)]);
    for format in ["full", "concise", "json"] {
        assert_eq!(place.run(&["check", "--format", format]).code, 1);
    }
    assert_eq!(place.run(&["check", "--statistics"]).code, 1);
}

#[test]
fn a_missing_path_is_told_and_the_others_are_checked() {
    let place = Place::new(&[("bad.py", UNSAFE)]);
    let ran = place.run(&["check", "no.py", "bad.py", "--output-format", "concise"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("no.py: notice[LL901] cannot be read: there is no such file or folder\n"), "{ran:?}");
    assert!(ran.out.contains("bad.py:2:5: "), "{ran:?}");
}

#[test]
fn a_folder_with_nothing_to_check_is_a_warning() {
    let place = Place::new(&[("sub/readme.txt", "")]);
    let ran = place.run(&["check", "sub"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "warning: nothing to check under sub\n"));
    assert_eq!(ran.out, "No files to check.\n");
}

#[test]
fn a_file_named_twice_is_checked_once() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    assert_eq!(place.run(&["check", "a.py", "./a.py", ".", JSON[0], JSON[1]]).found_in(), ["a.py"]);
}

#[test]
fn ignored_and_excluded_files_are_left_out_unless_named() {
    let place = Place::new(&[
        (".git/HEAD", ""),
        (".gitignore", "gen/\n"),
        ("gen/a.py", UNSAFE),
        ("venv/b.py", UNSAFE),
        (".hidden/c.py", UNSAFE),
    ]);
    assert_eq!(place.run(&["check", JSON[0], JSON[1]]).found_in(), [".hidden/c.py"]);
    assert_eq!(place.run(&["check", "gen/a.py", "venv/b.py", JSON[0], JSON[1]]).found_in().len(), 2);
    let forced = place.run(&["check", "--force-exclude", "gen/a.py", "venv/b.py", JSON[0], JSON[1]]);
    assert_eq!(forced.found_in(), ["gen/a.py"]);
    let all = place.run(&["check", "--no-respect-gitignore", "--exclude", "none", JSON[0], JSON[1]]);
    assert_eq!(all.found_in(), [".hidden/c.py", "gen/a.py", "venv/b.py"]);
    let files = place.run(&["check", "--show-files", "--extend-exclude", ".hidden"]);
    assert_eq!((files.code, files.out.as_str()), (0, ""));
}

#[test]
fn a_magic_that_sets_a_variable_of_the_environment_is_told() {
    let notebook = |line: &str| {
        let cell = serde_json::json!({"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,
            "source": [line]});
        serde_json::json!({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string()
    };
    let on = ["%env TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1", "%set_env  TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD 1"];
    let off = ["%env TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=0", "%env TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "%env OTHER=1"];
    for (lines, code) in [(&on[..], 1), (&off[..], 0)] {
        for line in lines {
            let place = Place::new(&[("n.ipynb", &notebook(line))]);
            let ran = place.run(&["check", "n.ipynb", "--output-format", "concise"]);
            assert_eq!(
                (ran.code, ran.out.contains("n.ipynb:cell 1:1:1: error[LL105]")),
                (code, code == 1),
                "{line}: {ran:?}"
            );
        }
    }
}

#[test]
fn scripts_without_extension_and_notebooks_are_checked() {
    let notebook = r#"{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,
        "source": ["import pickle\n", "pickle.load(open('a', 'rb'))"]}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let script = format!("#!/usr/bin/env python3\n{UNSAFE}");
    let place = Place::new(&[("tool", &script), ("other", "#!/bin/sh\n"), ("n.ipynb", notebook)]);
    let files = place.run(&["check", "--show-files"]);
    assert_eq!(files.out, "n.ipynb\nother\ntool\n", "`other` is a script of a shell");
    assert!(place.run(&["check", JSON[0], JSON[1]]).found_in().contains(&"tool".to_owned()));
}

#[test]
fn standard_input_is_read_and_named() {
    let place = Place::new(&[]);
    let named = place.run_with_input(&["check", "-", "--stdin-filename", "src/x.py"], UNSAFE.as_bytes());
    assert_eq!(named.code, 1);
    assert!(named.out.contains("src/x.py:2:5"), "{named:?}");
    let implied = place.run_with_input(&["check", "--stdin-filename", "x.py"], SAFE.as_bytes());
    assert_eq!((implied.code, implied.out.as_str()), (0, "1 file clean.\n"));
    assert!(place.run_with_input(&["check", "-"], UNSAFE.as_bytes()).out.contains("<stdin>:2:5"));
    let excluded =
        place.run_with_input(&["check", "--force-exclude", "--stdin-filename", "venv/x.py"], UNSAFE.as_bytes());
    assert_eq!(excluded.code, 0);
    assert_eq!(place.run(&["check", "-", "a.py"]).code, 2);
}

#[test]
fn standard_input_has_a_ceiling() {
    let place = Place::new(&[]);
    let ran = place.run_with_input(&["check", "-", "--config", "limits.max-source-bytes = 10"], UNSAFE.as_bytes());
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("notice[LL905] not analysed: it has too many bytes, more than max-source-bytes = 10"));
}

#[test]
fn an_output_file_is_written_whole_and_without_colours() {
    let place = Place::new(&[("bad.py", UNSAFE)]);
    let arguments = ["check", "--output-file", "report.txt", "bad.py"];
    let ran = ran(place.command(&arguments).env("FORCE_COLOR", "1").output().expect("the binary runs"));
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let report = std::fs::read_to_string(place.path().join("report.txt")).expect("written");
    assert!(report.contains("LL110") && !report.contains('\x1b'));
    let nowhere = place.run(&["check", "--output-file", "no/report.txt", "bad.py"]);
    assert!(nowhere.code == 2 && nowhere.err.starts_with("error: cannot write no/report.txt: "), "{nowhere:?}");
}

#[test]
fn colours_follow_the_option_then_the_environment() {
    let place = Place::new(&[("bad.py", UNSAFE)]);
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = place.command(&[&["check"], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().expect("the binary runs");
        ran(output).out.contains('\x1b')
    };
    assert!(!coloured(&[], &[]), "a pipe gets none");
    assert!(coloured(&[], &["--color", "always"]));
    assert!(coloured(&[("FORCE_COLOR", "1")], &[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!coloured(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[]));
    assert!(coloured(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!coloured(&[("FORCE_COLOR", "1")], &["--color", "never"]));
}

#[test]
fn quiet_leaves_findings_only() {
    let place = Place::new(&[("bad.py", UNSAFE), ("empty/a.txt", "")]);
    let ran = place.run(&["check", "-q", "--output-format", "concise", "bad.py", "empty"]);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let many: String = std::iter::once("import pickle\n".to_owned())
        .chain((0..500).map(|n| format!("x{n} = pickle.load(open('a', 'rb'))\n")))
        .collect();
    let place = Place::new(&[("bad.py", &many)]);
    let mut child = place.command(&["check"]).stdout(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().expect("the binary ends"));
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
}

#[test]
fn the_report_does_not_depend_on_the_number_of_threads() {
    let files: Vec<_> = (0..60).map(|n| (format!("d{}/f{n}.py", n % 7), UNSAFE.repeat(n % 5 + 1))).collect();
    let place = Place::new(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let run = |threads| place.run(&["check", "--threads", threads, JSON[0], JSON[1]]);
    let one = run("1");
    assert!(one.found_in().len() >= 60);
    for threads in ["2", "8", "0"] {
        assert_eq!(run(threads), one);
    }
}

#[test]
fn a_rule_is_explained_by_any_of_its_names() {
    let place = Place::new(&[]);
    for name in ["LL101", "ll101", "torch-load-unpickles", "B614"] {
        assert!(place.run(&["rule", name]).out.starts_with("LL101 torch-load-unpickles ("));
    }
    let unknown = place.run(&["rule", "torch-load-unpickle"]);
    assert_eq!(unknown.code, 2);
    assert_eq!(
        unknown.err,
        "error: unknown rule `torch-load-unpickle`\n  = help: did you mean `torch-load-unpickles`?\n"
    );
    let all: serde_json::Value = place.run(&["rule", "--all", JSON[0], JSON[1]]).json();
    assert_eq!(all[0]["id"], "LL101");
    assert_eq!(place.run(&["rule"]).code, 2);
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::ffi::OsStr;
    use std::io::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    #[test]
    fn a_pipe_is_told_and_nothing_waits() {
        let place = Place::new(&[("a.py", SAFE)]);
        let made = Command::new("mkfifo").arg(place.path().join("p.py")).status().expect("mkfifo is there");
        assert!(made.success());
        for arguments in [&["check", "p.py"][..], &["check", "."]] {
            let ran = place.run(arguments);
            assert_eq!(ran.code, 2);
            assert!(ran.out.contains("p.py: notice[LL901] cannot be read: it is not a regular file but a pipe"));
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_told_when_named() {
        let place = Place::new(&[("a.py", SAFE)]);
        symlink("loop.py", place.path().join("loop.py")).expect("links can be made");
        symlink("no.py", place.path().join("broken.py")).expect("links can be made");
        symlink(".", place.path().join("circle")).expect("links can be made");
        assert_eq!(place.run(&["check"]).out, "1 file clean.\n");
        let named = place.run(&["check", "loop.py", "broken.py"]);
        assert_eq!(named.code, 2);
        assert!(named.out.contains("loop.py: notice[LL901] cannot be read: the symbolic link leads to itself"));
        assert!(named.out.contains("broken.py: notice[LL901] cannot be read: the symbolic link points to nothing"));
    }

    #[test]
    fn what_may_not_be_read_is_told() {
        let place = Place::new(&[("closed.py", SAFE), ("shut/a.py", SAFE), ("open.py", SAFE)]);
        let mode = |name: &str, mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(place.path().join(name), permissions).expect("ours");
        };
        mode("closed.py", 0);
        mode("shut", 0);
        if std::fs::read(place.path().join("closed.py")).is_ok() {
            // Root reads everything, so nothing can be closed to it.
            let text = "SKIPPED what_may_not_be_read_is_told: this user reads files of mode 000";
            writeln!(std::io::stderr(), "{text}").expect("standard error is open");
            mode("shut", 0o700);
            return;
        }
        let ran = place.run(&["check", ".", "--output-format", "concise"]);
        mode("shut", 0o700);
        assert_eq!(ran.code, 2);
        assert!(ran.out.contains("closed.py: notice[LL901] cannot be read: permission denied"), "{ran:?}");
        assert!(ran.out.contains("shut: notice[LL901] cannot be read: permission denied"), "{ran:?}");
    }

    #[test]
    fn a_name_that_is_no_utf8_is_found_read_and_shown() {
        let place = Place::new(&[]);
        place.write(OsStr::from_bytes(b"caf\xe9.py"), UNSAFE.as_bytes());
        let ran = place.run(&["check", "--output-format", "concise"]);
        assert_eq!(ran.code, 1);
        assert!(ran.out.starts_with("caf\u{FFFD}.py:2:5: "), "{ran:?}");
    }

    #[test]
    fn a_name_does_not_steer_the_terminal() {
        let place = Place::new(&[("a\x1b]0;x\x07\n.py", UNSAFE)]);
        for format in ["full", "concise"] {
            let ran = place.run(&["check", "--output-format", format]);
            assert!(ran.out.contains("a␛]0;x␇␊.py:2:5") && !ran.out.contains('\x1b'), "{ran:?}");
        }
        assert_eq!(place.run(&["check", "--show-files"]).out, "a␛]0;x␇␊.py\n");
    }
}

const COMMANDS: [&str; 10] =
    ["check", "scan", "inspect", "manifest", "threats", "rule", "config", "server", "completions", "man"];

#[test]
fn completions_of_every_shell_know_the_commands_and_their_options() {
    let place = Place::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = place.run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for word in COMMANDS.iter().chain(&["unsafe-fixes", "stdin-filename", "sarif"]) {
            assert!(ran.out.contains(word), "{shell} has no {word}");
        }
    }
    // Each shell that is here reads its own.
    for (shell, arguments) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])] {
        let file = format!("completions.{shell}");
        place.write(&file, place.run(&["completions", shell]).out.as_bytes());
        let read = std::process::Command::new(shell).args(arguments).arg(place.path().join(&file)).output();
        if let Ok(read) = read {
            assert!(read.status.success(), "{shell}: {}", String::from_utf8_lossy(&read.stderr));
        }
    }
    assert_eq!(place.run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let place = Place::new(&[]);
    let own = place.run(&["man"]);
    assert!(own.out.contains(".TH loadlint 1") && own.out.contains("loadlint\\-check(1)"), "{}", own.out);
    for command in COMMANDS {
        let page = place.run(&["man", command]).out;
        assert!(page.contains(&format!(".TH loadlint-{command} 1")), "{page}");
        let is_server = command == "server";
        assert!(
            is_server || page.contains(".SH \"EXAMPLES\"\n.nf\n\\&  loadlint "),
            "{command} has no examples: {page}"
        );
        assert!(!page.contains("help(1)"), "{command}: the page of help is none");
    }
    let below = place.run(&["man", "threats", "add"]).out;
    assert!(below.starts_with(".TH loadlint-threats-add 1 ") && below.contains("\\-\\-status accepted"), "{below}");
    for wrong in [["threats", "rm"], ["check", "add"]] {
        assert_eq!(place.run(&["man", wrong[0], wrong[1]]).code, 2);
    }
    let wrong = place.run(&["man", "chekc"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("there is no command `chekc`; there are check, scan,"), "{}", wrong.err);
}

#[test]
fn the_help_of_each_command_has_examples_and_a_sentence_for_each_option() {
    let place = Place::new(&[]);
    let below = [&["manifest", "create"][..], &["manifest", "verify"], &["manifest", "sign"], &["threats", "add"]];
    let commands = COMMANDS.iter().map(std::slice::from_ref).chain(below);
    for command in commands.filter(|command| *command != ["server"]) {
        let help = place.run(&[command, &["--help"]].concat()).out;
        let command = command.join(" ");
        let examples = help.split_once("Examples:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or(rest));
        let examples: Vec<_> = examples.into_iter().flat_map(str::lines).collect();
        assert!(!examples.is_empty(), "{command}: {help}");
        for line in examples {
            // None is so long that it is wrapped: it is to be copied.
            let starts = ["loadlint ", "curl ", "git ", "openssl ", "model_signing "];
            assert!(starts.iter().any(|start| line.trim_start().starts_with(start)), "{command}: {line}");
        }
        let bare = help.lines().find(|line| line.trim_start().starts_with("--") && line.trim().split("  ").count() < 2);
        let next = bare.and_then(|line| help.split(line).nth(1)).and_then(|rest| rest.lines().nth(1));
        assert!(bare.is_none() || next.is_some_and(|next| !next.trim_start().starts_with('-')), "{command}: {bare:?}");
    }
}
