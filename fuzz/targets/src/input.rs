//! Bytes taken apart: a target that needs more than one input reads them as steps.

/// Lines, each with its first byte as a word of the target's own language. What a peer says in JSON has no
/// raw line feed, so files of a corpus can be read and written by people.
pub(crate) fn lines(data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    data.split(|byte| *byte == b'\n')
        .filter_map(|line| line.split_first())
        .map(|(word, rest)| (*word, rest))
}

/// The text of a line; bytes that are none are replaced, since no browser gives us others.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A digit at the start, and what follows it.
pub(crate) fn digit(bytes: &[u8]) -> (u32, &[u8]) {
    match bytes.split_first() {
        Some((first, rest)) => (u32::from(*first) % 16, rest),
        None => (0, bytes),
    }
}

/// Pieces whose lengths the first byte decides: 1 to 16 bytes each.
pub(crate) fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let length = data.first().map_or(1, |first| usize::from(*first) % 16 + 1);
    data.chunks(length)
}
