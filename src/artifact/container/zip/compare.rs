//! A local header beside what the directory says of the same member.
//!
//! Python's `zipfile` believes the directory and compares names; PyTorch's reader believes the directory; a reader of
//! streams believes the local header. What they could see differently is told; what writers leave blank is not.

use crate::fact::artifact::ObservationKind;

use super::directory::{DESCRIPTOR, ENCRYPTED, Header, UTF8};

/// Compression levels (1, 2), the descriptor (3), UTF-8 (11): these differ in honest files. All else is a switch.
const HARMLESS_FLAGS: u16 = 0b0000_1000_0000_1110;
/// Bit 5, patched data, and bits 6 and 13, kinds of encryption, which no writer of models sets.
const STRANGE_FLAGS: u16 = 1 << 5 | 1 << 6 | 1 << 13;

/// What `local` and `listed` disagree in.
pub(super) fn differences(local: &Header, listed: &Header) -> Vec<(ObservationKind, String)> {
    let mut found = Vec::new();
    let shown = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    if local.name != listed.name {
        let subject = format!("{} in the directory, {} in the local header", shown(&listed.name), shown(&local.name));
        found.push((ObservationKind::ZipNameMismatch, subject));
    }
    for header in [local, listed] {
        if let Some(other) = &header.other_name {
            let subject = format!("{} in the header, {} in its Unicode field", shown(&header.name), shown(other));
            found.push((ObservationKind::ZipNameMismatch, subject));
        }
    }
    let mut mismatch = |what: &str, listed: String, local: String| {
        let subject = format!("{what} {listed} in the directory, {local} in the local header");
        found.push((ObservationKind::ZipHeaderMismatch, subject));
    };
    if (local.flags ^ listed.flags) & !HARMLESS_FLAGS != 0 {
        mismatch("flags", format!("{:#06x}", listed.flags), format!("{:#06x}", local.flags));
    } else if local.flags & STRANGE_FLAGS != 0 {
        mismatch("unusual flags", format!("{:#06x}", listed.flags), format!("{:#06x}", local.flags));
    }
    if local.method != listed.method {
        mismatch("method", listed.method.to_string(), local.method.to_string());
    }
    let sizes_differ = differ(local, local.packed, listed.packed) || differ(local, local.bytes, listed.bytes);
    if sizes_differ {
        let sizes = |header: &Header| format!("{} packed to {}", header.bytes, header.packed);
        mismatch("sizes", sizes(listed), sizes(local));
    }
    if differ(local, local.crc.into(), listed.crc.into()) {
        mismatch("checksum", format!("{:08x}", listed.crc), format!("{:08x}", local.crc));
    }
    found
}

/// Whether a value differs that the local header could know.
fn differ(local: &Header, here: u64, listed: u64) -> bool {
    let blank = local.flags & DESCRIPTOR != 0 && matches!(here, 0 | 0xFFFF_FFFF);
    here != listed && !blank
}

/// Whether a reader that believes `local` would unpack other bytes than one that believes `listed`.
pub(super) fn unpacks_differently(local: &Header, listed: &Header) -> bool {
    local.method != listed.method || differ(local, local.packed, listed.packed)
}

/// What `header`, which is the directory's, says that cannot be so.
pub(super) fn contradiction(header: &Header) -> Option<String> {
    if header.flags & UTF8 != 0 && str::from_utf8(&header.name).is_err() {
        return Some("its name is marked as UTF-8 and is none, at which Python refuses the archive".to_owned());
    }
    if header.has_cut_extra {
        return Some("its extra fields end within one, at which Python refuses the archive".to_owned());
    }
    let stored = header.method == 0 && header.flags & ENCRYPTED == 0;
    (stored && header.packed != header.bytes)
        .then(|| format!("stored, yet {} bytes packed to {}", header.bytes, header.packed))
}
