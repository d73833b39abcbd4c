//! What stands around the first stream: further ones, PyTorch's and joblib's layouts, bytes that nothing loads.

use super::*;

// nullifAI (ReversingLabs, 2025).
#[test]
fn what_ran_before_a_stream_breaks_is_told() {
    let facts = has_call(b"cos\nsystem\n(S'x'\ntR\xFF\xFF\xFF", "os.system(\"x\")");
    assert_eq!(observed(&facts, ObservationKind::BrokenAfterCalls).len(), 1);
    assert_eq!(facts.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let truncated = seen(&system()[..30]);
    assert_eq!(truncated.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
}

#[test]
fn streams_after_the_first_are_followed() {
    let facts = has_call(&[&b"\x80\x04N."[..], &system()].concat(), "os.system(\"echo loadlint-test\")");
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
    let hidden = [&b"\x80\x04N."[..], &[0; 100], &system()].concat();
    let facts = has_call(&hidden, "<bytes at 104>: os.system(\"echo loadlint-test\")");
    assert_eq!(observed(&facts, ObservationKind::TrailingBytes).len(), 1);
}

// `Pickler.dump` of several objects, read by one `Unpickler`, whose memo lives on.
#[test]
fn a_stream_may_use_what_the_ones_before_it_kept() {
    let data = [&b"\x80\x02]q\x05."[..], b"\x80\x02h\x05.", b"\x80\x02h\x05h\x05\x86."].concat();
    let facts = seen(&data);
    assert_eq!((calls(&facts).as_str(), facts.gaps.len()), ("", 0), "{:?}", facts.gaps);
    let call = [&b"\x80\x02cos\nsystem\nq\x05."[..], b"\x80\x02h\x05X\x01\0\0\0x\x85R."].concat();
    assert!(has_call(&call, "os.system(\"x\")").gaps.is_empty());
    let unset = [&b"\x80\x02]q\x05."[..], b"\x80\x02h\x06."].concat();
    assert_eq!(seen(&unset).gaps.len(), 1);
}

/// The five streams of PyTorch's legacy files.
fn legacy(first: &[u8], last: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.".to_vec();
    let sizes = b"\x80\x02}.".to_vec();
    let object = b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ.".to_vec();
    let storages = [&1_u64.to_le_bytes()[..], b"\x80\x04N."].concat();
    [first, &magic, b"\x80\x02M\xe9\x03.", &sizes, &object, last, &storages].concat()
}

// Legacy torch: a call in the first, or in the fifth pickle.
#[test]
fn all_streams_of_a_legacy_torch_file_are_followed_and_storages_are_none() {
    let facts = seen(&legacy(b"", b"\x80\x02]X\x01\0\0\x000a."));
    assert_eq!((facts.format, facts.gaps.len(), calls(&facts).as_str()), (Format::TorchLegacy, 0, ""));
    let types = facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Stream(stream) => Some(stream.persistent_types.clone()),
        _ => None,
    });
    let streams: Vec<_> = types.collect();
    assert_eq!(streams.len(), 5);
    assert_eq!(streams[3], ["torch.FloatStorage"]);
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
    let other = seen(&legacy(b"", b"\x80\x02]X\x01\0\0\x001a."));
    let gaps: Vec<_> = other.gaps.iter().map(|gap| gap.message.as_str()).collect();
    assert_eq!(gaps, ["the storage `1` stands in the file, and no tensor has it"]);
    has_call(&legacy(b"", &system()), "os.system(\"echo loadlint-test\")");
    let behind = has_call_inside(&[legacy(b"", b"\x80\x02]X\x01\0\0\x000a."), system()].concat());
    assert_eq!(observed(&behind, ObservationKind::TrailingBytes).len(), 1);
    let dropped = Pickle::new().global("os", "system").calls("x").raw(b"0\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19").stop();
    let first = [&dropped[..], &legacy(b"", b"\x80\x02].")[15..]].concat();
    assert_eq!(has_call(&first, "os.system(\"x\")").format, Format::TorchLegacy);
}

/// A joblib file with one array of bytes between the opcodes, then `tail`.
fn joblib(dtype: &str, flags: u8, length: u8, padding: Option<&[u8]>, data: &[u8], tail: Pickle) -> Vec<u8> {
    let class = Pickle::new().raw(b"(").global("joblib.numpy_pickle", "NumpyArrayWrapper").raw(b")\x81}(");
    let shape = class.text("shape").raw(&[b'K', length, 0x85]);
    let state = shape.text("dtype").global("numpy", "dtype").text(dtype).raw(b"\x89\x88\x87R(K\x03").text("|");
    let state = state.raw(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK").raw(&[flags]).raw(b"tb");
    let state = state.text("allow_mmap").raw(b"\x88").text("numpy_array_alignment_bytes");
    let state = match padding {
        Some(_) => state.raw(b"K\x10ub"),
        None => state.raw(b"Nub"),
    };
    let padded = padding.map(|bytes| [&[bytes.len() as u8], bytes].concat()).unwrap_or_default();
    state.raw(&padded).raw(data).raw(&tail.raw(b"t").stop()).0
}

// HF proofs of concept 2026: joblib, a call after inline array bytes; padding byte 0x2e read as STOP; array bytes that
// swallow the tail.
#[test]
fn joblib_arrays_are_passed_over_as_joblib_does() {
    let call = || Pickle::default().global("os", "system").calls("x");
    let swallows = [&b"\x8e"[..], &1_000_000_u64.to_le_bytes(), b"."].concat();
    for (data, padding) in
        [(vec![1; 16], Some(&[0xFF; 3][..])), (vec![b'.'; 46], Some(&[0x2E; 0x2E][..])), (swallows, None)]
    {
        let length = u8::try_from(data.len()).expect("few bytes");
        let file = joblib("u1", 0, length, padding, &data, call());
        let facts = has_call(&file, "os.system(\"x\")");
        assert_eq!((facts.format, facts.gaps.len()), (Format::Joblib, 0));
        let clean = seen(&joblib("u1", 0, length, padding, &data, Pickle::default()));
        assert_eq!((calls(&clean).lines().count(), clean.gaps.len()), (2, 0), "{}", calls(&clean));
        assert_eq!(observed(&clean, ObservationKind::PickleAmbiguous), [""; 0]);
    }
}

// joblib before 0.10.
#[test]
fn arrays_in_files_of_their_own_are_beside_the_pickle() {
    let wrapper = Pickle::new().raw(b"(").global("joblib.numpy_pickle", "NDArrayWrapper").raw(b")\x81}(");
    let facts = seen(&wrapper.text("filename").text("a.pkl_01.npy").raw(b"ub").stop());
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
    assert_eq!(facts.companions.files.into_keys().collect::<Vec<_>>(), ["a.pkl_01.npy"]);
}

// The same: what plain `pickle.load` would run where joblib sees an array.
#[test]
fn array_bytes_that_are_opcodes_are_told_too() {
    let data = Pickle::default().global("os", "system").calls("x").0;
    let facts = has_call(&joblib("u1", 0, data.len() as u8, None, &data, Pickle::default()), "os.system(\"x\")");
    assert!(!observed(&facts, ObservationKind::PickleAmbiguous).is_empty());
}

// The same: a nested pickle in an object array, with a joblib gadget.
#[test]
fn an_array_of_objects_is_a_pickle_of_its_own() {
    let gadget = Pickle::new().global("joblib.numpy_pickle_utils", "_read_fileobject").calls("x").stop();
    let after = Pickle::default().global("os", "system").calls("y");
    let facts = has_call(&joblib("O8", 63, 1, None, &gadget, after), "os.system(\"y\")");
    assert!(calls(&facts).contains("joblib.numpy_pickle_utils._read_fileobject(\"x\")"));
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
}

// A pickle that begins with the magic of another format is one all the same.
#[test]
fn a_magic_at_the_start_hides_no_pickle() {
    let end = Pickle::default().raw(b"0").global("os", "system").calls("x").stop();
    for magic in [&b"GGUF\x03\0\0\0\0"[..], b"V\x20\0\0\0\0\0\0{}\n", b"V12345TFL3\n", b"MZ\x90"] {
        has_call(&[magic, &end].concat(), "os.system(\"x\")");
    }
    let long = [b"V".as_slice(), &[b'x'; 9000], b"\n", &end].concat();
    has_call(&long, "os.system(\"x\")");
}

// What CPython refuses is not passed over in silence.
#[test]
fn what_no_loader_reads_is_a_gap() {
    let digits = [b"L".as_slice(), &[b'7'; 5000], b"L\n."].concat();
    for bytes in [
        &b"S'\\xzz'\n."[..],
        b"V\\u12\n.",
        b"K\x01(K\x02e.",
        b"K\x01}b.",
        b"](]e}b.",
        b"K\x01)R.",
        b"\x80\x04cos\nsystem\nNR.",
        b"}](K\x01eNs.",
        b"\x80\x05\x97.",
        b"\x80\x04h\x00.",
        b"\x80\x09.",
        b"\x80\x04",
        &digits,
    ] {
        let facts = examine(&bytes.to_vec().into(), "model.pkl", &Limits::default(), Detail::Findings);
        assert!(!facts.gaps.is_empty(), "{}", bytes.escape_ascii());
    }
}

// `shelve` with `dbm.dumb` keeps pickles in blocks of 512 bytes.
#[test]
fn zeros_up_to_a_block_are_padding() {
    let block = [&b"\x80\x04K\x01."[..], &[0; 507]].concat();
    let facts = has_call(&[&block[..], &system()].concat(), "os.system(\"echo loadlint-test\")");
    assert!(observed(&facts, ObservationKind::TrailingBytes).is_empty());
}

#[test]
fn tensors_have_the_names_that_lead_to_them() {
    let storage = Pickle::new().raw(b"}(").text("layer.weight").global("torch._utils", "_rebuild_tensor_v2").raw(b"((");
    let storage = storage.text("storage").global("torch", "HalfStorage").text("0").text("cpu").raw(b"K\x06tQ");
    let bytes = storage.raw(b"K\x00K\x02K\x03\x86K\x03K\x01\x86\x89)tRu").stop();
    let facts = examine(&bytes.into(), "model.pkl", &Limits::default(), Detail::Inventory);
    let tensor = &facts.tensors[0];
    assert_eq!(
        (tensor.name.as_str(), tensor.dtype.as_str(), &tensor.shape[..]),
        ("layer.weight", "float16", &[2, 3][..])
    );
}

// Whoever loads again and again from one file reads whatever comes to STOP, of any protocol.
#[test]
fn all_pickles_in_a_row_are_read() {
    let evil = b"cos\nsystem\n(S'echo loadlint-test'\ntR.".as_slice();
    for between in
        [&b"]q\x00."[..], b"}q\x00.", b"I5\n.", b"S'a'\np0\n.", b"N.", b"(lp0\n.", b"\x88.", b"I5\n.N.]q\x00.", b""]
    {
        for first in [b"\x80\x02N.".as_slice(), b"\x80\x04]\x94.", b"}q\x00.", b"I1\n."] {
            has_call(&[first, between, evil].concat(), "os.system(\"echo loadlint-test\")");
        }
    }
    // It calls before it breaks off.
    let broken = [b"\x80\x02N.]q\x00.".as_slice(), &evil[..evil.len() - 1], b"\xFF"].concat();
    has_call(&broken, "os.system(\"echo loadlint-test\")");
    // Not by its name alone.
    let facts = examine(
        &[b"N.]q\x00.I5\n.".as_slice(), evil].concat().into(),
        "cache.dat",
        &Limits::default(),
        Detail::Findings,
    );
    assert_eq!(calls(&facts), "os.system(\"echo loadlint-test\")\n");
}

#[test]
fn what_follows_a_pickle_need_not_be_one() {
    let numbers: Vec<u8> = (0..4096_u32).flat_map(|number| (number as f32 * 0.37).to_le_bytes()).collect();
    for rest in [numbers.as_slice(), b"\nthe end of the file\n", b"{\"a\": 1}", &[0; 600]] {
        let bytes = [b"\x80\x04]\x94.".as_slice(), rest].concat();
        let facts = seen(&bytes);
        assert_eq!(calls(&facts), "");
        assert_eq!(facts.gaps, []);
        assert!(!facts.facts.iter().any(|fact| matches!(fact.seen, Seen::Import(_))), "{}", rest.escape_ascii());
    }
}

#[test]
fn bytes_that_nothing_loads_are_idle_at_every_protocol() {
    let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let evil = system();
    let escapes: String = evil.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let kept = Pickle::new().raw(b"}").text("blob").bytes(&evil).raw(b"s").stop();
    let encoded = Pickle::new().global("_codecs", "encode").text(&latin(&evil)).text("latin1").raw(b"\x86R").stop();
    let as_text = Pickle::new().text(&latin(&evil)).stop();
    let on_a_line = format!("S'{escapes}'\n.").into_bytes();
    let of_python_2 = [b"U", &[u8::try_from(evil.len()).expect("short")][..], &evil, b"."].concat();
    for bytes in [kept, encoded, as_text, on_a_line, [b"\x80\x02".as_slice(), &of_python_2].concat()] {
        let facts = has_call_inside(&bytes);
        let inner =
            facts.facts.iter().filter(|fact| matches!(&fact.seen, Seen::Call(call) if call.callee.name == "os.system"));
        assert!(
            inner.clone().count() == 1 && inner.clone().all(|fact| fact.place.member.is_idle()),
            "{}",
            bytes.escape_ascii()
        );
    }
    let loaded = Pickle::new().global("pickle", "loads").bytes(&evil).raw(b"\x85R").stop();
    assert!(has_call_inside(&loaded).facts.iter().all(|fact| !fact.place.member.is_idle()));
}

fn has_call_inside(bytes: &[u8]) -> ArtifactFacts {
    let facts = seen(bytes);
    assert!(calls(&facts).contains(": os.system(\"echo loadlint-test\")"), "{}", calls(&facts));
    facts
}

#[test]
fn an_array_with_other_bytes_than_its_shape_asks_for_is_told() {
    let array = |bytes: &[u8]| {
        let made = Pickle::new().global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
        let made = made.raw(b"K\x00\x85").bytes(b"b").raw(b"\x87R(K\x01K\x02\x85");
        let typed = made.global("numpy", "dtype").text("f8").raw(b"\x89\x88\x87R(K\x03").text("<");
        let typed = typed.raw(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89");
        seen(&typed.bytes(bytes).raw(b"tb").stop()).gaps.len()
    };
    assert_eq!((array(&[0; 16]), array(&[0; 15]), array(&[0; 24])), (0, 1, 1));
}
