//! Files built from superblocks and messages.

use proptest::prelude::*;

use super::file::checksum;
use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

/// A file with a superblock of version 2 whose root has these messages, and one more that makes it a group unless one of
/// them says what it is.
fn hdf5(messages: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let says_its_kind = |kind| matches!(kind, kind::SYMBOL_TABLE | kind::LINK_INFO | kind::DATATYPE);
    let group = (kind::LINK_INFO, [&[0, 0][..], &[0xFF; 16]].concat());
    let group = if messages.iter().any(|(kind, _)| says_its_kind(*kind)) { None } else { Some(group) };
    bare_hdf5(&messages.iter().cloned().chain(group).collect::<Vec<_>>())
}

fn bare_hdf5(messages: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let addresses: [u64; 4] = [0, u64::MAX, 0, 48];
    let mut bytes = [MAGIC, &[2, 8, 8, 0]].concat();
    addresses.iter().for_each(|address| bytes.extend(address.to_le_bytes()));
    bytes.extend(checksum(&bytes).to_le_bytes());
    let mut block = Vec::new();
    for (kind, data) in messages {
        block.push(*kind as u8);
        block.extend((data.len() as u16).to_le_bytes());
        block.push(0);
        block.extend(data);
    }
    bytes.extend(b"OHDR\x02\x02");
    bytes.extend((block.len() as u32).to_le_bytes());
    bytes.extend(block);
    bytes.extend(checksum(&bytes[48..]).to_le_bytes());
    bytes
}

/// An attribute that is one text of a fixed length.
fn attribute(name: &str, value: &[u8]) -> (u16, Vec<u8>) {
    let mut data = vec![3, 0];
    for size in [name.len() + 1, 8, 4] {
        data.extend((size as u16).to_le_bytes());
    }
    data.push(0);
    data.extend(name.as_bytes());
    data.push(0);
    data.extend([0x13, 0, 0, 0]);
    data.extend((value.len() as u32).to_le_bytes());
    data.extend([2, 0, 0, 0]);
    data.extend(value);
    (kind::ATTRIBUTE, data)
}

fn external_link(file: &str) -> (u16, Vec<u8>) {
    let value = [b"\0", file.as_bytes(), b"\0/x\0"].concat();
    let mut data = vec![1, 8, 64, 1, b'a'];
    data.extend((value.len() as u16).to_le_bytes());
    data.extend(value);
    (kind::LINK, data)
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.h5", &Limits::default(), Detail::Inventory)
}

fn kinds(facts: &ArtifactFacts) -> Vec<ObservationKind> {
    let kind = |seen: &Seen| if let Seen::Observation(observation) = seen { Some(observation.kind) } else { None };
    facts.facts.iter().filter_map(|fact| kind(&fact.seen)).collect()
}

const LAMBDA: &[u8] = br#"{"class_name": "Lambda", "config": {"name": "l", "function": ["4wAA", null, null]}}"#;

/// CVE-2024-3660, CVE-2025-9905.
#[test]
fn a_lambda_in_the_configuration_stands_at_its_bytes() {
    let bytes = hdf5(&[attribute("keras_version", b"2.9.0"), attribute("model_config", LAMBDA)]);
    let facts = read(bytes.clone());
    assert_eq!(kinds(&facts), [ObservationKind::KerasLambda]);
    let region = facts.facts[0].place.region;
    assert_eq!(&bytes[region.start as usize..region.end as usize], br#"["4wAA", null, null]"#);
}

#[test]
fn a_root_group_without_any_message_is_damage() {
    let facts = read(bare_hdf5(&[(kind::NONE, vec![0; 8])]));
    assert!(facts.gaps.iter().any(|gap| gap.message.contains("root group")), "{facts:?}");
}

#[test]
fn weights_and_other_data_are_quiet() {
    let facts = read(hdf5(&[attribute("backend", b"tensorflow"), external_link("other.h5")]));
    assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{facts:?}");
}

#[test]
fn a_user_block_comes_before_the_file() {
    let bytes = [vec![b' '; 512], hdf5(&[attribute("model_config", LAMBDA)])].concat();
    assert_eq!(kinds(&read(bytes)), [ObservationKind::KerasLambda]);
}

#[test]
fn a_user_block_of_another_format_hides_nothing() {
    for (start, size) in [(&b"\x93NUMPY\x01\0\x02\0{}"[..], 512), (b"PK\x03\x04", 512), (b"7z\xBC\xAF\x27\x1C", 4096)] {
        let mut block = start.to_vec();
        block.resize(size, 0);
        let facts = read([block, hdf5(&[attribute("model_config", LAMBDA)])].concat());
        let kinds = kinds(&facts);
        assert!(kinds.contains(&ObservationKind::KerasLambda), "{kinds:?}");
        assert!(kinds.contains(&ObservationKind::DisguisedContent), "{kinds:?}");
    }
}

/// MATLAB's files state the user block's size as their base and an end that counts from the start of all.
#[test]
fn the_end_of_a_file_with_a_user_block_counts_from_its_start() {
    let inner = hdf5(&[attribute("model_config", LAMBDA)]);
    let cut_off = |base: u64, end: u64| {
        let mut bytes = [vec![b' '; 512], inner.clone()].concat();
        bytes[512 + 12..][..8].copy_from_slice(&base.to_le_bytes());
        bytes[512 + 28..][..8].copy_from_slice(&end.to_le_bytes());
        let sum = checksum(&bytes[512..512 + 44]);
        bytes[512 + 44..][..4].copy_from_slice(&sum.to_le_bytes());
        let facts = read(bytes);
        // Whatever base is stated, the library starts at the superblock.
        assert_eq!(kinds(&facts), [ObservationKind::KerasLambda], "{base}");
        !facts.gaps.is_empty()
    };
    let length = inner.len() as u64;
    assert!(!cut_off(512, 512 + length) && !cut_off(0, length) && !cut_off(99, 99 + length));
    assert!(cut_off(512, 513 + length) && cut_off(0, length + 1));
}

#[test]
fn links_and_data_in_other_files() {
    for path in ["/etc/passwd", "../../secret.h5"] {
        assert_eq!(kinds(&read(hdf5(&[external_link(path)]))), [ObservationKind::ExternalDataEscape], "{path}");
    }
    // CVE-2026-1669: the heap with the name stands behind the root's header.
    let mut message = vec![1, 0, 0, 0, 1, 0, 1, 0];
    let at = hdf5(&[(kind::EXTERNAL_FILES, vec![0; 40])]).len() as u64;
    [at, 0, 0, 10].iter().for_each(|number| message.extend(number.to_le_bytes()));
    let mut bytes = hdf5(&[(kind::EXTERNAL_FILES, message)]);
    bytes.resize(at as usize, 0);
    bytes.extend(b"HEAP\0\0\0\0");
    [12, 0, at + 32].iter().for_each(|number: &u64| bytes.extend(number.to_le_bytes()));
    bytes.extend(b"/etc/passwd\0");
    assert_eq!(kinds(&read(bytes)), [ObservationKind::ExternalDataEscape]);
}

/// Puts `block` behind a file with these messages, which `with` makes from its address.
fn with_block(with: impl Fn(u64) -> Vec<(u16, Vec<u8>)>, block: &[u8]) -> Vec<u8> {
    let at = hdf5(&with(0)).len().next_multiple_of(8);
    let mut bytes = hdf5(&with(at as u64));
    bytes.resize(at, 0);
    bytes.extend(block);
    bytes
}

/// A global heap with one object.
fn heap_of(object: &[u8]) -> Vec<u8> {
    let size = (32 + object.len().next_multiple_of(8)) as u64;
    let mut bytes = b"GCOL\x01\0\0\0".to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend([1, 0, 1, 0, 0, 0, 0, 0]);
    bytes.extend((object.len() as u64).to_le_bytes());
    bytes.extend(object);
    bytes.resize(size as usize, 0);
    bytes
}

#[test]
fn a_virtual_data_set_may_be_made_of_other_files() {
    let layout = |at: u64| vec![(kind::LAYOUT, [&[4, 3][..], &at.to_le_bytes(), &1_u32.to_le_bytes()].concat())];
    let names = |file: &str| heap_of(&[&[0; 9][..], file.as_bytes(), b"\0/data\0\x02\0\0\0"].concat());
    for path in ["/etc/passwd", "../../secret.h5", "/data/models/other.h5"] {
        let facts = read(with_block(layout, &names(path)));
        assert_eq!(kinds(&facts), [ObservationKind::ExternalDataEscape], "{path}");
    }
    for path in [".", "part-1.h5"] {
        let facts = read(with_block(layout, &names(path)));
        assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{path}: {facts:?}");
    }
}

#[test]
fn items_of_an_object_array_are_pickles() {
    let call = b"\x80\x04cposix\nsystem\n(X\x12\0\0\0echo loadlint-testtR.";
    let marked = |_: u64| vec![attribute("PSEUDOATOM", b"object")];
    let facts = read(with_block(marked, &heap_of(call)));
    assert!(facts.facts.iter().any(|fact| matches!(fact.seen, Seen::Call(_))), "{facts:?}");
    // Other heaps hold texts.
    let facts = read(with_block(|_| vec![attribute("TITLE", b"x")], &heap_of(call)));
    assert!(facts.facts.is_empty(), "{facts:?}");
}

#[test]
fn damage_is_told() {
    let whole = hdf5(&[attribute("model_config", LAMBDA)]);
    assert_eq!(kinds(&read(whole[..20].to_vec())), [ObservationKind::InvalidHeader]);
    let cut = read(whole[..100].to_vec());
    assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let no_json = read(hdf5(&[attribute("model_config", b"{\"class_name\": ")]));
    assert_eq!(no_json.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
}

#[test]
fn headers_that_the_library_refuses_are_told() {
    let faults = |messages: &[(u16, Vec<u8>)]| {
        read(bare_hdf5(messages)).gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    let info = |version: u8| (kind::LINK_INFO, [&[version, 0][..], &[0xFF; 16]].concat());
    assert_eq!(faults(&[info(0)]), [""; 0]);
    assert_eq!(faults(&[attribute("a", b"x")]), ["an object does not say what it is"]);
    let version = "a message of an object's header has a version that there is not";
    assert_eq!(faults(&[info(1)]), [version]);
    let (of, mut data) = attribute("a", b"x");
    // Behind nine bytes and the name stands the type.
    data[11] = 0x63;
    assert_eq!(faults(&[info(0), (of, data)]), [version]);
    let mut flagged = bare_hdf5(&[info(0)]);
    let at = 48 + 10 + 3;
    flagged[at] = 0x06;
    let told = read(flagged).gaps;
    let fault = "a message of an object's header has flags that contradict each other";
    assert!(told.iter().any(|gap| gap.message == fault), "{told:?}");
}

#[test]
fn messages_that_do_not_fit_their_header_are_told() {
    // The superblock's last address is that of a header of the first version.
    let file = |messages: &[u8]| {
        let mut bytes = bare_hdf5(&[]);
        bytes.truncate(48);
        let header = [&[1, 0, 2, 0, 1, 0, 0, 0][..], &(messages.len() as u32).to_le_bytes(), &[0; 4]].concat();
        [bytes, header, messages.to_vec()].concat()
    };
    let message =
        |kind: u16, size: u16, data: &[u8]| [&kind.to_le_bytes()[..], &size.to_le_bytes(), &[0; 4], data].concat();
    let info = message(kind::LINK_INFO, 24, &[&[0, 0][..], &[0xFF; 16], &[0; 6]].concat());
    let gaps = |messages: Vec<u8>| read(file(&messages)).gaps.len();
    assert_eq!(gaps([info.clone(), message(kind::NONE, 8, &[0; 8])].concat()), 0);
    // Not aligned, longer than the header, shorter than a message.
    assert_eq!(gaps([info.clone(), message(kind::NONE, 7, &[0; 8])].concat()), 1);
    assert_eq!(gaps([info.clone(), message(kind::NONE, 16, &[0; 8])].concat()), 1);
    assert_eq!(gaps([info, vec![0; 4]].concat()), 1);
}

#[test]
fn room_of_a_local_heap_that_leads_astray_is_told() {
    let tree = |at: u64| [&b"TREE\0\0\0\0"[..], &[0xFF; 16], &[0; 8]].concat().len() as u64 + at;
    let group = |at: u64| vec![(kind::SYMBOL_TABLE, [at.to_le_bytes(), tree(at).to_le_bytes()].concat())];
    let gaps = |free: u64, next: u64, size: u64| {
        let at = hdf5(&group(0)).len().next_multiple_of(8) as u64;
        let names = [&[0; 8][..], &next.to_le_bytes(), &size.to_le_bytes()].concat();
        let heap = [24, free, tree(at) + 32].map(u64::to_le_bytes).concat();
        let block = [&b"TREE\0\0\0\0"[..], &[0xFF; 16], &[0; 8], b"HEAP\0\0\0\0", &heap, &names].concat();
        read(with_block(group, &block)).gaps.len()
    };
    // None, and one block to the end.
    assert_eq!((gaps(1, 0, 0), gaps(8, 1, 16)), (0, 0));
    // Outside, in a circle, longer than the heap, shorter than a block.
    assert_eq!((gaps(20, 1, 16), gaps(8, 8, 16), gaps(8, 1, 17), gaps(8, 1, 8)), (1, 1, 1, 1));
}

#[test]
fn names_that_a_group_is_searched_by_are_in_its_heap() {
    let group = |at: u64| vec![(kind::SYMBOL_TABLE, [at.to_le_bytes(), (at + 48).to_le_bytes()].concat())];
    let gaps = |first: u64, last: u64| {
        let at = hdf5(&group(0)).len().next_multiple_of(8) as u64;
        let (heap_at, names_at, node_at) = (at + 48, at + 80, at + 88);
        assert_eq!(heap_at + 32, names_at);
        let tree =
            [&b"TREE\0\0\x01\0"[..], &[0xFF; 16], &[first, node_at, last].map(u64::to_le_bytes).concat()].concat();
        let heap = [&b"HEAP\0\0\0\0"[..], &[8, 1, names_at].map(u64::to_le_bytes).concat(), b"\0name\0\0\0"].concat();
        read(with_block(group, &[tree, heap, b"SNOD\x01\0\0\0".to_vec()].concat())).gaps.len()
    };
    assert_eq!((gaps(0, 1), gaps(8, 1), gaps(0, 8)), (0, 1, 1));
}

proptest! {
    #[test]
    fn damaged_files_are_read_to_an_end(
        changes in prop::collection::vec((8_usize..400, any::<u8>()), 1..6), end in 30_usize..400
    ) {
        let mut bytes = hdf5(&[attribute("model_config", LAMBDA), external_link("/x"), (kind::LINK_INFO, vec![0; 18])]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}

#[test]
fn the_checksum_is_lookup3() {
    // Bob Jenkins' own examples (`driver5` in lookup3.c).
    assert_eq!(checksum(b""), 0xDEAD_BEEF);
    assert_eq!(checksum(b"Four score and seven years ago"), 0x1777_0551);
}

#[test]
fn headers_with_another_checksum_are_damage() {
    let whole = hdf5(&[attribute("a", b"text")]);
    assert!(read(whole.clone()).gaps.is_empty());
    let header = whole.len() - 1;
    let mut changed = whole.clone();
    changed[header] ^= 1;
    assert_eq!(read(changed).gaps.len(), 1);
    let mut changed = whole;
    changed[44] ^= 1;
    assert_eq!(read(changed).gaps.len(), 1);
}

#[test]
fn hickle_unpickles_data_sets_of_bytes() {
    let pickle = b"cos\nsystem\n(S'echo loadlint-test'\ntR.";
    let length = pickle.len() as u16;
    let space = (kind::DATASPACE, [&[2, 1, 0, 1][..], &u64::from(length).to_le_bytes()].concat());
    let dtype = (kind::DATATYPE, vec![0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]);
    let layout = (kind::LAYOUT, [&[3, 0][..], &length.to_le_bytes(), pickle].concat());
    let calls = |messages: &[(u16, Vec<u8>)]| {
        read(hdf5(messages)).facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_))).count()
    };
    let plain = [space, dtype, layout];
    assert_eq!(calls(&plain), 0);
    for own in [attribute("HICKLE_VERSION", b"5.0.3"), attribute("CLASS", b"hickle")] {
        assert_eq!(calls(&[std::slice::from_ref(&own), &plain[..]].concat()), 1);
        let chunked = (kind::LAYOUT, [&[3, 2, 2][..], &[0xFF; 8], &[0; 16]].concat());
        let gaps = |messages: &[(u16, Vec<u8>)]| read(hdf5(messages)).gaps.len();
        assert_eq!(gaps(&[std::slice::from_ref(&own), &plain[..2], std::slice::from_ref(&chunked)].concat()), 1);
        assert_eq!(gaps(&[&plain[..2], std::slice::from_ref(&chunked)].concat()), 0);
    }
}

#[test]
fn pieces_of_a_data_set_are_where_and_what_they_should_be() {
    let space = (kind::DATASPACE, [&[2, 1, 0, 1][..], &4_u64.to_le_bytes()].concat());
    let dtype = (kind::DATATYPE, vec![0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]);
    let fletcher = (kind::FILTERS, vec![2, 1, 3, 0, 0, 0, 0, 0]);
    // An index with one piece: level and count, no neighbours, then bytes, filters left out, where it belongs, its address.
    let index = |bytes: u32, address: u64| {
        let mut node = b"TREE\x01\0\x01\0".to_vec();
        node.extend([0xFF; 16]);
        node.extend(bytes.to_le_bytes());
        node.extend([0; 4 + 16]);
        node.extend(address.to_le_bytes());
        node
    };
    let gaps = |filters: &[(u16, Vec<u8>)], block: &dyn Fn(u64) -> Vec<u8>| {
        let chunked = |at: u64| {
            let layout = [&[3, 2, 2][..], &at.to_le_bytes(), &[4, 0, 0, 0, 1, 0, 0, 0]].concat();
            [&[space.clone(), dtype.clone(), (kind::LAYOUT, layout)], filters].concat()
        };
        let at = hdf5(&chunked(0)).len().next_multiple_of(8) as u64;
        let found = read(with_block(chunked, &block(at)));
        assert!(found.facts.is_empty(), "{found:?}");
        found.gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    let behind = |at: u64, stored: &[u8]| [index(stored.len() as u32, at + 56), stored.to_vec()].concat();
    // The two words sum up to 0x0406, the sums to 0x0508.
    let whole = [1, 2, 3, 4, 0x06, 0x04, 0x08, 0x05];
    assert_eq!(gaps(&[], &|at| behind(at, &whole)), [""; 0]);
    assert_eq!(gaps(std::slice::from_ref(&fletcher), &|at| behind(at, &whole)), [""; 0]);
    let mut changed = whole;
    changed[0] = 9;
    assert_eq!(
        gaps(std::slice::from_ref(&fletcher), &|at| behind(at, &changed)),
        ["a piece of `` has another checksum"]
    );
    assert_eq!(gaps(&[], &|_| index(8, 1 << 40)), ["a piece of `` lies outside of the file"]);
    assert_eq!(
        gaps(&[], &|_| b"TREE\x02\0\x01\0".to_vec()),
        ["the index of the pieces of `` ends early or is not one"]
    );
    let layout = |at: u64| (kind::LAYOUT, [&[3, 1][..], &at.to_le_bytes(), &4_u64.to_le_bytes()].concat());
    let one = |at: u64| read(hdf5(&[space.clone(), dtype.clone(), layout(at)])).gaps.len();
    assert_eq!((one(0), one(u64::MAX), one(1 << 40)), (0, 0, 1));
}

#[test]
fn texts_that_are_lost_are_told() {
    let heap = heap_of(b"{}");
    // One text of any length: its length, the heap, and the object's number.
    let text = |at: u64, object: u32| [&2_u32.to_le_bytes()[..], &at.to_le_bytes(), &object.to_le_bytes()].concat();
    let with = |space: &[u8], value: Vec<u8>| {
        let dtype = [0x19, 1, 0, 0, 16, 0, 0, 0];
        let sizes = [2, dtype.len() as u16, space.len() as u16].map(u16::to_le_bytes).concat();
        (kind::ATTRIBUTE, [&[3, 0][..], &sizes, &[0], b"a\0", &dtype, space, &value].concat())
    };
    let gaps = |space: &[u8], object: u32, heap: &[u8]| {
        read(with_block(|at| vec![with(space, text(at, object))], heap))
            .gaps
            .into_iter()
            .map(|gap| gap.message)
            .collect::<Vec<_>>()
    };
    let scalar = [2, 0, 0, 0];
    let lost = vec!["values of the attribute `a` are not where they should be".to_owned()];
    assert_eq!(gaps(&scalar, 1, &heap), Vec::<String>::new());
    assert_eq!(gaps(&scalar, 2, &heap), lost);
    assert_eq!(gaps(&scalar, 1, &[b"GCOX", &heap[4..]].concat()), lost);
    // A space without elements.
    assert_eq!(gaps(&[2, 0, 0, 2], 2, &heap), Vec::<String>::new());
    let data = |at: u64, object: u32| {
        let space = (kind::DATASPACE, [&[2, 1, 0, 1][..], &1_u64.to_le_bytes()].concat());
        let dtype = (kind::DATATYPE, vec![0x19, 1, 0, 0, 16, 0, 0, 0]);
        let layout =
            (kind::LAYOUT, [&[3, 1][..], &(at + heap.len() as u64).to_le_bytes(), &16_u64.to_le_bytes()].concat());
        (vec![space, dtype, layout], [&heap[..], &text(at, object)].concat())
    };
    for (object, told) in [(1, 0), (2, 1)] {
        let at = hdf5(&data(0, object).0).len().next_multiple_of(8) as u64;
        let found = read(with_block(|at| data(at, object).0, &data(at, object).1));
        assert_eq!(found.gaps.len(), told, "{found:?}");
    }
}

/// HDF5 1.14 takes the last, checked with h5py 3.
#[test]
fn of_two_objects_with_one_number_the_last_counts() {
    let object = |bytes: &[u8]| heap_of(bytes)[16..].to_vec();
    let heap = |first: &[u8], second: &[u8]| {
        let objects = [object(first), object(second)].concat();
        [b"GCOL\x01\0\0\0", &(16 + objects.len() as u64).to_le_bytes()[..], &objects].concat()
    };
    let config = |at: u64| {
        let dtype = [0x19, 1, 0, 0, 16, 0, 0, 0];
        let sizes = [13, dtype.len() as u16, 4].map(u16::to_le_bytes).concat();
        let text = [&(LAMBDA.len() as u32).to_le_bytes()[..], &at.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        vec![(kind::ATTRIBUTE, [&[3, 0][..], &sizes, &[0], b"model_config\0", &dtype, &[2, 0, 0, 0], &text].concat())]
    };
    let found = kinds(&read(with_block(config, &heap(b"{}", LAMBDA))));
    assert_eq!(found, [ObservationKind::KerasLambda, ObservationKind::InvalidHeader]);
    assert_eq!(kinds(&read(with_block(config, &heap(LAMBDA, b"{}")))), [ObservationKind::InvalidHeader]);
}

#[test]
fn parts_that_overlap_are_read_a_few_times() {
    // A group whose index leads to itself, again and again.
    let heap = [&b"HEAP\0\0\0\0"[..], &[0; 24]].concat();
    let behind = |at: u64| {
        let at = at + heap.len() as u64;
        let entry = [0_u64.to_le_bytes(), at.to_le_bytes()].concat();
        [&heap[..], b"TREE\0\x01\x00\x40", &[0xFF; 16], &entry.repeat(0x4000)].concat()
    };
    let group =
        |at: u64| vec![(kind::SYMBOL_TABLE, [(at + heap.len() as u64).to_le_bytes(), at.to_le_bytes()].concat())];
    let at = hdf5(&group(0)).len().next_multiple_of(8) as u64;
    let found = read(with_block(group, &behind(at)));
    assert!(found.gaps.iter().any(|gap| gap.message.starts_with("groups or heaps overlap")), "{:?}", found.gaps);
}

#[test]
fn a_heap_that_is_not_read_is_told() {
    // Length of an object's id, length of the filters, flags; no root block.
    let header = |filters: u8| [&b"FRHP\0\x07\0"[..], &[filters, 0, 0], &[0; 4 + 8 * 12], &[4, 0], &[1; 16]].concat();
    let gaps = |filters: u8| {
        let mut heap = header(filters);
        heap.extend([&[0; 4][..], &[0xFF; 8], &[0; 128]].concat());
        let info = |at: u64| vec![(kind::ATTRIBUTE_INFO, [&[0, 0][..], &at.to_le_bytes(), &[0xFF; 8]].concat())];
        read(with_block(info, &heap)).gaps.len()
    };
    assert_eq!((gaps(0), gaps(16)), (0, 1));
}

#[test]
fn what_keras_does_not_find_is_told() {
    let lacks = |messages: &[(u16, Vec<u8>)]| {
        let version = attribute("keras_version", b"2.15.0");
        let facts = read(hdf5(&[&[version], messages].concat()));
        facts.gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    let inside = |name: &str| {
        let value = [name.as_bytes(), b"/x"].concat();
        let mut data = vec![1, 8, 1, name.len() as u8];
        data.extend(name.as_bytes());
        data.extend((value.len() as u16).to_le_bytes());
        data.extend(value);
        (kind::LINK, data)
    };
    let config = attribute("model_config", b"{}");
    assert_eq!(lacks(&[config.clone(), inside("model_weights")]), [""; 0]);
    assert_eq!(lacks(&[config]), ["a Keras model without its `model_weights`"]);
    assert_eq!(lacks(&[inside("model_weights")]), ["a Keras model without its `model_config`"]);
    let names = attribute("layer_names", b"dense");
    assert_eq!(lacks(&[names.clone(), inside("dense")]), [""; 0]);
    assert_eq!(lacks(&[names]), ["the group of the layer `dense` is not in the file"]);
    assert_eq!(lacks(&[inside("dense")]), ["weights of Keras without their `layer_names`"]);
}
