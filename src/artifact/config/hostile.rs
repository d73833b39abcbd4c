//! Configurations that are made to cost much, or to hide what they hold from us and not from their loaders.

use crate::artifact::{Detail, examine};
use crate::bytes::Window;
use crate::fact::artifact::{ArtifactFacts, CodeReference, GapKind, ObservationKind, Seen};
use crate::limits::Limits;

fn look(name: &str, text: &str) -> ArtifactFacts {
    let content = Window::from(text.as_bytes().to_vec());
    examine(&content, name, &Limits::default(), Detail::Findings)
}

fn references(found: &ArtifactFacts) -> Vec<&CodeReference> {
    fn reference(seen: &Seen) -> Option<&CodeReference> {
        match seen {
            Seen::Reference(reference) => Some(reference),
            _ => None,
        }
    }
    found.facts.iter().filter_map(|fact| reference(&fact.seen)).collect()
}

fn names(name: &str, text: &str) -> Vec<String> {
    references(&look(name, text)).iter().map(|reference| reference.name.clone()).collect()
}

fn kinds(name: &str, text: &str) -> Vec<ObservationKind> {
    let kind = |seen: &Seen| match seen {
        Seen::Observation(observation) => Some(observation.kind),
        _ => None,
    };
    look(name, text).facts.iter().filter_map(|fact| kind(&fact.seen)).collect()
}

fn gaps(name: &str, text: &str) -> Vec<GapKind> {
    look(name, text).gaps.iter().map(|gap| gap.kind).collect()
}

fn repeated(part: &str, times: usize) -> String {
    vec![part; times].join(",")
}

/// `text` inside of `depth` objects with this key.
fn nested(key: &str, depth: usize, text: &str) -> String {
    format!("{}{text}{}", format!("{{\"{key}\":").repeat(depth), "}".repeat(depth))
}

#[test]
fn a_target_that_stands_many_times_is_told_with_what_it_calls_for_the_last_ones() {
    let times = 60_000;
    let text = format!("{{{},\"_args_\":[1],\"a\":2}}", repeated(r#""_target_":"a.b""#, times));
    let found = look("a.json", &text);
    let references = references(&found);
    assert_eq!(references.len(), times);
    assert!(references[0].arguments.is_empty());
    assert_eq!(references[times - 1].arguments.len(), 2);
}

#[test]
fn keys_that_others_complete_are_followed_once_an_object() {
    for (many, others) in
        [(r#""__kind__":1"#, r#""class":"os.system""#), (r#""type":"pyref""#, r#""module":"os","name":"system""#)]
    {
        let text = format!("{{{},{others}}}", repeated(many, 30_000));
        assert_eq!(names("a.json", &text), ["os.system"]);
    }
    for many in [r#""types":1"#, r#""module":1"#, r#""init_parameters":1"#, r#""megatron_core":1"#] {
        let text = format!("{{{}}}", repeated(many, 60_000));
        assert_eq!(names("a.json", &text), [""; 0]);
    }
    let long = format!("\"value\":\"{}\"", "x".repeat(20));
    let text = format!("{{\"_target_\":\"a.b\",{}}}", repeated(&long, 60_000));
    assert_eq!(names("a.json", &text), ["a.b"]);
}

#[test]
fn settings_that_stand_for_others_are_looked_up_in_large_documents() {
    let entries: Vec<_> = (0..40_000).map(|index| format!(r#""k{index}":{{"_target_":"${{zz}}"}}"#)).collect();
    let text = format!("{{{},\"zz\":\"os.system\"}}", entries.join(","));
    let found = names("a.json", &text);
    assert_eq!((found.len(), &*found[0]), (40_000, "os.system"));
}

#[test]
fn settings_that_repeat_too_much_are_told() {
    let large = format!("[{}]", repeated(&format!("[{}]", repeated("1", 32)), 32));
    let calls = |times| repeated(r#"{"_target_":"a.b","c":"${large}"}"#, times);
    let text = |times| format!("{{\"large\":{large},\"d\":[{}]}}", calls(times));
    assert_eq!(gaps("a.json", &text(10)), []);
    assert_eq!(gaps("a.json", &text(200)), [GapKind::Limit]);
    // No name is as long, so none is made.
    let text = format!("a: {}\nb: [{}]\n", "x".repeat(5_000), repeated("{_target_: '${a}'}", 3));
    assert_eq!(names("a.yaml", &text), ["${a}"; 3]);
}

#[test]
fn texts_that_aliases_repeat_count_by_their_length() {
    let text = format!("- &a \"_target_ {}\"\n- [{}]\n", "x".repeat(100_000), repeated("*a", 1_000));
    assert_eq!(gaps("a.yaml", &text), [GapKind::Limit]);
    let text = format!("- &a \"_target_ {}\"\n- [{}]\n", "x".repeat(1_000), repeated("*a", 50));
    assert_eq!(gaps("a.yaml", &text), []);
}

#[test]
fn keys_inside_of_their_own_kind_are_collected_once() {
    let count = |key: &str, value: &str| look("a.json", &nested(key, 3, value)).facts.len();
    for (key, value) in [
        ("auto_map", r#"["a.b"]"#),
        ("auto_map", r#"["a/b--c.d"]"#),
        ("custom_pipelines", r#"{"impl":{"impl":"a.b"}}"#),
        ("custom_imports", r#"["evil"]"#),
        ("_base_", r#"["a.py"]"#),
        ("attn_implementation", r#"["owner/kernel"]"#),
        ("chat_template", r#"["{{ x.__globals__ }}"]"#),
    ] {
        assert_eq!(count(key, value), 1, "{key}");
    }
    let texts = format!("[{}]", repeated("\"a.b\"", 20_000));
    for key in ["auto_map", "chat_template", "custom_imports"] {
        assert!(look("a.json", &nested(key, 480, &texts)).gaps.is_empty());
    }
    let text = nested("custom_pipelines", 240, &nested("impl", 240, &texts));
    assert_eq!(kinds("a.json", &text), [ObservationKind::AutoMap]);
}

#[test]
fn only_some_downloads_of_one_text_are_read() {
    let text: String = (0..40).map(|index| format!("--- {{names: a, train: b, download: \"f({index})\"}}\n")).collect();
    let found = look("data.yaml", &text);
    assert_eq!((found.facts.len(), found.gaps.len()), (16, 1), "{:?}", found.gaps);
    assert_eq!(found.gaps[0].kind, GapKind::Limit);
}

#[test]
fn words_behind_the_longest_text_are_looked_for() {
    let limits = Limits { max_text_bytes: 1_000, ..Limits::default() };
    let gaps = |name: &str, bytes: &[u8]| {
        let content = Window::from(bytes.to_vec());
        examine(&content, name, &limits, Detail::Findings).gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>()
    };
    let words = "# words\n".repeat(200);
    // The last ones stand across the places where reading stops.
    for before in [2_000, 1 << 20, (1 << 20) + 990, (1 << 20) + 930] {
        let text = format!("{}\n_target_: os.system\n", "#".repeat(before));
        assert_eq!(gaps("a.yaml", text.as_bytes()), [GapKind::Limit], "{before}");
    }
    assert_eq!(gaps("a.yaml", words.as_bytes()), []);
    let wide: Vec<u8> = words.bytes().flat_map(|byte| [byte, 0]).collect();
    assert_eq!(gaps("a.yaml", &wide), [GapKind::Limit]);
}

#[test]
fn what_was_not_read_is_told_by_its_words() {
    let behind = |rest: &str| gaps("a.yaml", &format!("{}{rest}\n", "- words\n".repeat(140_000)));
    for rest in [
        "- !<tag:yaml.org,2002:python/object/apply:os.system> [echo loadlint-test]",
        "- !new:os.system [echo loadlint-test]",
        "- !n%65w:os.system [echo loadlint-test]",
        "- {\"\\x5ftarget_\": os.system}",
        "- \"_tar\\\n  get_\": os.system",
        "- trust-remote-code: true",
        "- target: os.system\n  params: {}",
    ] {
        assert_eq!(behind(rest), [GapKind::Limit], "{rest}");
    }
    let honest =
        "- target: es5\n  params: {load: a}\n- \"\\u00e9\\x1F a\\\n  \\ b\"\n- run: a \\\n    b\n- 100%!\n- py/\n";
    assert_eq!(behind(honest), []);
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    for rest in [r#""__kind__": "instance", "class": "os.system""#, r#""b": {"py/object": "os.system"}"#] {
        assert_eq!(gaps("a.json", &format!("{{\"a\": {deep}, {rest}}}")), [GapKind::Limit], "{rest}");
    }
    assert_eq!(gaps("a.json", &format!("{{\"a\": {deep}, \"target\": \"load\"}}")), []);
}

#[test]
fn settings_under_other_names_are_known_by_what_stands_far_behind() {
    let behind =
        |first: &str, line: &str, rest: &str| names("run.cfg", &format!("{first}{}{rest}", line.repeat(1_000)));
    let yaml = "\nhook:\n  _target_: os.system\n";
    for first in ["# settings\n---\nlr: 1\n", "- 1\n", "lr:\n"] {
        assert_eq!(behind(first, "# words\n", yaml), ["os.system"], "{first}");
    }
    assert_eq!(behind("{\"a\": [", "1, ", "1], \"b\": {\"_target_\": \"os.system\"}}"), ["os.system"]);
    let wide: Vec<u8> =
        "\u{FEFF}hook: !!python/object/apply:os.system [x]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = examine(&wide.into(), "run.cfg", &Limits::default(), Detail::Findings);
    assert_eq!(references(&found).iter().map(|one| &*one.name).collect::<Vec<_>>(), ["os.system"]);
    let limits = Limits { max_text_bytes: 10_000, ..Limits::default() };
    let far = |words: &str| {
        let text = format!("lr: 1\n{}{words}", "# words\n".repeat(4_000));
        examine(&text.into_bytes().into(), "run.cfg", &limits, Detail::Findings).gaps.len()
    };
    assert_eq!((far("_target_: os.system\n"), far("more words\n")), (1, 0));
    // A text that speaks of it.
    for first in ["How to run it: with care\n", "Words\n"] {
        assert_eq!(behind(first, "and words\n", yaml), [""; 0], "{first}");
    }
}

#[test]
fn what_only_some_readers_of_yaml_take_hides_nothing() {
    for before in ["a: [\n1\n]\n", "k: {\n}\n", "k:\n|\n  t\n", "k:\n>-\n  t\n", "!] a: 1\n"] {
        let text = format!("{before}b: !!python/object/apply:os.system [echo loadlint-test]\n");
        let found = look("a.yaml", &text);
        let names: Vec<_> = references(&found).iter().map(|reference| &*reference.name).collect();
        assert_eq!((names, found.gaps.len()), (vec!["os.system"], 1), "{text}");
        assert_eq!(gaps("a.yaml", &format!("{before}target: load\n")), [], "{before}");
    }
}

#[test]
fn the_ends_of_lines_of_older_yaml_hide_nothing() {
    for end in ['\u{85}', '\u{2028}', '\u{2029}'] {
        let text = format!("# words{end}a: !!python/object/apply:os.system [echo loadlint-test]\n");
        assert_eq!(names("a.yaml", &text), ["os.system"], "{end:?}");
        let text = format!("a: 'one{end}two'\nb: {{_target_: a.b}}\n");
        assert!(names("a.yaml", &text).iter().all(|name| name == "a.b") && gaps("a.yaml", &text).is_empty());
    }
}

#[test]
fn other_spellings_are_read() {
    for text in [
        "- !<tag:yaml%2Eorg,2002:%70ython/object/apply:os.system> [echo loadlint-test]\n",
        "- !n%65w:os.system [echo loadlint-test]\n",
        "a: {\"\\U0000005ftarget_\": os.system}\n",
        "a:\n  ? \"_tar\\\n   get_\"\n  : os.system\n",
        "a:\n  ? \"_tar\\\n   \\\n  get_\"\n  : os.system\n",
    ] {
        assert_eq!(names("a.yaml", text), ["os.system"], "{text}");
    }
    assert_eq!(kinds("a.yaml", "safe-serialization: false\n"), [ObservationKind::PickleSetting]);
    assert_eq!(kinds("a.yaml", "confirm-run-unsafe-code: true\n"), [ObservationKind::TrustRemoteCode]);
    let made = r#"{"prompt": "{{ x|attr('__glo'~'bals__') }}"}"#;
    assert_eq!(kinds("prompts.json", made), [ObservationKind::TemplateInjection]);
    assert_eq!(kinds("prompts.json", r#"{"prompt": "{{ x }} and {% if y %}"}"#), []);
}

#[test]
fn texts_of_protocol_buffers_may_be_in_parts() {
    for value in
        [r#""py" "thon""#, "\"py\" # a comment\n 'thon'", r#""\160\x79\u0074h\U0000006fn""#, "\"py\"\"\"\"thon\""]
    {
        assert_eq!(kinds("config.pbtxt", &format!("backend: {value}\nname: \"m\"")), [ObservationKind::PythonSource]);
    }
    for value in [r#""py" name: "thon""#, r#""pyth\\on""#, r#""py"#] {
        assert_eq!(kinds("config.pbtxt", &format!("backend: {value}")), [], "{value}");
    }
}
