//! Hostile files from opcodes and headers. Nothing here is ever loaded, and what they would call only echoes.

/// What every payload would run.
pub(crate) const COMMAND: &str = "echo loadlint-test";

/// `module name`, written out as protocol 0 does.
pub(crate) fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// A text of less than 256 bytes, as protocol 4 writes it.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&[0x8C, length], text.as_bytes()].concat()
}

/// `module name` from two texts on the stack, as protocol 4 does.
pub(crate) fn stack_global(module: &str, name: &str) -> Vec<u8> {
    [text(module), text(name), vec![0x93]].concat()
}

/// The parts one after the other, as a stream of `protocol`.
pub(crate) fn stream(protocol: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = if protocol < 2 { Vec::new() } else { vec![0x80, protocol] };
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes.push(b'.');
    bytes
}

/// `module.name(argument)` with everything written out, protocol 4.
pub(crate) fn call(module: &str, name: &str, argument: &str) -> Vec<u8> {
    stream(4, &[&stack_global(module, name), &text(argument), b"\x85R"])
}

/// The call most files make.
pub(crate) fn system() -> Vec<u8> {
    call("posix", "system", COMMAND)
}

/// One member of a zip file, with what the local header and the directory say of it.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) local_name: String,
    pub(crate) flags: u16,
    pub(crate) local_flags: u16,
    pub(crate) checksum: Option<u32>,
    pub(crate) listed: bool,
    pub(crate) data: Vec<u8>,
}

impl Member {
    /// A stored member as an honest writer would write it.
    pub(crate) fn new(name: &str, data: &[u8]) -> Self {
        let (flags, local_flags) = (0, 0);
        let (name, local_name) = (name.to_owned(), name.to_owned());
        Self { name, local_name, flags, local_flags, checksum: None, listed: true, data: data.to_vec() }
    }
}

/// The members of a PyTorch checkpoint whose pickle is `pickle`.
pub(crate) fn checkpoint(pickle: &[u8]) -> Vec<Member> {
    vec![
        Member::new("archive/data.pkl", pickle),
        Member::new("archive/byteorder", b"little"),
        Member::new("archive/version", b"3\n"),
    ]
}

/// A zip file of stored members.
pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory, mut listed) = (Vec::new(), Vec::new(), 0_u16);
    for member in members {
        let offset = u32::try_from(bytes.len()).expect("a small file");
        let size = u32::try_from(member.data.len()).expect("a small file").to_le_bytes();
        let checksum = member.checksum.unwrap_or_else(|| crc32(&member.data)).to_le_bytes();
        let common =
            |flags: u16| [&20_u16.to_le_bytes()[..], &flags.to_le_bytes(), &[0; 6], &checksum, &size, &size].concat();
        let length = |name: &str| u16::try_from(name.len()).expect("a short name").to_le_bytes();
        bytes.extend([b"PK\x03\x04", &common(member.local_flags)[..], &length(&member.local_name), &[0; 2]].concat());
        bytes.extend(member.local_name.as_bytes());
        bytes.extend(&member.data);
        if member.listed {
            listed += 1;
            directory.extend([b"PK\x01\x02", &20_u16.to_le_bytes()[..], &common(member.flags)].concat());
            directory.extend([&length(&member.name)[..], &[0; 12], &offset.to_le_bytes()].concat());
            directory.extend(member.name.as_bytes());
        }
    }
    let start = u32::try_from(bytes.len()).expect("a small file").to_le_bytes();
    let size = u32::try_from(directory.len()).expect("a small file").to_le_bytes();
    bytes.extend(directory);
    let count = listed.to_le_bytes();
    bytes.extend([b"PK\x05\x06", &[0; 4][..], &count, &count, &size, &start, &[0; 2]].concat());
    bytes
}

/// The checksum of zip files.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn the_checksum_is_that_of_zip_files() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
