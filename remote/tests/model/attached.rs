//! What happens to attachments in the world of the model, and what must hold of them at the end.

use super::{Flavour, Master, Token, World, bytes, bytes_token, finish, id, moment, name};
use jio::rpc::Call;
use jio::storage::{Storage, Upload};
use jio::{Id, Name};
use remote::replication::{Conflicts, Keep};
use std::collections::{BTreeMap, BTreeSet};

impl Master {
    /// Brings an attachment; how much of it happened shows in the store.
    pub(crate) async fn attaching(&self, id: &Id, name: &Name, token: Token) {
        self.store.files.writing.set(Some(token));
        self.attaching_bytes(id, name, &bytes(token)).await;
        self.store.files.writing.set(None);
    }

    pub(crate) async fn attaching_bytes(&self, id: &Id, name: &Name, bytes: &[u8]) {
        let upload = Upload {
            id: id.clone(),
            name: name.clone(),
            content_type: "text/plain".into(),
            size: bytes.len() as u64,
        };
        let writer = self.replicated.put_attachment(upload).await;
        let mut writer = writer.expect("a local write succeeds");
        let written = writer.write(bytes).await;
        written.expect("a local write succeeds");
        writer.finish().await.expect("a local write succeeds");
    }

    pub(crate) fn attach(&self, id: &Id, name: &Name, token: Token) {
        finish(self.attaching(id, name, token));
    }

    pub(crate) fn detach(&self, id: &Id, name: &Name) {
        let files = &self.store.files;
        *files.removing.borrow_mut() = Some((id.clone(), name.clone()));
        let call = Call::RemoveAttachment(id.clone(), name.clone());
        let removed = finish(self.replicated.execute(call));
        removed.expect("a local write succeeds");
        *files.removing.borrow_mut() = None;
    }

    /// The attachments that a caller is told of, and be they on their way.
    pub(super) fn listed(&self, id: &Id) -> BTreeSet<String> {
        let listed = finish(self.replicated.execute(Call::AllAttachments(id.clone())));
        let listed = listed
            .ok()
            .and_then(|listed| Some(listed.as_object()?.keys().cloned().collect()));
        listed.unwrap_or_default()
    }

    /// Attachments that wait for a person or are left, from the journal.
    pub(super) fn held_files(&self) -> BTreeSet<(Id, Name)> {
        let texts = self.journal.texts.borrow();
        let held = texts.iter().filter_map(|(key, text)| {
            let file: serde_json::Value = serde_json::from_str(text).ok()?;
            let (length, rest) = key.strip_prefix("f/")?.split_once(':')?;
            let (of, named) = rest.split_at(length.parse().ok()?);
            file.get("h").map(|_| (id(of), name(named)))
        });
        held.collect()
    }
}

impl World {
    /// An attachment is changed on the server itself.
    pub(super) fn edit_file(&mut self, which: u8, how: u8, token: Token) {
        self.is_edited = true;
        let mut server = self.server.borrow_mut();
        let ids: Vec<Id> = server.all().into_keys().collect();
        if let Some(id) = ids.get(usize::from(which) % ids.len().max(1)) {
            let removes = how.is_multiple_of(4);
            server.attach(id, &named(how >> 2), (!removes).then(|| bytes(token)));
        }
    }

    /// Who removes a record removes what he knows to be attached to it at the server, and be it on its way.
    /// What the journal does not say yet is known where callers are told of it.
    pub(super) fn known_are_given_up(&self, index: usize, id: &Id, listed: &BTreeSet<String>) {
        let server = &mut *self.server.borrow_mut();
        let texts = self.masters[index].journal.texts.borrow();
        if let Some(agreed) = texts.get(&format!("r/{id}")) {
            let is_unsaid = |name: &str| !agreed.contains(&format!("{name:?}"));
            server.supersede_files(id, |name, digest| {
                agreed.contains(digest) || is_unsaid(name) && listed.contains(name)
            });
        }
    }

    /// A person decides about an attachment; false where none waits.
    pub(super) fn decide_file(&self, index: usize, how: u8) -> bool {
        let master = &self.masters[index];
        let conflicts = finish(master.replicated.attachment_conflicts());
        let conflicts = conflicts.expect("they can be read");
        let Some(conflict) = conflicts.get(usize::from(how >> 2) % conflicts.len().max(1)) else {
            return false;
        };
        let keep = [Keep::Local, Keep::Remote][usize::from(how) % 2];
        let decided = master
            .replicated
            .resolve_attachment(&conflict.id, &conflict.name, keep);
        let files = self.files_of(index, &conflict.id);
        finish(decided).expect("nobody is asked");
        self.server.borrow_mut().files_superseded.extend(files);
        true
    }

    /// What is attached to a record on either side. Who decides gives up one of them, which is not followed.
    pub(super) fn files_of(&self, index: usize, id: &Id) -> Vec<Token> {
        let here = self.masters[index].store.files.all.borrow().clone();
        let there = self.server.borrow().all_files();
        let both = here.into_iter().chain(there);
        both.filter(|((of, _), _)| of == id)
            .filter_map(|(_, bytes)| bytes_token(&bytes))
            .collect()
    }

    /// Each computer has the server's attachments of each record that both have, but for what is held; and
    /// nothing went over a line twice that was not cut.
    pub(super) fn check_files(&self) {
        let server = self.server.borrow();
        if server.flavour == Flavour::MakesIds {
            return;
        }
        let there = server.all_files();
        for master in &self.masters {
            let (held, held_files) = (master.held(), master.held_files());
            let here = master.store.files.all.borrow();
            let is_free =
                |key: &&(Id, Name)| !held.contains_key(&key.0) && !held_files.contains(*key);
            let shared = |key: &&(Id, Name)| master.store.get(&key.0).is_some() && is_free(key);
            let of = |all: &BTreeMap<(Id, Name), Vec<u8>>| -> BTreeMap<(Id, Name), Option<Token>> {
                let keys = all.keys().filter(shared);
                keys.map(|key| (key.clone(), bytes_token(&all[key])))
                    .collect()
            };
            assert_eq!(of(&here), of(&there), "attachments here, and at the server");
            // What was under way stays for as long as its record waits for a person.
            let parts = here.keys().filter(|(id, _)| is_shelf(id));
            assert!(!held.is_empty() || parts.count() == 0, "parts are left");
            assert_eq!(master.replicated.standing(moment(self.now)).attachments, 0);
            // What somebody removed there is brought once more where what is here is kept.
            if !self.is_cut && !self.is_edited {
                each_once(master.line.brought.borrow().iter(), "brought");
            }
            if !self.is_cut {
                each_once(master.line.fetched.borrow().iter(), "fetched");
            }
        }
    }

    /// What was attached is somewhere, unless somebody who saw it wrote over it or removed it.
    pub(super) fn check_files_written(&self) {
        let server = self.server.borrow();
        if server.flavour == Flavour::MakesIds {
            return;
        }
        let (mut written, mut gone) = (
            server.files_written.clone(),
            server.files_superseded.clone(),
        );
        let all = server.all_files();
        let mut visible: BTreeSet<Token> =
            all.values().filter_map(|one| bytes_token(one)).collect();
        for master in &self.masters {
            let files = &master.store.files;
            written.extend(files.written.borrow().iter());
            gone.extend(files.superseded.borrow().iter());
            let here = files.all.borrow();
            let whole = here.iter().filter(|((id, _), _)| !is_shelf(id));
            visible.extend(whole.filter_map(|(_, one)| bytes_token(one)));
        }
        assert!(visible.is_subset(&written), "attachments were invented");
        if matches!(self.mode, Conflicts::Ask | Conflicts::Leave) {
            let missing = written.difference(&visible);
            let lost: Vec<_> = missing.filter(|token| !gone.contains(token)).collect();
            assert!(lost.is_empty(), "attachments {lost:?} are lost");
        }
    }
}

/// Whether parts of what is on its way are kept there.
fn is_shelf(id: &Id) -> bool {
    id.as_str().contains(':')
}

/// One of two names.
pub(super) fn named(how: u8) -> Name {
    name(["photo", "plan"][usize::from(how >> 4) % 2])
}

fn each_once<'a, T: Ord + std::fmt::Debug + 'a>(all: impl Iterator<Item = &'a T>, what: &str) {
    let mut seen = BTreeSet::new();
    for one in all {
        assert!(
            seen.insert(one),
            "{what} twice, though nothing was cut: {one:?}"
        );
    }
}
