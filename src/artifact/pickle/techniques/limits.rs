//! Input that is made to exhaust: it comes to an end, and what was not looked at is told.

use proptest::prelude::*;

use super::*;

#[test]
fn bombs_come_to_an_end() {
    // Nested pairs of which each level is twice as large, then a key that Python would hash for ever.
    let bomb = [&b"\x80\x04)"[..], &b"2\x86".repeat(60), b"}q\x00h\x000", &b"2\x86".repeat(60), b"N\x86R."].concat();
    let nested = [b"\x80\x04".as_slice(), &vec![b']'; 1_000_000], &vec![b'a'; 999_999], b"."].concat();
    let memo = [b"\x80\x04".as_slice(), &b"]\x94h\x00a".repeat(100_000), b"."].concat();
    let wide = [b"\x80\x04(".as_slice(), &vec![b'N'; 1_000_000], b"t."].concat();
    for bytes in [bomb, nested, memo, wide] {
        assert!(seen(&bytes).facts.len() < 100);
    }
}

/// Each stream is found behind each one before it, and there are more paths through forty than can be walked; each is looked
/// at once at each depth at most.
#[test]
fn streams_behind_streams_are_looked_at_once() {
    let streams = [&system()[..], b"\0\0\0"].concat().repeat(40);
    let facts = seen(&streams);
    let told = calls(&facts).matches("os.system").count();
    assert!((8..=40 * 8).contains(&told), "{told}");
    assert!(!facts.gaps.is_empty() && facts.gaps.iter().all(|gap| gap.kind == GapKind::Limit), "deeper ones are not");
}

/// Bytes that are mostly opcodes with the names that the machine sees through.
fn nearly_a_pickle() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "builtins getattr",
        "builtins map",
        "builtins list",
        "builtins bytes",
        "builtins str",
        "builtins slice",
        "operator getitem",
        "operator methodcaller",
        "operator attrgetter",
        "functools partial",
        "functools reduce",
        "_codecs encode",
        "sys modules",
        "os system",
        "importlib import_module",
        "joblib.numpy_pickle NumpyArrayWrapper",
        "numpy dtype",
        "copyreg add_extension",
        "pickle loads",
        "itertools starmap",
        "builtins reversed",
    ];
    let name = prop::sample::select(names.to_vec()).prop_map(|name| {
        let (module, name) = name.split_once(' ').unwrap_or((name, name));
        Pickle::default().global(module, name).0
    });
    let text =
        prop::sample::select(vec!["os", "system", "join", "", "latin1", "__setstate__", "shape", "dtype", "%s{}"]);
    let piece = prop_oneof![
        4 => name,
        3 => text.prop_map(|text| Pickle::default().text(text).0),
        8 => prop::sample::select(b"(((ttll)]}ede0122NRRRRobbssuaa\x81\x85\x86\x87\x88\x8f\x90\x91\x92\x93\x94\x94".to_vec())
            .prop_map(|code| vec![code]),
        3 => (0_u8..6).prop_map(|number| vec![b'h', number]),
        2 => (0_u8..6).prop_map(|number| vec![b'q', number]),
        2 => any::<i32>().prop_map(|number| [&b"J"[..], &number.to_le_bytes()].concat()),
        1 => any::<u64>().prop_map(|number| [&b"\x95"[..], &number.to_le_bytes()].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at_without_harm(bytes in nearly_a_pickle()) {
        let whole = [&b"\x80\x04"[..], &bytes].concat();
        let facts = examine(&whole.clone().into(), "model.pkl", &Limits::default(), Detail::Inventory);
        prop_assert!(!facts.facts.is_empty() || !facts.gaps.is_empty());
        super::super::disassemble(&whole.into(), &Limits::default(), &mut |_| {});
        seen(&bytes);
    }
}

#[test]
fn no_operand_is_so_long_that_what_follows_is_hidden() {
    let long = |letter: &str| letter.repeat((1 << 20) + 10);
    let lines = [
        format!("S'{}'\n0", long("a")),
        format!("S\"{}\"\n0", long("\\x41")),
        format!("V{}\n0", long("a")),
        format!("L{}L\n0", long("1")),
        format!("I{}\n0", long("1")),
        format!("F{}\n0", long("1")),
        format!("P{}\n0", long("a")),
        format!("Ng{}1\n0", long("0")).replacen("Ng", "Np1\n0g", 1),
    ];
    for line in lines {
        let facts = seen(&[line.as_bytes(), &system()].concat());
        assert!(calls(&facts).contains("os.system(\"echo loadlint-test\")"), "{}…", &line[..20]);
    }
}

#[test]
fn millions_of_streams_come_to_an_end_that_is_told() {
    let limits = Limits { max_pickle_operations: 10_000, ..Limits::default() };
    let few = examine(&b"N.".repeat(100).into(), "a.pkl", &limits, Detail::Findings);
    assert!(few.gaps.is_empty());
    let many = examine(&b"N.".repeat(100_000).into(), "a.pkl", &limits, Detail::Findings);
    assert!(many.gaps.iter().any(|gap| gap.kind == GapKind::Limit), "{:?}", many.gaps);
}

#[test]
fn what_has_no_hash_is_no_key_and_in_no_set() {
    for (stream, fault) in [
        (&b"\x80\x04\x8f(]\x90."[..], Some("a list or dictionary in a set")),
        (b"\x80\x04\x8f(}\x90.", Some("a list or dictionary in a set")),
        (b"\x80\x04}]Ns.", Some("a list or dictionary as a key")),
        (b"\x80\x04}}Ns.", Some("a list or dictionary as a key")),
        (b"\x80\x04\x8f()K\x01\x90.", None),
        (b"\x80\x04})Ns.", None),
        // A frozen set.
        (b"\x80\x04}(\x91Ns.", None),
    ] {
        let found = seen(stream);
        let told = found.gaps.first().map(|gap| gap.message.rsplit(": ").next().unwrap_or_default());
        assert_eq!(told, fault, "{}", stream.escape_ascii());
    }
}
