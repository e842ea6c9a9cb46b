//! Frames of the RPC as they go through the broadcaster.

use broadcaster::Payload;
use jio::endpoint::Frame;

pub(crate) fn to_payload(frame: Frame) -> Payload {
    match frame {
        Frame::Text(text) => Payload::Text(text.into()),
        Frame::Binary(bytes) => bytes.into(),
    }
}

pub(crate) fn to_frame(payload: Payload) -> Frame {
    match payload {
        Payload::Text(text) => Frame::Text(text.as_str().to_owned()),
        Payload::Binary(bytes) => Frame::Binary(bytes.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives() {
        for frame in [Frame::Text("é".to_owned()), Frame::Binary(vec![0, 255])] {
            assert_eq!(to_frame(to_payload(frame.clone())), frame);
        }
    }
}
