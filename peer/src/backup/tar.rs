//! Headers of a tar archive (POSIX.1-1988 ustar, `pax` in POSIX.1-2001 §ustar Interchange Format):
//! regular files with short names and nothing else. Lengths from 8 GiB on are written in base 256, as
//! GNU tar does.

/// Length of a header; contents are padded to multiples of it.
pub(super) const BLOCK: usize = 512;
/// What ends an archive.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// A header's fields that mean something here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) length: u64,
}

const NAME: std::ops::Range<usize> = 0..100;
const MODE: std::ops::Range<usize> = 100..108;
const OWNER: std::ops::Range<usize> = 108..116;
const GROUP: std::ops::Range<usize> = 116..124;
const LENGTH: std::ops::Range<usize> = 124..136;
const MODIFIED: std::ops::Range<usize> = 136..148;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..265;

const REGULAR_FILE: u8 = b'0';
const USTAR: &[u8; 8] = b"ustar\x0000";
/// The first length that eleven octal digits cannot say.
const OCTAL_END: u64 = 1 << 33;
const BASE_256: u8 = 0x80;

/// Writes a header. `name` is one of ours, shorter than its field.
pub(super) fn header(name: &str, length: u64, modified_s: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[NAME][..name.len()].copy_from_slice(name.as_bytes());
    octal(&mut block[MODE], 0o644);
    octal(&mut block[OWNER], 0);
    octal(&mut block[GROUP], 0);
    if length < OCTAL_END {
        octal(&mut block[LENGTH], length);
    } else {
        block[LENGTH][4..].copy_from_slice(&length.to_be_bytes());
        block[LENGTH.start] = BASE_256;
    }
    octal(&mut block[MODIFIED], modified_s.min(OCTAL_END - 1));
    block[KIND] = REGULAR_FILE;
    block[MAGIC].copy_from_slice(USTAR);
    seal(&mut block);
    block
}

/// Writes the checksum: six digits, a zero byte and a space, unlike the other numbers.
pub(super) fn seal(block: &mut [u8; BLOCK]) {
    let sum = u64::from(checksum(block));
    octal(&mut block[CHECKSUM][..7], sum);
    block[CHECKSUM.end - 1] = b' ';
}

/// Reads a header; `None` when it is not one, or not one of ours.
pub(super) fn read(block: &[u8; BLOCK]) -> Option<Header> {
    let sum = read_octal(&block[CHECKSUM])?;
    let is_ours = sum == u64::from(checksum(block))
        && block[KIND] == REGULAR_FILE
        && block[MAGIC] == USTAR[..];
    if !is_ours {
        return None;
    }
    let name = until_zero(&block[NAME]);
    let length = if block[LENGTH.start] == BASE_256 {
        u64::from_be_bytes(block[LENGTH][4..].try_into().ok()?)
    } else {
        read_octal(&block[LENGTH])?
    };
    Some(Header {
        name: String::from_utf8(name.to_vec()).ok()?,
        length,
    })
}

/// Bytes between the end of a content and the next header.
pub(super) fn padding(length: u64) -> usize {
    let over = (length % BLOCK as u64) as usize;
    (BLOCK - over) % BLOCK
}

/// The sum of all bytes, where those of the sum itself count as spaces.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    sum(block) - sum(&block[CHECKSUM]) + CHECKSUM.len() as u32 * u32::from(b' ')
}

/// Fills a field with octal digits and the zero byte that ends them.
fn octal(field: &mut [u8], mut value: u64) {
    let digits = field.len() - 1;
    for digit in field[..digits].iter_mut().rev() {
        *digit = b'0' + (value & 7) as u8;
        value >>= 3;
    }
    field[digits] = 0;
}

fn read_octal(field: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(until_zero(field)).ok()?;
    u64::from_str_radix(digits.trim_end(), 8).ok()
}

fn until_zero(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written() {
        for length in [0, 1, 512, 8_000_000_000, OCTAL_END, u64::MAX] {
            let block = header("documents/00000001.jsonl", length, 1_790_000_000);
            let name = "documents/00000001.jsonl".to_owned();
            assert_eq!(read(&block), Some(Header { name, length }));
        }
    }

    #[test]
    fn one_changed_byte_is_found() {
        let block = header(super::super::contents::MANIFEST, 100, 0);
        for at in 0..BLOCK {
            let mut changed = block;
            changed[at] ^= 1;
            // The byte that ends the digits of the sum may be anything but a digit.
            let tolerated = changed == block || read(&changed) == read(&block);
            assert!(!tolerated || CHECKSUM.contains(&at), "byte {at}");
        }
    }

    #[test]
    fn contents_are_padded_to_blocks() {
        let padded = [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)];
        for (length, expected) in padded {
            assert_eq!(padding(length), expected, "{length}");
        }
    }
}
