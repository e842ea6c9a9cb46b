//! Which requests go out compressed (RFC 9110 §8.4): JSON that is long enough, to a server that takes it.
//!
//! Browsers ask a server first whether a page's request may say `content-encoding`, and where it may not, tell no more
//! than that nothing came. Unless a description says otherwise, this is done only where nobody is asked. Where it is
//! said, and nothing came before anything compressed was answered, the next request goes as it is: a caller that tries
//! again gets through.

use crate::http::{Http, Request, Response};
use jio::endpoint::Failure;
use std::cell::Cell;

/// Bytes from which it is worth it.
const LEAST: usize = 1024;
/// How often nothing may come, where what is not compressed is answered, before none is compressed any more.
const DOUBTS: u8 = 3;

#[derive(Debug, Default)]
pub(crate) struct Packing {
    /// What was described.
    choice: Option<bool>,
    /// The server does not take it.
    is_refused: Cell<bool>,
    has_worked: Cell<bool>,
    doubts: Cell<u8>,
    /// Nothing came to the last one: the next goes as it is.
    is_doubted: Cell<bool>,
}

impl Packing {
    /// `choice` is what was described.
    pub(crate) fn new(choice: Option<bool>) -> Self {
        Self {
            choice,
            ..Self::default()
        }
    }

    /// Sends a request, compressed where that helps.
    pub(crate) async fn send(
        &self,
        http: &dyn Http,
        request: Request,
    ) -> Result<Response, Failure> {
        let is_unasked = http.is_unasked(&request.url);
        let packed = match self.wants(&request, is_unasked) && !self.is_doubted.get() {
            true => http.gzip(&request.body).await?,
            false => None,
        };
        let Some(body) = packed.filter(|packed| packed.len() < request.body.len()) else {
            let came = http.send(request).await;
            self.on_plain(came.is_ok());
            return came;
        };
        let mut packed = Request {
            body,
            ..request.clone()
        };
        let header = ("content-encoding".to_owned(), "gzip".to_owned());
        packed.headers.push(header);
        match http.send(packed).await {
            Ok(response) if self.is_refusal(&response) => {
                let plain = http.send(request).await?;
                // What it does not take in either form is no matter of the form.
                self.is_refused.set(plain.status != response.status);
                Ok(plain)
            }
            Ok(response) => {
                self.has_worked.set(true);
                Ok(response)
            }
            Err(failure) => {
                self.is_doubted.set(!self.has_worked.get());
                Err(failure)
            }
        }
    }

    fn wants(&self, request: &Request, is_unasked: bool) -> bool {
        let is_json = |(name, value): &(String, String)| {
            name == "content-type" && value == "application/json"
        };
        self.choice.unwrap_or(is_unasked)
            && !self.is_refused.get()
            && request.body.len() >= LEAST
            && request.headers.iter().any(is_json)
    }

    /// It does not take this, and nothing was done.
    fn is_refusal(&self, response: &Response) -> bool {
        response.status == 415 || (response.status == 400 && !self.has_worked.get())
    }

    /// What is not compressed was answered, or not.
    fn on_plain(&self, is_answered: bool) {
        if self.is_doubted.replace(false) && is_answered {
            self.doubts.set(self.doubts.get() + 1);
            self.is_refused.set(self.doubts.get() >= DOUBTS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Millis;
    use crate::credentials::Credentials;
    use crate::scripted::{Scripted, block_on, reply};
    use jio::storage::Answer;
    use serde_json::{Value, json};
    use std::rc::Rc;

    /// A browser that packs to `GZ`, and asks servers first or not.
    struct Browser(Rc<Scripted>, bool);

    impl Http for Browser {
        fn send(&self, request: Request) -> Answer<'_, Response> {
            self.0.send(request)
        }

        fn now(&self) -> Millis {
            self.0.now()
        }

        fn is_unasked(&self, _: &str) -> bool {
            self.1
        }

        fn gzip<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
            Box::pin(async { Ok(Some(b"GZ".to_vec())) })
        }
    }

    fn request(length: usize, content_type: &str) -> Request {
        Request {
            method: "POST",
            url: "https://db.example/x".to_owned(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: vec![b' '; length],
            credentials: Credentials::none(),
        }
    }

    fn packing(choice: Option<bool>) -> Packing {
        Packing::new(choice)
    }

    /// What goes over the line of so many requests that are long enough: `true` for each that is compressed. A status of
    /// 0 is no answer.
    fn sent(packing: &Packing, is_unasked: bool, statuses: &[u16], requests: usize) -> Vec<bool> {
        let mut forms = Vec::new();
        let mut left = statuses.iter().copied();
        for _ in 0..requests {
            let replies: Vec<Response> = left
                .clone()
                .take_while(|status| *status != 0)
                .map(|status| reply(status, Value::Null))
                .collect();
            let http = Scripted::new(replies);
            let browser = Browser(http.clone(), is_unasked);
            let _ = block_on(packing.send(&browser, request(LEAST, "application/json")));
            for request in http.asked() {
                left.next();
                let header = ("content-encoding".to_owned(), "gzip".to_owned());
                assert_eq!(request.body == b"GZ", request.headers.contains(&header));
                forms.push(request.body == b"GZ");
            }
        }
        forms
    }

    #[test]
    fn long_json_is_compressed_where_nobody_is_asked_or_it_is_described() {
        for (choice, is_unasked, expected) in [
            (None, true, true),
            (None, false, false),
            (Some(true), false, true),
            (Some(false), true, false),
        ] {
            assert_eq!(sent(&packing(choice), is_unasked, &[201], 1), [expected]);
        }
        let unpacked = [
            request(LEAST - 1, "application/json"),
            request(LEAST, "multipart/form-data; boundary=x"),
            request(LEAST, "image/png"),
        ];
        for request in unpacked {
            let http = Scripted::new([reply(200, json!({}))]);
            let browser = Browser(http.clone(), true);
            block_on(packing(None).send(&browser, request.clone())).unwrap();
            assert_eq!(http.asked(), [request]);
        }
    }

    #[test]
    fn what_a_server_does_not_take_is_sent_as_it_is_from_then_on() {
        for status in [415, 400] {
            let packing = packing(None);
            let forms = sent(&packing, true, &[status, 201, 201], 2);
            assert_eq!(forms, [true, false, false]);
        }
        let worked = packing(None);
        let forms = sent(&worked, true, &[201, 400, 201], 3);
        assert_eq!(forms, [true, true, true], "then it is the content");
        let content = packing(None);
        let forms = sent(&content, true, &[400, 400, 201], 2);
        assert_eq!(forms, [true, false, true], "neither form is taken");
    }

    #[test]
    fn where_nothing_comes_before_any_was_taken_the_next_goes_as_it_is() {
        let asked = packing(Some(true));
        let statuses = [0, 201, 0, 201, 0, 201, 201, 201];
        let forms = sent(&asked, false, &statuses, 8);
        let expected = [true, false, true, false, true, false, false, false];
        assert_eq!(forms, expected);
        let known = packing(None);
        let forms = sent(&known, true, &[201, 0, 201], 3);
        assert_eq!(forms, [true, true, true], "a cut is a cut");
        let offline = packing(Some(true));
        let forms = sent(&offline, false, &[0, 0, 201, 0], 4);
        assert_eq!(
            forms,
            [true, false, true, true],
            "a cut of both tells nothing"
        );
    }
}
