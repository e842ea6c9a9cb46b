//! Sets of connections that one command sends to.

use crate::link::{ConnId, GroupId};
use std::collections::BTreeMap;

/// The groups that have members, each in ascending order.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<GroupId, Vec<ConnId>>);

impl Groups {
    /// Says whether `conn` was not in `group` before.
    pub(super) fn join(&mut self, conn: ConnId, group: GroupId) -> bool {
        let members = self.0.entry(group).or_default();
        let place = members.binary_search(&conn);
        if let Err(place) = place {
            members.insert(place, conn);
        }
        place.is_err()
    }

    /// A group is gone with its last member.
    pub(super) fn leave(&mut self, conn: ConnId, group: GroupId) {
        let Some(members) = self.0.get_mut(&group) else {
            return;
        };
        if let Ok(place) = members.binary_search(&conn) {
            members.remove(place);
        }
        if members.is_empty() {
            self.0.remove(&group);
        }
    }

    pub(super) fn members(&self, group: GroupId) -> &[ConnId] {
        self.0.get(&group).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_each_member_once_and_vanish_with_the_last() {
        let mut groups = Groups::default();
        let group = GroupId(7);
        assert!(groups.join(ConnId(2), group));
        assert!(groups.join(ConnId(1), group));
        assert!(!groups.join(ConnId(2), group));
        assert_eq!(groups.members(group), [ConnId(1), ConnId(2)]);
        groups.leave(ConnId(1), group);
        groups.leave(ConnId(9), group);
        groups.leave(ConnId(2), GroupId(8));
        assert_eq!(groups.members(group), [ConnId(2)]);
        groups.leave(ConnId(2), group);
        assert!(groups.members(group).is_empty() && groups.0.is_empty());
    }
}
