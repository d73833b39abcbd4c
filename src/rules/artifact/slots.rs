//! The order in which places of a table are tried for a name: the build fills the table in this order, and the program
//! looks in it.

/// The places to try for a name that consists of these `parts`, in a table of `count` places, a power of two. FNV-1a: the
/// names are ours, so nobody can choose them to collide.
pub(crate) fn slots<'p>(parts: impl IntoIterator<Item = &'p str>, count: usize) -> impl Iterator<Item = usize> {
    let bytes = parts.into_iter().flat_map(str::bytes);
    let hash = bytes.fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash as usize..).map(move |at| at & (count - 1)).take(count)
}
