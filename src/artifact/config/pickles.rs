//! Pickles in texts: JSON cannot hold objects, so some libraries write them as base 64 or hexadecimal digits of a pickle.
//!
//! Comes in: a document's tree. Goes out: the pickles, as nested content; those that the library's own loader unpickles
//! apart from those that nothing is known to read. Sources: stable-baselines3 2.7 `common/save_util.py` (`:serialized:`),
//! Ray 2.50 `tune/utils/serialization.py` (`CLOUDPICKLE_FALLBACK`), NNI 3.0 `common/serializer.py` (`__nni_type__`).

use super::super::Examination;
use super::super::base64;
use super::super::json::Json;
use super::super::pickle;
use super::tree::all;
use crate::bytes::Window;

/// Shorter texts hold no pickle that does anything.
const LEAST: usize = 16;

/// Looks at every text of a document.
pub(super) fn examine(root: &Json<'_>, x: &mut Examination<'_>) {
    for value in all(root) {
        let is_fallback = value.text("_type") == Some("CLOUDPICKLE_FALLBACK");
        for entry in value.entries() {
            if let Some(text) = entry.value.as_text().filter(|text| text.len() >= LEAST) {
                let is_loaded = is_loaded(&entry.key, is_fallback);
                held(text, is_loaded, entry.value.region.start.into(), x);
            }
        }
        for item in value.items() {
            if let Some(text) = item.as_text().filter(|text| text.len() >= LEAST) {
                held(text, false, item.region.start.into(), x);
            }
        }
    }
}

/// Whether the library that writes such a key unpickles its value when it reads the file; `is_fallback` if the object
/// says that it is a pickle of Ray's.
fn is_loaded(key: &str, is_fallback: bool) -> bool {
    match key {
        ":serialized:" | "__nni_type__" => true,
        "value" => is_fallback,
        _ => false,
    }
}

fn held(text: &str, is_loaded: bool, at: u64, x: &mut Examination<'_>) {
    // `bytes:…`, `data:application/octet-stream;base64,…`.
    let bare = text.char_indices().take(64).filter(|(_, c)| matches!(c, ':' | ',')).last();
    let bare = bare.map_or(text, |(at, _)| &text[at + 1..]).trim_start();
    let Some(bytes) = bytes(bare, is_loaded) else { return };
    let content = Window::from(bytes);
    if is_loaded && pickle::is_pickle_at(&content) {
        x.constant(at, &content);
    } else if !is_loaded && pickle::is_stream(&content) {
        x.idle(at, &content);
    }
}

/// What digits spell, if it could be a pickle: one that names its protocol, or any if it is loaded in any case.
fn bytes(text: &str, is_loaded: bool) -> Option<Vec<u8>> {
    let names_protocol = |start: &[u8]| matches!(start, [0x80, 2..=5, ..]);
    match text.as_bytes() {
        [b'8', b'0', b'0', b'2'..=b'5', ..] => hexadecimal(text),
        [b'g', b'A', b'J' | b'N' | b'S' | b'W', ..] => base64::decode(text).filter(|bytes| names_protocol(bytes)),
        _ if is_loaded => base64::decode(text),
        _ => None,
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|byte| char::from(byte).to_digit(16).map(|digit| digit as u8));
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
