//! Forms as they are sent (RFC 7578): parts of names and texts, and files.

use sha2::{Digest, Sha256};

/// A form in the making.
#[derive(Debug, Default)]
pub(crate) struct Form {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// All that stands before the content, but for the boundary.
    head: String,
    content: Vec<u8>,
}

impl Form {
    /// Adds a text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        let head = format!("content-disposition: form-data; name=\"{}\"", escaped(name));
        let content = text.as_bytes().to_vec();
        self.parts.push(Part { head, content });
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, file: &str, content_type: &str, content: Vec<u8>) {
        let is_plain =
            !content_type.is_empty() && content_type.bytes().all(|b| (b' '..0x7f).contains(&b));
        let content_type = if is_plain {
            content_type
        } else {
            "application/octet-stream"
        };
        let head = format!(
            "content-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\ncontent-type: {content_type}",
            escaped(name),
            escaped(file),
        );
        self.parts.push(Part { head, content });
    }

    /// Type and bytes of the whole.
    pub(crate) fn finish(self) -> (String, Vec<u8>) {
        let boundary = self.boundary();
        let mut bytes = Vec::new();
        for Part { head, content } in &self.parts {
            bytes.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), bytes)
    }

    /// A text that stands nowhere in the parts: a hash of them, which none of them can contain.
    fn boundary(&self) -> String {
        let mut hash = Sha256::new();
        for part in &self.parts {
            hash.update(&part.head);
            hash.update(&part.content);
        }
        let digits = data_encoding::HEXLOWER.encode(&hash.finalize());
        format!("form-{digits}")
    }
}

/// As browsers write names and file names (HTML, “multipart form data”).
fn escaped(text: &str) -> String {
    text.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_between_boundaries_and_names_cannot_leave_their_quotes() {
        let mut form = Form::default();
        form.text("field_my_title", "Ada\r\nLovelace é");
        form.file(
            "file\"; x=\"",
            "a\r\nb.txt",
            "text/plain\r\nx: y",
            b"\0\xff".to_vec(),
        );
        let (content_type, bytes) = form.finish();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let expected = [
            &b"--B\r\ncontent-disposition: form-data; name=\"field_my_title\"\r\n\r\nAda\r\nLovelace \xc3\xa9\r\n"[..],
            b"--B\r\ncontent-disposition: form-data; name=\"file%22; x=%22\"; filename=\"a%0D%0Ab.txt\"\r\n",
            b"content-type: application/octet-stream\r\n\r\n\0\xff\r\n--B--\r\n",
        ];
        let expected =
            String::from_utf8_lossy(&expected.concat()).replace("--B", &format!("--{boundary}"));
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }
}
