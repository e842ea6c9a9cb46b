//! What a person says of those who are connected, and what becomes of their calls by it.

use super::{Caller, Master};
use crate::address::Hosting;
use crate::judge::Judge;
use crate::serving::Admission;
use crate::slave::{SignsInfo, now};
use broadcaster::signalling::Way;
use broadcaster::signalling::master::{Peer, Status};
use broadcaster::signalling::message::PeerId;
use broadcaster::signalling::rtc::SessionId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use trust::rights::Rights;

impl Master {
    pub(super) fn sessions(&self, peer: &PeerId) -> Vec<SessionId> {
        let peers = self.machine.peers().filter(|known| known.peer == peer);
        peers.map(|known| known.session).collect()
    }

    /// Somebody else may have begun a session under the same id: only who is connected is meant.
    pub(super) fn on_rights(&mut self, peer: &PeerId, rights: Rights) {
        for session in self.sessions(peer) {
            if !self.callers.contains_key(&Caller::Slave(session)) {
                continue;
            }
            self.machine.handle_rights(session, rights);
            if let Some(serving) = self.callers.get_mut(&Caller::Slave(session)) {
                serving.handle_rights();
            }
        }
    }

    /// What each slave may do.
    fn rights(&self) -> BTreeMap<SessionId, Rights> {
        let peers = self.machine.peers();
        peers.map(|peer| (peer.session, peer.rights)).collect()
    }

    /// What it is was read once already.
    pub(super) fn on_hosting(&mut self, hosting: &Hosting) {
        if let Ok(Some(host)) = hosting.host(&self.address) {
            let rights = hosting.strangers_rights();
            let before = self.rights();
            self.machine.handle_host(host, rights, now());
            let after = self.rights();
            for (session, _) in before
                .into_iter()
                .filter(|(id, rights)| after.get(id) != Some(rights))
            {
                if let Some(serving) = self.callers.get_mut(&Caller::Slave(session)) {
                    serving.handle_rights();
                }
            }
        }
    }

    pub(super) fn on_permitted(&mut self, question: u32, allowed: bool) {
        if let Some((caller, number)) = self.questions.remove(&question)
            && let Some(serving) = self.callers.get_mut(&caller)
        {
            serving.handle_permitted(number, allowed);
        }
    }

    pub(super) fn begin(&mut self, caller: Caller) {
        self.served = Some(caller);
        let Some(rights) = self.rights_of(caller) else {
            return;
        };
        let judge = Judge {
            page: self.page.clone(),
            rights,
            peer: self.peer(caller, rights),
            question: self.asked + 1,
        };
        let mut asked = None;
        if let Some(serving) = self.callers.get_mut(&caller) {
            serving.begin(now(), |number, call, is_permitted| {
                let admission = judge.admit(call, is_permitted);
                if matches!(admission, Admission::Ask) {
                    asked = Some(number);
                }
                admission
            });
        }
        if let Some(number) = asked {
            self.asked += 1;
            self.questions.insert(self.asked, (caller, number));
        }
    }

    /// What a caller may do: a page of this origin everything. `None` is one that is gone.
    fn rights_of(&self, caller: Caller) -> Option<Rights> {
        match caller {
            Caller::Page(_) => Some(Rights::RemoveAllowed),
            Caller::Slave(session) => self.machine.rights(session),
        }
    }

    /// Who calls, for `validate` and questions; null for a page, and where nobody wants to know.
    fn peer(&self, caller: Caller, rights: Rights) -> Value {
        let mut peers = self.machine.peers();
        match caller {
            Caller::Slave(session) if self.page.validates() || rights == Rights::AskFirst => peers
                .find(|peer| peer.session == session)
                .map_or(Value::Null, |peer| describe(&peer)),
            Caller::Slave(_) | Caller::Page(_) => Value::Null,
        }
    }
}

pub(super) fn is_by(peer: &Peer<'_>, sought: Way) -> bool {
    matches!(peer.status, Status::Connected { way, .. } if way == sought)
}

/// A peer as the page is told it, as `Peer` of index.d.ts.
pub(super) fn describe(peer: &Peer<'_>) -> Value {
    let (state, protocol, signs) = match peer.status {
        Status::Connecting => ("connecting", "", None),
        Status::Waiting { signs } => ("waiting", "", Some(SignsInfo::from(signs))),
        Status::Connected { protocol, .. } => ("connected", protocol, None),
    };
    json!({
        "id": peer.peer.as_str(), "address": peer.address.map(|ip| ip.to_string()), "state": state,
        "since": peer.since.0, "protocol": protocol, "rights": peer.rights,
        "relayed": is_by(peer, Way::Relayed),
        "session": peer.session.0, "member": peer.member, "signs": signs,
        "invitation": peer.guest.map(|guest| json!({ "id": guest.invitation, "label": guest.label })),
    })
}
