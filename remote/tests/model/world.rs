//! Several computers and one server; what happens is read from bytes, and at the end the books must balance.

use super::attached::named;
use super::{
    Cut, Flavour, Line, MemoryJournal, MemoryStore, Server, Token, bytes, bytes_token, document,
    finish, finish_both, id, moment, name, poll, refused, token,
};
use jio::rpc::Call;
use jio::storage::{Storage, Upload};
use jio::{Document, Id, Name};
use remote::replication::{Conflicts, Keep, Line as Doing, Options, Replicated, Side};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A computer: what survives a kill, and what does not.
pub(crate) struct Master {
    pub(crate) store: Rc<MemoryStore>,
    pub(crate) journal: Rc<MemoryJournal>,
    pub(crate) line: Rc<Line>,
    pub(crate) replicated: Rc<Replicated>,
    options: Options,
}

impl Master {
    pub(crate) fn new(server: &Rc<RefCell<Server>>, options: Options, portion: usize) -> Self {
        let store: Rc<MemoryStore> = Rc::default();
        let journal: Rc<MemoryJournal> = Rc::default();
        let line = Rc::new(Line::new(server.clone(), portion));
        let replicated = open(&store, &journal, &line, &options);
        Self {
            store,
            journal,
            line,
            replicated,
            options,
        }
    }

    /// Ends the program at once and starts it again.
    pub(crate) fn kill(&mut self) {
        self.store.writing.set(None);
        *self.store.removing.borrow_mut() = None;
        self.store.files.writing.set(None);
        *self.store.files.removing.borrow_mut() = None;
        self.replicated = open(&self.store, &self.journal, &self.line, &self.options);
    }

    pub(crate) fn put(&self, id: &Id, document: Document) {
        finish(self.putting(id, document));
    }

    pub(crate) async fn putting(&self, id: &Id, document: Document) {
        self.store.writing.set(Some(token(&document)));
        let stored = self
            .replicated
            .execute(Call::Put(id.clone(), document))
            .await;
        stored.expect("a local write succeeds");
        self.store.writing.set(None);
    }

    pub(crate) fn remove(&self, id: &Id) {
        *self.store.removing.borrow_mut() = Some(id.clone());
        let removed = finish(self.replicated.execute(Call::Remove(id.clone())));
        removed.expect("a local write succeeds");
        *self.store.removing.borrow_mut() = None;
    }

    /// Works until there is nothing more to do; time passes as it must.
    pub(crate) fn settle(&self, now: &mut u64) {
        for _ in 0..10_000 {
            let outcome = finish(self.replicated.run(moment(*now)));
            match outcome.next {
                Some(next) if next.0 <= *now => {}
                _ if matches!(self.standing(*now), Doing::Idle) && self.waiting(*now) == 0 => {
                    return;
                }
                Some(next) => *now = next.0,
                None => return,
            }
        }
        panic!(
            "it never comes to rest: {:?}",
            self.replicated.standing(moment(*now))
        );
    }

    pub(crate) fn standing(&self, now: u64) -> Doing {
        self.replicated.standing(moment(now)).line
    }

    pub(crate) fn waiting(&self, now: u64) -> usize {
        self.replicated.standing(moment(now)).waiting
    }

    /// Records that wait for a person or are left, and what is known of the server's side: from the journal,
    /// where those that are left are seen as well.
    pub(super) fn held(&self) -> BTreeMap<Id, Option<Token>> {
        let texts = self.journal.texts.borrow();
        let held = texts.iter().filter_map(|(key, text)| {
            let held: serde_json::Value = serde_json::from_str(text).ok()?;
            let theirs = held["clash"]["document"]["token"].as_u64();
            Some((id(key.strip_prefix("h/")?), theirs))
        });
        held.collect()
    }
}

fn open(
    store: &Rc<MemoryStore>,
    journal: &Rc<MemoryJournal>,
    line: &Rc<Line>,
    options: &Options,
) -> Rc<Replicated> {
    Replicated::new(
        store.clone(),
        line.clone(),
        journal.clone(),
        line.meter.clone(),
        options.clone(),
    )
}

/// Everything there is.
pub(crate) struct World {
    pub(crate) server: Rc<RefCell<Server>>,
    pub(crate) masters: Vec<Master>,
    pub(crate) now: u64,
    pub(crate) mode: Conflicts,
    tokens: Token,
    /// What a person wanted to have, though somebody had written over it.
    chosen: BTreeSet<Token>,
    pub(super) is_cut: bool,
    pub(super) is_edited: bool,
}

impl World {
    pub(crate) fn new(flavour: Flavour, mode: Conflicts, masters: usize) -> Self {
        let server = Rc::new(RefCell::new(Server::new(flavour)));
        let options = Options {
            server: "there".into(),
            conflicts: mode,
            batch_records: 4,
            part_bytes: 16,
            ..Options::default()
        };
        let masters = (0..masters)
            .map(|_| Master::new(&server, options.clone(), 3))
            .collect();
        Self {
            server,
            masters,
            now: 1_000_000,
            mode,
            tokens: 0,
            chosen: BTreeSet::new(),
            is_cut: false,
            is_edited: false,
        }
    }

    /// Reads a world and what happens in it, and checks that all is well at the end.
    pub(crate) fn play(bytes: &[u8]) {
        let [first, rest @ ..] = bytes else { return };
        let flavour = [Flavour::TellsAll, Flavour::MakesIds][usize::from(first & 1)];
        let mode = Conflicts::from_number(u64::from(first >> 1 & 3)).expect("0 to 3");
        let mut world = Self::new(flavour, mode, 1 + usize::from(first >> 3) % 3);
        world.server.borrow_mut().packs = first & 0x80 != 0;
        for step in rest.chunks_exact(3) {
            world.step(step[0], step[1], step[2]);
        }
        world.end();
    }

    pub(crate) fn token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    /// One thing that happens: `what` it is, `whose` computer and record it concerns, and `how`.
    pub(crate) fn step(&mut self, what: u8, whose: u8, how: u8) {
        let index = usize::from(whose) % self.masters.len();
        let token = self.token();
        match what % 16 {
            0 | 1 => {
                let id = self.record(index, how);
                self.masters[index].put(&id, document(token));
            }
            2 => {
                let id = self.record(index, how);
                let listed = self.masters[index].listed(&id);
                self.masters[index].remove(&id);
                self.known_are_given_up(index, &id, &listed);
            }
            3..=5 => self.run(index, 1_000_000),
            6 => self.run(index, usize::from(how) % 40),
            7 => {
                self.run(index, usize::from(how) % 40);
                self.is_cut = true;
                self.masters[index].kill();
            }
            8 => self.cut(index, how),
            9 => self.edit(whose, how, token),
            10 => self.meet(index, how, token),
            11 => self.decide(index, how, token),
            12 | 13 => {
                let (id, name) = (self.record(index, how), named(how));
                self.masters[index].attach(&id, &name, token);
            }
            14 => {
                let (id, name) = (self.record(index, how), named(how));
                self.masters[index].detach(&id, &name);
            }
            _ => self.edit_file(whose, how, token),
        }
    }

    fn run(&mut self, index: usize, most: usize) {
        let master = &self.masters[index];
        match poll(master.replicated.run(moment(self.now)), most) {
            Some(outcome) => self.now = outcome.next.map_or(self.now, |next| next.0.max(self.now)),
            None => self.is_cut = true,
        }
    }

    fn cut(&mut self, index: usize, how: u8) {
        let cuts = [
            Cut::Not,
            Cut::Before,
            Cut::After,
            Cut::Amid(usize::from(how >> 3) % 3),
        ];
        let cut = cuts[usize::from(how) % cuts.len()];
        self.is_cut |= cut != Cut::Not;
        self.masters[index].line.cut.set(cut);
        self.masters[index].replicated.line_is_back();
    }

    /// Somebody changes a record on the server itself.
    fn edit(&mut self, which: u8, how: u8, token: Token) {
        self.is_edited = true;
        let mut server = self.server.borrow_mut();
        let ids: Vec<Id> = server.all().into_keys().collect();
        let new = id(&format!("there-{token}"));
        let id = ids
            .get(usize::from(which) % (ids.len() + 1))
            .unwrap_or(&new);
        let removes = how.is_multiple_of(4);
        server.edit(id, (!removes).then(|| document(token)));
    }

    /// A caller writes while the replication is at work.
    fn meet(&mut self, index: usize, how: u8, token: Token) {
        let id = self.record(index, how);
        let master = &self.masters[index];
        let work = async {
            for _ in 0..how % 8 {
                super::pause().await;
            }
            if how & 1 == 0 {
                master.putting(&id, document(token)).await;
            } else {
                master.attaching(&id, &named(how), token).await;
            }
        };
        finish_both(master.replicated.run(moment(self.now)), work);
    }

    /// A person decides about one of the conflicts, or writes what the server will refuse.
    fn decide(&mut self, index: usize, how: u8, token: Token) {
        let master = &self.masters[index];
        let conflicts = finish(master.replicated.conflicts()).expect("they can be read");
        let Some(conflict) = conflicts.get(usize::from(how >> 2) % conflicts.len().max(1)) else {
            if self.decide_file(index, how) {
                return;
            }
            let id = self.record(index, how);
            return self.masters[index].put(&id, refused(token));
        };
        let keep = [Keep::Local, Keep::Remote, Keep::Both][usize::from(how) % 3];
        let before = master.store.get(&conflict.id);
        let files = self.files_of(index, &conflict.id);
        if finish(master.replicated.resolve(&conflict.id, keep)).is_err() {
            return; // The server has to be asked, and the line is cut.
        }
        let chosen = master.store.get(&conflict.id);
        self.chosen.extend(chosen.as_ref().map(super::token));
        if keep == Keep::Both {
            self.chosen.extend(before.as_ref().map(super::token));
        }
        self.server.borrow_mut().files_superseded.extend(files);
        // A person gave up one of the two.
        let given_up = match (keep, &conflict.remote) {
            (Keep::Remote, _) => before,
            (Keep::Local, Side::Has(theirs)) => theirs.clone(),
            (Keep::Local, Side::Refuses(_)) | (Keep::Both, _) => None,
        };
        let mut superseded = master.store.superseded.borrow_mut();
        superseded.extend(given_up.as_ref().map(super::token));
    }

    /// One of the records of a computer, or a new one.
    fn record(&self, index: usize, how: u8) -> Id {
        let mut ids: Vec<Id> = self.masters[index].store.all().into_keys().collect();
        ids.push(id(&format!("{}", how % 5)));
        ids[usize::from(how) % ids.len()].clone()
    }

    /// The lines are mended, and everybody works until there is nothing more to do.
    pub(crate) fn mend(&mut self) {
        for master in &self.masters {
            master.line.cut.set(Cut::Not);
        }
        for _ in 0..4 {
            self.now += 20 * 60_000;
            for master in &self.masters {
                master.replicated.accept_removals();
                master.settle(&mut self.now);
            }
        }
    }

    /// Mends everything, and checks that nothing was lost, doubled or invented.
    pub(crate) fn end(&mut self) {
        self.mend();
        self.check_sides();
        self.check_writes();
        self.check_alone();
        self.check_files();
        self.check_files_written();
        let server = self.server.borrow();
        assert_eq!(
            server.needless, 0,
            "sent what was there, though nothing was cut"
        );
        for master in &self.masters {
            let again = master
                .line
                .sent
                .borrow()
                .iter()
                .filter(|write| write.is_again)
                .count();
            assert!(
                again == 0 || self.is_cut,
                "sent again, though nothing was cut"
            );
        }
    }

    /// Who is alone has no conflict, not even with itself.
    fn check_alone(&self) {
        if let ([master], false) = (&self.masters[..], self.is_edited) {
            let theirs = master.held().into_values().flatten();
            assert_eq!(theirs.count(), 0, "a conflict with itself");
            assert_eq!(master.held_files().len(), 0, "a conflict with itself");
        }
    }

    /// Each computer has what the server has, once, but for what is in its list.
    fn check_sides(&self) {
        let there: BTreeSet<Token> = self.server.borrow().all().values().map(token).collect();
        assert_eq!(
            there.len(),
            self.server.borrow().all().len(),
            "doubled on the server"
        );
        for master in &self.masters {
            let held = master.held();
            let known: BTreeSet<Token> = held.values().flatten().copied().collect();
            let all = master.store.all();
            let agreed = all.iter().filter(|(id, _)| !held.contains_key(id));
            let here: BTreeSet<Token> = agreed
                .clone()
                .map(|(_, document)| token(document))
                .collect();
            assert_eq!(here.len(), agreed.count(), "doubled here");
            assert!(
                here.is_subset(&there),
                "{here:?} is not all on the server: {there:?}"
            );
            let missing: BTreeSet<_> = there.difference(&here).collect();
            let refused = held.iter().filter(|(_, theirs)| theirs.is_none());
            let is_listed = missing
                .iter()
                .filter(|token| !known.contains(token))
                .count();
            assert!(
                is_listed <= refused.count(),
                "{missing:?} are not here; listed: {held:?}"
            );
        }
    }

    /// What was written is somewhere, unless somebody who saw it wrote over it or removed it.
    fn check_writes(&self) {
        let mut written = self.server.borrow().written.clone();
        let mut superseded = self.server.borrow().superseded.clone();
        let there: BTreeMap<Id, Document> = self.server.borrow().all();
        let mut visible: BTreeSet<Token> = there.values().map(token).collect();
        let mut is_any_held = false;
        for master in &self.masters {
            written.extend(master.store.written.borrow().iter());
            superseded.extend(master.store.superseded.borrow().iter());
            let held = master.held();
            is_any_held |= !held.is_empty();
            let here = held.keys().filter_map(|id| master.store.get(id));
            visible.extend(here.map(|document| token(&document)));
        }
        assert!(
            visible.is_subset(&written),
            "{visible:?} was not all written"
        );
        if matches!(self.mode, Conflicts::Ask | Conflicts::Leave) {
            let lost: Vec<_> = written
                .iter()
                .filter(|token| !visible.contains(token))
                .collect();
            let lost: Vec<_> = lost
                .iter()
                .filter(|token| !superseded.contains(token))
                .collect();
            assert!(lost.is_empty(), "{lost:?} are lost");
            // A creation that is sent again makes what somebody removed meanwhile anew: better than losing it.
            let again = self
                .masters
                .iter()
                .flat_map(|master| master.line.created_again());
            let again: BTreeSet<Token> = again.collect();
            let is_old = |token: &Token| {
                superseded.contains(token) && !self.chosen.contains(token) && !again.contains(token)
            };
            let old: Vec<_> = there.values().map(token).filter(is_old).collect();
            assert!(old.is_empty() || is_any_held, "{old:?} came back");
        }
    }
}
