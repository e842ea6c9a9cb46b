//! Request heads: read whole or in pieces they are the same, and nothing of them is past its bound.

use crate::input::pieces;
use broadcaster::head::{Error, Head, Reader, Wish};
use broadcaster::limits::{HEAD_BYTES, PROTOCOLS};

pub(crate) fn head(data: &[u8]) {
    let whole = Reader::default().read(data);
    let cut = in_pieces(data);
    // What is refused may be refused earlier where more of it is seen; what is served is the same.
    assert_eq!(
        whole.as_ref().ok().cloned().flatten(),
        cut.as_ref().ok().cloned().flatten()
    );
    for error in [whole.as_ref().err(), cut.as_ref().err()]
        .into_iter()
        .flatten()
    {
        assert!((400..=505).contains(&error.http_status()));
    }
    if let Ok(Some((head, length))) = whole {
        assert!(length <= data.len() && length <= HEAD_BYTES);
        check(&head);
    }
}

fn in_pieces(data: &[u8]) -> Result<Option<(Head, usize)>, Error> {
    let (mut reader, mut before) = (Reader::default(), 0);
    for piece in pieces(data) {
        if let Some((head, length)) = reader.read(piece)? {
            return Ok(Some((head, before + length)));
        }
        before += piece.len();
    }
    Ok(None)
}

fn check(head: &Head) {
    assert!(head.path().starts_with('/') && head.path().len() <= head.target.len());
    assert_eq!(head.host.parse().as_ref(), Ok(&head.authority));
    let origin = head.origin.as_deref().unwrap_or_default();
    for text in [&head.target, &head.host, origin] {
        assert!(
            !text.contains(['\r', '\n', '\0']),
            "{text:?} could end a field"
        );
    }
    if let Wish::Upgrade(upgrade) = &head.wish {
        assert_eq!(upgrade.accept.len(), 28);
        assert!(upgrade.protocols.len() <= PROTOCOLS);
        let is_plain =
            |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
        assert!(upgrade.protocols.iter().all(is_plain));
    }
}
