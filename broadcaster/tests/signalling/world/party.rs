//! A master that invites, and those who come with its invitations.

use super::{HOST, Node, World, new_slave, slave_config};
use broadcaster::Millis;
use broadcaster::hub::Mode;
use broadcaster::signalling::master::{self, Host, Strangers};
use broadcaster::signalling::{Master, Slave, slave};
use trust::identity::Identity;
use trust::invitation::Invitation;
use trust::registry::{Invitations, Terms, UnixSeconds};
use trust::rights::Rights;
use trust::seed::Seed;

/// What a master has, and what it has issued.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) identity: Identity,
    pub(crate) invitations: Invitations,
}

pub(crate) const DATE: UnixSeconds = UnixSeconds(1_800_000_000);

impl Party {
    pub(crate) fn new() -> Self {
        let mut invitations = Invitations::default();
        invitations
            .share(Terms::default(), [7; 24], DATE)
            .expect("the first one");
        Self {
            identity: Identity::from_random([3; 32]),
            invitations,
        }
    }

    /// A personal invitation with these rights, until then.
    pub(crate) fn invite(
        &mut self,
        n: u8,
        rights: Rights,
        expires: Option<UnixSeconds>,
    ) -> Invitation {
        let label = format!("guest {n}");
        let terms = Terms {
            label,
            rights,
            expires,
        };
        let issued = self.invitations.invite(terms, [n; 24], DATE).unwrap();
        issued.to_invitation(self.identity.public())
    }

    pub(crate) fn shared(&self) -> Invitation {
        let shared = self.invitations.shared().unwrap();
        shared.to_invitation(self.identity.public())
    }

    pub(crate) fn ticket(&self, n: u8) -> slave::Ticket {
        ticket(self.shared(), n)
    }

    pub(crate) fn host(&self, strangers: Strangers) -> Host {
        Host {
            identity: self.identity.clone(),
            invitations: self.invitations.clone(),
            room: "/".to_owned(),
            authority: None,
            strangers,
            epoch: DATE,
            seed: Seed::new([9; 32]),
        }
    }

    /// A master in a room of invited mode, which knows the keys.
    pub(crate) fn add_master(&self, world: &mut World) -> Node {
        world.room.mode = Mode::Invited;
        world.room.keys = self.invitations.keys(DATE);
        let host = self.host(Strangers::Refused);
        let node = world.add("192.168.1.2", Box::new(Master::inviting(config("M"), host)));
        world.room.set_local(node);
        world.run_for(100);
        node
    }

    /// A slave with the shared invitation.
    pub(crate) fn add_slave(&self, world: &mut World, id: &str) -> Node {
        add_guest(world, id, self.shared())
    }

    /// Tells the master and the hub of other invitations.
    pub(crate) fn tell(&self, world: &mut World, master: Node) {
        world.room.keys = self.invitations.keys(DATE);
        let host = self.host(Strangers::Refused);
        world.with(master, |master: &mut Master, now: Millis| {
            master.handle_host(host, Rights::RemoveAllowed, now);
        });
    }
}

pub(crate) fn ticket(invitation: Invitation, n: u8) -> slave::Ticket {
    slave::Ticket {
        invitation,
        host: HOST.to_owned(),
        room: "/".to_owned(),
        seed: Seed::new([n; 32]),
    }
}

pub(crate) fn add_guest(world: &mut World, id: &str, invitation: Invitation) -> Node {
    add_guest_at(world, "192.168.1.5", id, invitation)
}

pub(crate) fn add_guest_at(
    world: &mut World,
    address: &str,
    id: &str,
    invitation: Invitation,
) -> Node {
    let n = id.bytes().last().unwrap_or_default();
    let slave = Slave::invited(slave_config(id), ticket(invitation, n));
    world.add(address, Box::new(slave))
}

/// A slave without an invitation that asks a person where it needs one.
pub(crate) fn add_visitor(world: &mut World, address: &str, id: &str) -> Node {
    let door = slave::Door {
        host: HOST.to_owned(),
        room: "/".to_owned(),
        seed: Seed::new([id.bytes().map(|byte| byte % 7).sum(); 32]),
    };
    world.add(address, Box::new(Slave::visiting(slave_config(id), door)))
}

pub(crate) fn add_stranger(world: &mut World, id: &str) -> Node {
    world.add("192.168.1.6", Box::new(new_slave(id)))
}

pub(crate) fn config(id: &str) -> master::Config {
    let mut config = master::Config::new(id.try_into().unwrap(), format!("name of {id}").into());
    config.protocols = vec!["jio.2".into()];
    config
}
