//! Files built from keys and tensors.

use proptest::prelude::*;

use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat()
}

fn entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [&text(key)[..], &kind.to_le_bytes(), value].concat()
}

fn tensor(name: &str, shape: &[u64], kind: u32, offset: u64) -> Vec<u8> {
    let mut bytes = text(name);
    bytes.extend((shape.len() as u32).to_le_bytes());
    shape.iter().for_each(|axis| bytes.extend(axis.to_le_bytes()));
    bytes.extend(kind.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

fn gguf(entries: &[Vec<u8>], tensors: &[Vec<u8>], data: usize) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend((entries.len() as u64).to_le_bytes());
    bytes.extend(entries.concat());
    bytes.extend(tensors.concat());
    if data > 0 {
        bytes.resize(bytes.len().next_multiple_of(32) + data, 0);
    }
    bytes
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.gguf", &Limits::default(), Detail::Inventory)
}

fn kinds(facts: &ArtifactFacts) -> Vec<ObservationKind> {
    let kind = |seen: &Seen| if let Seen::Observation(observation) = seen { Some(observation.kind) } else { None };
    facts.facts.iter().filter_map(|fact| kind(&fact.seen)).collect()
}

const TEMPLATE: &str = "{{ cycler.__init__.__globals__.os.popen('echo loadlint-test').read() }}";

fn plain() -> Vec<u8> {
    let tokens = [&8_u32.to_le_bytes()[..], &2_u64.to_le_bytes(), &text("a"), &text("__import__(")].concat();
    let entries = [
        entry("general.architecture", 8, &text("llama")),
        entry("general.alignment", 4, &32_u32.to_le_bytes()),
        entry("tokenizer.ggml.tokens", 9, &tokens),
        entry("tokenizer.chat_template", 8, &text("{% for m in messages %}{{ m['content'] }}{% endfor %}")),
    ];
    gguf(&entries, &[tensor("a", &[8], 0, 0), tensor("b", &[32, 2], 2, 32)], 68)
}

#[test]
fn a_plain_file_is_quiet_and_its_tensors_are_listed() {
    let facts = read(plain());
    assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{facts:?}");
    let listed: Vec<_> = facts.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.dtype.as_str())).collect();
    assert_eq!(listed, [("a", "F32"), ("b", "Q4_0")]);
}

#[test]
fn other_versions_and_byte_orders() {
    let mut first = b"GGUF\x01\0\0\0\0\0\0\0\x01\0\0\0".to_vec();
    first.extend(b"\x01\0\0\0k\x08\0\0\0\x02\0\0\0ab");
    let big = b"GGUF\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for bytes in [first, big] {
        let facts = read(bytes);
        assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{facts:?}");
    }
    assert_eq!(
        kinds(&read(b"GGUF\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec())),
        [ObservationKind::InvalidHeader]
    );
}

/// CVE-2024-34359.
#[test]
fn templates_are_judged_under_every_key() {
    for key in ["tokenizer.chat_template", "tokenizer.chat_template.tool_use", "anything"] {
        let facts = read(gguf(&[entry(key, 8, &text(TEMPLATE))], &[], 0));
        assert!(kinds(&facts).contains(&ObservationKind::TemplateInjection), "{key}: {facts:?}");
    }
    let array = [&8_u32.to_le_bytes()[..], &1_u64.to_le_bytes(), &text(TEMPLATE)].concat();
    let facts = read(gguf(&[entry("tokenizer.chat_templates", 9, &array)], &[], 0));
    assert!(kinds(&facts).contains(&ObservationKind::TemplateInjection), "{facts:?}");
}

/// CVE-2024-25664 to CVE-2024-25668: counts and lengths that overflow.
#[test]
fn numbers_that_no_reader_should_believe() {
    let huge = u64::MAX.to_le_bytes();
    let mut many = gguf(&[], &[], 0);
    many[8..16].copy_from_slice(&huge);
    let long = gguf(&[entry("a", 8, &huge)], &[], 0);
    let items = gguf(&[entry("a", 9, &[&0_u32.to_le_bytes()[..], &huge].concat())], &[], 0);
    let axes = gguf(&[], &[tensor("a", &[1, 1, 1, 1, 1], 0, 0)], 64);
    let count = gguf(&[], &[tensor("a", &[1 << 40, 1 << 40], 0, 0)], 64);
    let outside = gguf(&[], &[tensor("a", &[8], 0, 1 << 40)], 64);
    let overlap = gguf(&[], &[tensor("a", &[16], 0, 0), tensor("b", &[8], 0, 32)], 64);
    let crooked = gguf(&[], &[tensor("a", &[8], 0, 4)], 64);
    let alignment = gguf(&[entry("general.alignment", 4, &[0; 4])], &[], 0);
    let twice = gguf(&[entry("a", 7, &[1]), entry("a", 7, &[0])], &[], 0);
    let unknown = gguf(&[entry("a", 77, &[1])], &[], 0);
    for (index, bytes) in
        [many, long, items, axes, count, outside, overlap, crooked, alignment, twice, unknown].into_iter().enumerate()
    {
        assert_eq!(kinds(&read(bytes)), [ObservationKind::InvalidHeader], "{index}");
    }
}

#[test]
fn what_is_cut_off_or_put_behind_is_told() {
    let whole = plain();
    let cut = read(whole[..60].to_vec());
    assert!(!cut.gaps.is_empty() || !cut.facts.is_empty(), "{cut:?}");
    let behind = read([whole, vec![1; 100]].concat());
    assert_eq!(kinds(&behind), [ObservationKind::TrailingBytes]);
}

/// CVE-2024-34359: a second template that the count of entries leaves out.
#[test]
fn a_template_behind_all_that_counts_is_looked_at() {
    let hidden = entry("tokenizer.chat_template", 8, &text(TEMPLATE));
    let facts = read([gguf(&[entry("general.architecture", 8, &text("llama"))], &[], 0), hidden].concat());
    assert!(kinds(&facts).contains(&ObservationKind::TemplateInjection), "{facts:?}");
}

#[test]
fn what_lies_behind_tensors_of_unknown_types_is_told() {
    let last = gguf(&[], &[tensor("a", &[32], 0, 0), tensor("b", &[32], 64, 128)], 256);
    assert_eq!(read(last).gaps.len(), 1);
    // Where another begins, it has ended.
    let first = gguf(&[], &[tensor("a", &[32], 64, 0), tensor("b", &[32], 0, 128)], 256);
    assert_eq!(read(first.clone()).gaps.len(), 0);
    let call = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";
    let behind = read([&first[..], &call[..]].concat());
    assert!(behind.facts.iter().any(|fact| matches!(fact.seen, Seen::Call(_))), "{behind:?}");
}

proptest! {
    #[test]
    fn damaged_files_are_read_to_an_end(
        changes in prop::collection::vec((4_usize..400, any::<u8>()), 1..6), end in 10_usize..500
    ) {
        let mut bytes = plain();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}

#[test]
fn texts_are_utf_8() {
    let value = [&3_u64.to_le_bytes()[..], b"a\xFFb"].concat();
    let facts = read(gguf(&[entry("general.name", 8, &value)], &[], 0));
    assert_eq!(
        facts.gaps.iter().map(|gap| gap.message.as_str()).collect::<Vec<_>>(),
        ["the text `general.name` is not UTF-8"]
    );
}
