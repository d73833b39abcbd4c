//! Archives of `ar`: static libraries and Debian packages, in the forms of GNU and BSD.
//!
//! Comes in: a window that starts with `!<arch>`. Goes out: the entries to `archive`. A member's header has its name, its
//! length in decimals and two bytes that end it; contents start at even offsets. Long names stand in a member `//` (GNU)
//! or before the content (BSD).

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind};

use super::super::{Examination, archive};
use super::{Entry, path};

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER_BYTES: usize = 60;
/// The member with the long names; real ones are far smaller.
const MOST_NAMES_BYTES: usize = 16 << 20;
/// No system takes longer names.
const MOST_NAME_BYTES: usize = 4096;
/// Long names that members share may take so many bytes more than the archive has.
const FREE_NAME_BYTES: u64 = 1 << 20;

/// Whether it starts like an archive of `ar`.
pub(in crate::artifact) fn is_ar(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let mut at = MAGIC.len() as u64;
    let mut names = Vec::new();
    let mut entries = Vec::new();
    let mut left = content.len().saturating_add(FREE_NAME_BYTES);
    while at < content.len() {
        if entries.len() as u64 >= x.limits.max_members {
            let most = x.limits.max_members;
            x.limit_once("max-members", most, "further members were not looked at");
            break;
        }
        let Some(header) = header(content, at) else {
            x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), "no header of a member where one should be");
            x.nested("(behind the archive)", &content.tail(at));
            break;
        };
        let data = at + HEADER_BYTES as u64;
        if header.length > content.len() - data {
            x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), "a member ends behind the end of the archive");
        }
        let packed = content.part(data, header.length.min(content.len() - data));
        at = data.saturating_add(header.length).saturating_add(header.length % 2);
        match header.name.as_str() {
            // Which symbols the members define.
            "/" | "/SYM64/" | "__.SYMDEF" | "__.SYMDEF SORTED" => {}
            "//" => names = packed.read(0, MOST_NAMES_BYTES).map(|names| names.into_owned()).unwrap_or_default(),
            name => {
                let region = ByteRegion::new(data - HEADER_BYTES as u64, data);
                let (long, content) = named(name, &names, &packed);
                let rest = left.checked_sub(long.len() as u64);
                left = rest.unwrap_or(left);
                let name = if rest.is_some() {
                    long
                } else {
                    x.gap(
                        GapKind::Damaged,
                        region,
                        "members share long names so often that not all were called by them",
                    );
                    name.to_owned()
                };
                path::check(&name, region, x);
                entries.push(Entry::plain(name, content));
            }
        }
    }
    archive::examine(&entries, x);
}

struct Header {
    name: String,
    length: u64,
}

fn header(content: &Window, at: u64) -> Option<Header> {
    let bytes = content.read_exact(at, HEADER_BYTES).ok()??;
    let text = |from: usize, to: usize| String::from_utf8_lossy(&bytes[from..to]).trim_end().to_owned();
    let length = text(48, 58).parse().ok()?;
    (bytes[58..60] == *b"`\n").then(|| Header { name: text(0, 16), length })
}

/// The name of a member and its content without it.
fn named(name: &str, names: &[u8], packed: &Window) -> (String, Window) {
    if let Some(length) = name.strip_prefix("#1/").and_then(|digits| digits.parse::<usize>().ok()) {
        let own = packed.read(0, length.min(MOST_NAME_BYTES)).unwrap_or_default();
        let own = String::from_utf8_lossy(&own).trim_end_matches('\0').to_owned();
        return (own, packed.tail((length as u64).min(packed.len())));
    }
    let long = name.strip_prefix('/').and_then(|digits| names.get(digits.parse::<usize>().ok()?..));
    let name = match long {
        Some(long) => {
            let long = &long[..long.len().min(MOST_NAME_BYTES)];
            String::from_utf8_lossy(long.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned()
        }
        None => name.to_owned(),
    };
    (name.strip_suffix('/').unwrap_or(&name).to_owned(), packed.clone())
}

#[cfg(test)]
mod tests {
    use crate::artifact::{Detail, examine};
    use crate::fact::artifact::{ArtifactFacts, Format, Seen};
    use crate::limits::Limits;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes =
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).into_bytes();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        bytes
    }

    fn look(members: &[Vec<u8>]) -> ArtifactFacts {
        let bytes = [b"!<arch>\n".to_vec(), members.concat()].concat();
        examine(&bytes.into(), "library.a", &Limits::default(), Detail::Findings)
    }

    const CALL: &[u8] = b"cos\nsystem\n(S'echo loadlint-test'\ntR.";

    #[test]
    fn members_of_both_forms_are_looked_at() {
        let long = "a-name-that-is-longer-than-sixteen.pkl";
        let gnu = [member("//", format!("{long}/\n").as_bytes()), member("/0", CALL)];
        let bsd = [member("#1/40", &[format!("{long}\0\0").as_bytes(), CALL].concat())];
        for (members, name) in [(&[member("a.pkl/", CALL)][..], "a.pkl"), (&gnu[..], long), (&bsd[..], long)] {
            let found = look(members);
            assert_eq!((found.format, &found.gaps[..]), (Format::Ar, &[][..]));
            let calls = found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_)));
            let places: Vec<_> = calls.map(|fact| fact.place.member.to_string()).collect();
            assert_eq!(places, [name]);
        }
    }

    #[test]
    fn a_long_name_that_all_members_share_is_kept_a_few_times() {
        let shared = |length: usize, count: usize| {
            let library = [member("//", "n".repeat(length).as_bytes()), member("/0", b"").repeat(count)].concat();
            let bytes = [b"!<arch>\n".to_vec(), library].concat();
            let found = examine(&bytes.into(), "library.a", &Limits::default(), Detail::Inventory);
            let names: usize = found.members.iter().map(|member| member.path.to_string().len()).sum();
            (names, found.gaps.len())
        };
        assert_eq!(shared(200, 100), (20_000, 0));
        let (names, gaps) = shared(100_000, 1_000);
        assert!(names < 2 << 20 && gaps > 0, "{names} {gaps}");
    }

    #[test]
    fn libraries_are_quiet_and_damage_is_told() {
        let elf = [b"\x7FELF\x02\x01\x01\0".to_vec(), vec![0; 57]].concat();
        let library = look(&[member("/", &[0; 8]), member("add.o/", &elf), member("sub.o/", &elf)]);
        assert_eq!((library.facts.len(), library.gaps.len()), (0, 0), "{library:?}");
        let mut cut = member("a.o/", &elf);
        cut.truncate(80);
        assert_eq!(look(&[cut]).gaps.len(), 1);
        assert_eq!(look(&[b"no header follows".to_vec()]).gaps.len(), 1);
    }
}
