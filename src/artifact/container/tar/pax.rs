//! Extended headers: `30 path=some/longer/name\n`, one record after the other.

/// What extended headers say of the next member, or of all that follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) bytes: Option<u64>,
    /// Holes are left out of the data.
    pub(super) is_sparse: bool,
}

/// Adds the records of `data` to `extended`; what is wrong with them, if anything.
pub(super) fn read(data: &[u8], extended: &mut Extended) -> Result<(), &'static str> {
    let mut rest = data;
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut fault = Ok(());
    while !rest.is_empty() && !rest.iter().all(|byte| *byte == 0) {
        let Some((key, value, next)) = record(rest) else { return Err("an extended header that is not well-formed") };
        let known = matches!(key, b"path" | b"linkpath" | b"size" | b"GNU.sparse.name" | b"GNU.sparse.realsize");
        if known && seen.contains(&key) {
            fault = Err("an extended header that says one thing twice");
        } else if known {
            seen.push(key);
        }
        if set(key, value, extended).is_none() {
            fault = Err("an extended header with a size that is not a number");
        }
        rest = next;
    }
    fault
}

/// Key, value, and what follows the first record.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..blank]).ok()?.parse().ok()?;
    let body = bytes.get(blank + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &bytes[length..]))
}

fn set(key: &[u8], value: &[u8], extended: &mut Extended) -> Option<()> {
    match key {
        b"path" | b"GNU.sparse.name" => extended.path = Some(value.to_vec()),
        b"linkpath" => extended.target = Some(value.to_vec()),
        b"size" => extended.bytes = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
        _ if key.starts_with(b"GNU.sparse.") => extended.is_sparse = true,
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million bytes of two keys in turn: which were seen is asked for each record.
    #[test]
    fn records_that_repeat_are_compared_with_the_keys_alone() {
        let text = [b"9 path=a\n".repeat(60_000), b"9 size=1\n".repeat(60_000)].concat();
        assert!(read(&text, &mut Extended::default()).is_err());
    }

    #[test]
    fn records_are_read_and_doubts_are_told() {
        let mut extended = Extended::default();
        assert_eq!(read(b"12 path=a/b\n11 size=12\n\0\0\0", &mut extended), Ok(()));
        assert_eq!((extended.path.as_deref(), extended.bytes), (Some(&b"a/b"[..]), Some(12)));
        for wrong in [&b"12 path=a/b\n12 path=a/c\n"[..], b"99 path=a\n", b"8 path=a\n", b"x", b"10 size=x\n"] {
            assert!(read(wrong, &mut Extended::default()).is_err(), "{}", wrong.escape_ascii());
        }
    }
}
