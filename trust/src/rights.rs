//! What a guest may do with the records. Decides about methods, not about records: an application's own
//! rules come after these.

use serde::{Deserialize, Serialize};

/// What a guest may do; each one may do what those before it may.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Rights {
    /// Read, and write once a person has allowed it: for who came without an invitation.
    #[default]
    AskFirst,
    /// Read records and their attachments.
    ReadOnly,
    /// Also write them. Nothing is removed, though a record may be overwritten.
    ReadWrite,
    /// Also remove them.
    RemoveAllowed,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Carry it out.
    Allow,
    /// Let it wait until a person has said what this guest may do.
    Ask,
    /// Answer it with an error.
    Refuse(Refusal),
}

/// Why a request is refused, in words for who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Reading is all that is allowed.
    #[error(
        "you may read these records, not change them; ask for an invitation that allows writing"
    )]
    Write,
    /// Removing is not allowed.
    #[error(
        "you may read and write these records, not remove them; ask for an invitation that allows it"
    )]
    Remove,
    /// No such method, whatever the rights.
    #[error("there is no such method; update this page")]
    Method,
}

impl Rights {
    /// Judges a call of a jIO method, by its name. What is not known is refused, also in case of names
    /// that every JavaScript object has.
    pub fn judge(self, method: &str) -> Verdict {
        let Some(access) = Access::of(method) else {
            return Verdict::Refuse(Refusal::Method);
        };
        match (self, access) {
            (Self::AskFirst, Access::Write) => Verdict::Ask,
            (
                Self::AskFirst | Self::ReadOnly | Self::ReadWrite | Self::RemoveAllowed,
                Access::Read,
            )
            | (Self::ReadWrite | Self::RemoveAllowed, Access::Write)
            | (Self::RemoveAllowed, Access::Remove) => Verdict::Allow,
            (Self::ReadOnly, Access::Write | Access::Remove) => Verdict::Refuse(Refusal::Write),
            (Self::AskFirst | Self::ReadWrite, Access::Remove) => Verdict::Refuse(Refusal::Remove),
        }
    }
}

impl Refusal {
    /// The `status_code` of the answer (RFC 9110 §15.5).
    pub fn status_code(self) -> u16 {
        match self {
            Self::Write | Self::Remove => 403,
            Self::Method => 405,
        }
    }
}

/// What a method does to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Remove,
}

impl Access {
    fn of(method: &str) -> Option<Self> {
        match method {
            "get" | "allDocs" | "getAttachment" | "allAttachments" => Some(Self::Read),
            // `repair` brings a storage in line with another one, and so may change it.
            "post" | "put" | "putAttachment" | "repair" => Some(Self::Write),
            "remove" | "removeAttachment" => Some(Self::Remove),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jio::rpc::Method;
    use proptest::prelude::*;

    const ALL: [Rights; 4] = [
        Rights::AskFirst,
        Rights::ReadOnly,
        Rights::ReadWrite,
        Rights::RemoveAllowed,
    ];

    #[test]
    fn each_right_allows_what_it_says() {
        let (allow, ask) = (Verdict::Allow, Verdict::Ask);
        let (no_write, no_remove) = (
            Verdict::Refuse(Refusal::Write),
            Verdict::Refuse(Refusal::Remove),
        );
        let reads = [
            Method::Get,
            Method::AllDocs,
            Method::GetAttachment,
            Method::AllAttachments,
        ];
        let writes = [
            Method::Post,
            Method::Put,
            Method::PutAttachment,
            Method::Repair,
        ];
        let removes = [Method::Remove, Method::RemoveAttachment];
        for (methods, verdicts) in [
            (&reads[..], [allow, allow, allow, allow]),
            (&writes[..], [ask, no_write, allow, allow]),
            (&removes[..], [no_remove, no_write, no_remove, allow]),
        ] {
            for method in methods {
                let judged = ALL.map(|rights| rights.judge(method.name()));
                assert_eq!(judged, verdicts, "{method:?}");
            }
        }
        assert_eq!(
            reads.len() + writes.len() + removes.len(),
            Method::ALL.len()
        );
    }

    #[test]
    fn every_method_of_jio_is_known() {
        for method in Method::ALL {
            assert_eq!(
                Rights::RemoveAllowed.judge(method.name()),
                Verdict::Allow,
                "{method:?}"
            );
        }
    }

    #[test]
    fn what_is_no_method_is_refused_whatever_the_rights() {
        for name in [
            "",
            "Put",
            "put ",
            "__proto__",
            "constructor",
            "toString",
            "hasCapacity",
            "jio_put",
        ] {
            for rights in ALL {
                assert_eq!(
                    rights.judge(name),
                    Verdict::Refuse(Refusal::Method),
                    "{name:?}"
                );
            }
        }
    }

    #[test]
    fn a_refusal_has_its_status() {
        let all = [Refusal::Write, Refusal::Remove, Refusal::Method];
        assert_eq!(all.map(Refusal::status_code), [403, 403, 405]);
    }

    #[test]
    fn rights_have_names_in_json() {
        let names = serde_json::to_string(&ALL).unwrap();
        assert_eq!(
            names,
            r#"["ask-first","read-only","read-write","remove-allowed"]"#
        );
        assert!(serde_json::from_str::<Rights>(r#""everything""#).is_err());
    }

    proptest! {
        #[test]
        fn no_name_panics_or_slips_through(name in ".*") {
            let is_method = Method::from_name(&name).is_some();
            prop_assert_eq!(Rights::RemoveAllowed.judge(&name) == Verdict::Allow, is_method);
        }
    }
}
