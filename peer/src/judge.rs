//! Whether a caller's next call begins: its rights decide, then a person, then the page.

use crate::page::MasterPage;
use crate::serving::{self, Admission};
use crate::slave::json;
use jio::endpoint::Failure;
use jio::rpc::Call;
use serde_json::Value;
use std::rc::Rc;
use trust::rights::{Rights, Verdict};

/// What is asked about one caller's next call.
pub(crate) struct Judge {
    pub(crate) page: Rc<MasterPage>,
    pub(crate) rights: Rights,
    pub(crate) peer: Value,
    pub(crate) question: u32,
}

impl Judge {
    /// What becomes of a call; asks the person where that is so.
    pub(crate) fn admit(&self, call: &Call, is_permitted: bool) -> Admission {
        let refuse = |status, why: &str| Admission::Refuse(Failure::new(status, why));
        match self.rights.judge(call.method().name()) {
            Verdict::Refuse(refusal) => refuse(refusal.status_code(), &refusal.to_string()),
            Verdict::Ask if is_permitted => self.validate(call),
            Verdict::Ask if self.page.asks() => {
                let info = json(&serving::to_info(call, &self.peer));
                self.page.ask(self.question, &info);
                Admission::Ask
            }
            Verdict::Ask => refuse(
                403,
                "nobody is here who could allow this; ask for an invitation",
            ),
            Verdict::Allow => self.validate(call),
        }
    }

    /// Asks the page whether a call may be executed.
    fn validate(&self, call: &Call) -> Admission {
        if !self.page.validates() {
            return Admission::Begin;
        }
        let asked = self
            .page
            .validate(&json(&serving::to_info(call, &self.peer)));
        asked.map_or_else(
            |refusal| Admission::Refuse(Failure::new(refusal.status_code(), refusal.message())),
            |()| Admission::Begin,
        )
    }
}
