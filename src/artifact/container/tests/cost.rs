use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::write::{Member, zip};
use super::{CALL, EMPTY, calls, examined, format_of, kinds};
use crate::bytes::{ReadAt, Window};
use crate::fact::artifact::Format;

/// `start`, then zeros, then `end`; counts the bytes that are read.
struct Sparse {
    start: Vec<u8>,
    zeros: u64,
    end: Vec<u8>,
    read: Arc<AtomicU64>,
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.start.len() as u64 + self.zeros + self.end.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX));
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        let tail_at = self.start.len() as u64 + self.zeros;
        for (index, byte) in into[..count].iter_mut().enumerate() {
            let at = offset + index as u64;
            let start = usize::try_from(at).ok().and_then(|at| self.start.get(at));
            let end = at.checked_sub(tail_at).and_then(|at| self.end.get(usize::try_from(at).ok()?));
            *byte = start.or(end).copied().unwrap_or(0);
        }
        Ok(count)
    }
}

/// A checkpoint with ten gigabytes of tensor: a header with 64-bit sizes, zeros, the directory.
fn checkpoint(read: &Arc<AtomicU64>) -> Sparse {
    let zeros: u64 = 10 << 30;
    let pickle = zip(&[Member::stored("a/data.pkl", CALL)]);
    let data_end = pickle.len() - 22 - (46 + 10);
    let wide = [&1u16.to_le_bytes()[..], &16u16.to_le_bytes(), &zeros.to_le_bytes(), &zeros.to_le_bytes()].concat();
    let sizes = [[0; 4], [0xFF; 4], [0xFF; 4]].concat();
    let name = b"a/data/0";
    let mut start = pickle[..data_end].to_vec();
    let offset = u32::try_from(start.len()).expect("small").to_le_bytes();
    start.extend([&b"PK\x03\x04\x2D\0\0\0\0\0\0\0\0\0"[..], &sizes, &[8, 0, 20, 0], name, &wide].concat());
    let mut end = pickle[data_end..pickle.len() - 22].to_vec();
    end.extend([&b"PK\x01\x02\x2D\x03\x2D\0\0\0\0\0\0\0\0\0"[..], &sizes, &[8, 0, 20, 0, 0, 0], &[0; 8]].concat());
    end.extend([&offset[..], name, &wide].concat());
    let directory_at = start.len() as u64 + zeros;
    let directory = end.len() as u64;
    end.extend([&b"PK\x06\x06"[..], &44u64.to_le_bytes(), &[45, 3, 45, 0], &[0; 8], &2u64.to_le_bytes()].concat());
    end.extend([2u64, directory, directory_at].map(u64::to_le_bytes).concat());
    end.extend([&b"PK\x06\x07\0\0\0\0"[..], &(directory_at + directory).to_le_bytes(), &[1, 0, 0, 0]].concat());
    end.extend([&b"PK\x05\x06\0\0\0\0\x02\0\x02\0"[..], &[0xFF; 8], &[0, 0]].concat());
    Sparse { start, zeros, end, read: Arc::clone(read) }
}

/// What looks like numbers is not looked at again, and only that.
#[test]
fn storages_that_hold_something_else_are_still_seen() {
    let long = |start: &[u8]| [start, &[0; 8192]].concat();
    let look = |name: &str, content: &[u8]| {
        let start = zip(&[Member::stored("a/data.pkl", EMPTY), Member::stored(name, content)]);
        let source = Sparse { start, zeros: 0, end: Vec::new(), read: Arc::default() };
        let facts = examined(Window::new(Arc::new(source)), "model");
        (format_of(&facts, name).expect("listed"), calls(&facts))
    };
    assert_eq!(look("a/data/0", &long(b"\0\0\x80\x3F")), (Format::Unknown, 0));
    for name in ["a/data/0", "a/data/x"] {
        assert_eq!(look(name, &long(CALL)), (Format::Pickle, 1), "{name}");
        // A pickle that says no protocol, and one behind a long text.
        assert_eq!(look(name, &long(b"cposix\nsystem\n(S'x'\ntR.")), (Format::Pickle, 1), "{name}");
        let behind = [&b"X\x10\x27\0\0"[..], &[b'\0'; 10_000], b"0cposix\nsystem\n(S'x'\ntR."].concat();
        assert_eq!(look(name, &behind).1, 1, "{name}");
        assert_eq!(look(name, &long(&zip(&[Member::stored("inner.pkl", CALL)]))).0, Format::Zip, "{name}");
    }
}

#[test]
fn ten_gigabytes_of_tensor_cost_their_directory() {
    let read = Arc::new(AtomicU64::new(0));
    let facts = examined(Window::new(Arc::new(checkpoint(&read))), "model.bin");
    assert_eq!((calls(&facts), kinds(&facts)), (1, vec![]), "{:?}", facts.gaps);
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
    let read = read.load(Ordering::Relaxed);
    assert!(read < 512 << 10, "{read} bytes were read");
}

#[test]
fn members_beyond_the_limit_are_told() {
    let members: Vec<Member> = (0..50).map(|index| Member::stored(&index.to_string(), b"")).collect();
    let limits = crate::limits::Limits { max_members: 20, ..Default::default() };
    let facts = crate::artifact::examine(&zip(&members).into(), "some.zip", &limits, Default::default());
    assert_eq!(facts.parts, 20);
    assert!(facts.gaps.iter().any(|gap| gap.message.contains("max-members")), "{:?}", facts.gaps);
}

/// A zip file whose only member is that file: made so that it unpacks to itself, or as here, points at its own start.
#[test]
fn a_member_that_covers_its_own_archive_ends() {
    let mut file = zip(&[Member::stored("again.zip", &[0; 32])]);
    let whole = u32::try_from(file.len()).expect("small").to_le_bytes();
    let directory = file.len() - 22 - 55;
    for at in [18, 22, directory + 20, directory + 24] {
        file[at..at + 4].copy_from_slice(&whole);
    }
    let facts = examined(file, "again.zip");
    assert!(facts.parts < 100 && !facts.gaps.is_empty(), "{} {:?}", facts.parts, facts.gaps);
}

/// Three copies of an archive in each archive are more than two thousand ways to one pickle, seven archives deep.
#[test]
fn archives_that_share_members_are_looked_at_once() {
    let mut content = CALL.to_vec();
    for _ in 0..7 {
        content = zip(&["a", "b", "c"].map(|name| Member::deflated(name, &content)));
    }
    let facts = examined(content, "x.zip");
    assert!(calls(&facts) > 0, "{:?}", facts.gaps);
    assert!(facts.parts < 200, "{}", facts.parts);
}
