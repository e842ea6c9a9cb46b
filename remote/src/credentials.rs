//! By what a server knows who asks. Secrets leave this only as headers, at the moment of sending.

use data_encoding::BASE64;
use std::fmt;

/// By what a server knows who asks. Its `Debug` tells the kind and no secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(Kind);

#[derive(Clone, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    None,
    Cookies,
    AccessToken(String),
    Bearer(String),
    Basic(String, String),
}

impl Credentials {
    /// Nothing: the server answers everybody.
    pub fn none() -> Self {
        Self::default()
    }

    /// The browser's cookies for the server: whoever is logged in there.
    pub fn cookies() -> Self {
        Self(Kind::Cookies)
    }

    /// An ERP5 access token (header `X-ACCESS-TOKEN`).
    pub fn access_token(token: impl Into<String>) -> Self {
        Self(Kind::AccessToken(token.into()))
    }

    /// A bearer token (RFC 6750).
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Kind::Bearer(token.into()))
    }

    /// A name and a password (RFC 7617).
    pub fn basic(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Kind::Basic(name.into(), password.into()))
    }

    /// The header to send, name in lower case; the only way a secret leaves.
    pub fn header(&self) -> Option<(&'static str, String)> {
        match &self.0 {
            Kind::None | Kind::Cookies => None,
            Kind::AccessToken(token) => Some(("x-access-token", token.clone())),
            Kind::Bearer(token) => Some(("authorization", format!("Bearer {token}"))),
            Kind::Basic(name, password) => {
                let pair = BASE64.encode(format!("{name}:{password}").as_bytes());
                Some(("authorization", format!("Basic {pair}")))
            }
        }
    }

    /// Whether a text has the secret in it, or the header that says it.
    pub fn is_said_in(&self, text: &str) -> bool {
        let secret = match &self.0 {
            Kind::None | Kind::Cookies => return false,
            Kind::AccessToken(secret) | Kind::Bearer(secret) | Kind::Basic(_, secret) => secret,
        };
        let sent = self.header().map(|(_, value)| value);
        let sent = sent.as_deref().and_then(|value| value.rsplit(' ').next());
        [Some(secret.as_str()), sent]
            .into_iter()
            .flatten()
            .any(|secret| !secret.is_empty() && text.contains(secret))
    }

    /// Whether the browser's cookies go with a request.
    pub fn brings_cookies(&self) -> bool {
        self.0 == Kind::Cookies
    }

    /// Whether the header can be sent: no secret has a character that ends a header's line, and no name a
    /// colon, which would end it (RFC 7617 §2).
    pub fn is_sendable(&self) -> bool {
        let plain = |text: &str| !text.chars().any(char::is_control);
        match &self.0 {
            Kind::None | Kind::Cookies => true,
            Kind::AccessToken(token) | Kind::Bearer(token) => {
                !token.is_empty() && token.is_ascii() && plain(token)
            }
            Kind::Basic(name, password) => !name.contains(':') && plain(name) && plain(password),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Kind::None => "none",
            Kind::Cookies => "cookies",
            Kind::AccessToken(_) => "access token",
            Kind::Bearer(_) => "bearer",
            Kind::Basic(..) => "basic",
        };
        write!(f, "Credentials({kind})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_in_the_header_and_nowhere_else() {
        let table = [
            (Credentials::none(), None),
            (Credentials::cookies(), None),
            (
                Credentials::access_token("s3cret"),
                Some(("x-access-token", "s3cret")),
            ),
            (
                Credentials::bearer("s3cret"),
                Some(("authorization", "Bearer s3cret")),
            ),
            // The example of RFC 7617 §2.
            (
                Credentials::basic("Aladdin", "open sesame"),
                Some(("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
            ),
        ];
        for (credentials, expected) in table {
            let expected = expected.map(|(name, value)| (name, value.to_owned()));
            assert_eq!(credentials.header(), expected);
            assert!(credentials.is_sendable());
            let shown = format!("{credentials:?}");
            for secret in ["s3cret", "open sesame", "Aladdin"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }

    #[test]
    fn what_would_break_a_header_is_not_sendable() {
        for odd in [
            Credentials::bearer("a\nb"),
            Credentials::bearer(""),
            Credentials::access_token("é"),
            Credentials::basic("a:b", "c"),
            Credentials::basic("a", "c\r\nx: y"),
        ] {
            assert!(!odd.is_sendable());
        }
    }
}
