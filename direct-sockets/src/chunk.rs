//! What is written at once: what is queued for a connection, joined. A broadcast is the same for nearly all
//! members, so the last chunk is kept at hand and given to all whose queue begins with the same messages:
//! making one costs the browser about as much as everything else that this crate does for a write.

use bytes::Bytes;
use web::sockets;

/// The chunk that was made last, and of what.
#[derive(Default)]
pub(crate) struct LastChunk(Option<(Vec<Bytes>, sockets::Chunk)>);

impl LastChunk {
    /// What to write of a queue; `None` where nothing is queued.
    pub(crate) fn next<'a>(
        &mut self,
        queued: impl Iterator<Item = &'a Bytes>,
    ) -> Option<sockets::Chunk> {
        let parts = first_of(queued);
        if parts.is_empty() {
            return None;
        }
        if let Some((of, chunk)) = &self.0
            && is_same(of, &parts)
        {
            return Some(chunk.clone());
        }
        let chunk = sockets::Chunk::new(&parts.concat());
        self.0 = Some((parts, chunk.clone()));
        Some(chunk)
    }
}

/// As much of a queue as is written at once, whole messages.
fn first_of<'a>(queued: impl Iterator<Item = &'a Bytes>) -> Vec<Bytes> {
    let mut parts: Vec<Bytes> = Vec::new();
    let mut length = 0;
    for bytes in queued {
        length += bytes.len();
        if !parts.is_empty() && length > WRITE_BYTES {
            break;
        }
        parts.push(bytes.clone());
    }
    parts
}

/// Whether both are the same bytes in memory: nobody else's can be there while both are held.
fn is_same(some: &[Bytes], others: &[Bytes]) -> bool {
    let place = |bytes: &Bytes| (bytes.as_ptr(), bytes.len());
    some.iter().map(place).eq(others.iter().map(place))
}

/// Bytes given to one write, where a frame is not longer: what a stream takes at once.
const WRITE_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_takes_whole_messages_up_to_its_bound_and_a_longer_one_alone() {
        let short = Bytes::from(vec![1; 100]);
        let long = Bytes::from(vec![2; WRITE_BYTES - 100]);
        let longer = Bytes::from(vec![3; WRITE_BYTES + 1]);
        let lengths = |queue: &[&Bytes]| first_of(queue.iter().copied()).len();
        assert_eq!(lengths(&[]), 0);
        assert_eq!(lengths(&[&short, &long]), 2);
        assert_eq!(lengths(&[&short, &long, &short]), 2);
        assert_eq!(lengths(&[&longer, &short]), 1);
        assert_eq!(lengths(&[&short, &longer]), 1);
    }

    #[test]
    fn only_the_same_messages_in_the_same_order_are_the_same() {
        let (one, other) = (Bytes::from(vec![1; 9]), Bytes::from(vec![1; 9]));
        let queue = [one.clone(), other.clone()];
        assert!(is_same(&queue, &queue.clone()));
        assert!(!is_same(&queue, &[other.clone(), one.clone()]));
        assert!(!is_same(&queue, &queue[..1]));
        assert!(!is_same(&[one.slice(1..)], &[one]));
    }
}
