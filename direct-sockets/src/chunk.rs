//! What is written at once: what is queued for a connection, joined. A broadcast is the same for nearly all
//! members, so the last chunk is kept at hand and given to all whose queue begins with the same messages:
//! making one costs the browser about as much as everything else that this crate does for a write.

use bytes::Bytes;
use web::sockets;

/// The chunk that was made last, and of what.
#[derive(Default)]
pub(crate) struct LastChunk(Option<(Vec<Bytes>, sockets::Chunk)>);

impl LastChunk {
    /// The chunk of these parts; `None` where there are none.
    pub(crate) fn of(&mut self, parts: Vec<Bytes>) -> Option<sockets::Chunk> {
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

/// Whether both are the same bytes in memory: nobody else's can be there while both are held.
fn is_same(some: &[Bytes], others: &[Bytes]) -> bool {
    let place = |bytes: &Bytes| (bytes.as_ptr(), bytes.len());
    some.iter().map(place).eq(others.iter().map(place))
}

#[cfg(test)]
mod tests {
    use super::*;

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
