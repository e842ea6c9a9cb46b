//! Copies in a folder: whole or not there, the last seven, and never where a word of the hub leads.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::limits::{COPIES_KEPT, COPY_CHUNK_BYTES, COPY_SETS};
use broadcaster::link::{Kept, Order, Outcome, SetId};
use bytes::Bytes;
use lan_broadcaster_host::copies::Copies;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SET: SetId = SetId(0xabc);
const OTHER: SetId = SetId(1 << 127);

/// A companion's folder, and one who works in it.
struct Folder {
    root: PathBuf,
    copies: Copies,
    _home: TempDir,
}

impl Folder {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("data/copies");
        Self {
            copies: Copies::new(root.clone()),
            root,
            _home: home,
        }
    }

    fn write(&mut self, set: SetId, offset: usize, last: bool, data: &[u8]) -> Outcome {
        self.copies.carry_out(Order::Write {
            set,
            offset: offset as u64,
            last,
            data: Bytes::copy_from_slice(data),
        })
    }

    /// Keeps a whole copy; gives all copies.
    fn keep(&mut self, set: SetId, content: &[u8]) -> Vec<Kept> {
        let mut offset = 0;
        loop {
            let end = content.len().min(offset + COPY_CHUNK_BYTES);
            let last = end == content.len();
            let outcome = self.write(set, offset, last, &content[offset..end]);
            if last {
                return listed(outcome);
            }
            let bytes = end as u64;
            assert_eq!(outcome, Outcome::Taken { bytes });
            offset = end;
        }
    }

    fn read(&mut self, set: SetId, number: u32, offset: usize) -> Outcome {
        let offset = offset as u64;
        self.copies.carry_out(Order::Read {
            set,
            number,
            offset,
        })
    }

    fn fetch(&mut self, set: SetId, number: u32) -> Vec<u8> {
        let mut content = Vec::new();
        loop {
            let outcome = self.read(set, number, content.len());
            let Outcome::Given { last, data } = outcome else {
                panic!("{outcome:?}");
            };
            assert!(data.len() <= COPY_CHUNK_BYTES);
            content.extend_from_slice(&data);
            if last {
                return content;
            }
        }
    }

    fn list(&mut self) -> Vec<Kept> {
        listed(self.copies.carry_out(Order::List))
    }

    /// The newest copies of a set, as what they hold.
    fn contents(&mut self, set: SetId) -> Vec<Vec<u8>> {
        let kept = self.list().into_iter().filter(|kept| kept.set == set);
        let numbers: Vec<u32> = kept.map(|kept| kept.number).collect();
        let fetch = |number| self.fetch(set, number);
        numbers.into_iter().map(fetch).collect()
    }

    fn names(&self, set: SetId) -> Vec<String> {
        names(&self.root.join(set.to_string()))
    }
}

fn listed(outcome: Outcome) -> Vec<Kept> {
    let Outcome::Listed { copies } = outcome else {
        panic!("{outcome:?}");
    };
    copies
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn assert_failed(outcome: &Outcome, words: &str) {
    let Outcome::Failed { detail } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(detail.contains(words), "{detail}");
}

#[test]
fn where_none_was_kept_there_is_no_folder() {
    let mut folder = Folder::new();
    assert_eq!(folder.list(), []);
    assert_failed(&folder.read(SET, 1, 0), "no such copy");
    assert!(!folder.root.exists());
}

#[test]
fn a_copy_is_given_back_as_it_was() {
    let mut folder = Folder::new();
    let bytes = |length: usize| -> Vec<u8> { (0..length).map(|n| (n % 251) as u8).collect() };
    for length in [
        0,
        1,
        COPY_CHUNK_BYTES - 1,
        COPY_CHUNK_BYTES,
        COPY_CHUNK_BYTES + 1,
        3 * COPY_CHUNK_BYTES,
    ] {
        let kept = folder.keep(SET, &bytes(length));
        assert_eq!((kept[0].number, kept[0].bytes), (1, length as u64));
        assert!(folder.fetch(SET, 1) == bytes(length), "{length} bytes");
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let mut folder = Folder::new();
    folder.keep(SET, b"secret");
    folder.write(SET, 0, false, b"more");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = folder.root.join(SET.to_string());
    assert_eq!((mode(&folder.root), mode(&set)), (0o700, 0o700));
    for name in names(&set) {
        assert_eq!(mode(&set.join(name)), 0o600);
    }
}

#[test]
fn the_last_seven_are_kept_under_their_fixed_names() {
    let mut folder = Folder::new();
    for n in 0..COPIES_KEPT as u8 + 3 {
        folder.keep(SET, &[n]);
    }
    folder.keep(OTHER, b"other");
    let newest_first: Vec<Vec<u8>> = (3..COPIES_KEPT as u8 + 3).rev().map(|n| vec![n]).collect();
    assert_eq!(folder.contents(SET), newest_first);
    assert_eq!(folder.contents(OTHER), [b"other"]);
    let fixed: Vec<String> = (1..=COPIES_KEPT)
        .map(|n| format!("records-{n}.tar"))
        .collect();
    assert_eq!(folder.names(SET), fixed);
    assert_eq!(names(&folder.root).len(), 3, "two sets and the lock");
}

#[test]
fn a_copy_that_is_cut_leaves_those_kept_before() {
    let mut folder = Folder::new();
    for n in 0..COPIES_KEPT as u8 {
        folder.keep(SET, &[n]);
    }
    let before = folder.list();
    folder.write(SET, 0, false, b"half");
    // The process is killed: nothing of it runs any more.
    let killed = std::mem::replace(&mut folder.copies, Copies::new(folder.root.clone()));
    assert_eq!(folder.list(), before);
    assert_eq!(folder.contents(SET).len(), COPIES_KEPT as usize);
    drop(killed);
    folder.keep(SET, b"whole");
    assert_eq!(folder.fetch(SET, 1), b"whole");
    assert_eq!(folder.names(SET).len(), COPIES_KEPT as usize);
}

#[test]
fn what_a_killed_process_left_is_in_nobodys_way() {
    let mut folder = Folder::new();
    folder.keep(SET, b"old");
    fs::write(
        folder.root.join(SET.to_string()).join("unfinished.tar"),
        b"half",
    )
    .unwrap();
    assert_eq!(folder.list().len(), 1);
    folder.keep(SET, b"new");
    assert_eq!(folder.contents(SET), [b"new", b"old"]);
}

#[test]
fn a_turn_that_is_cut_is_made_up_for_by_the_next() {
    let mut folder = Folder::new();
    for n in 0..COPIES_KEPT as u8 {
        folder.keep(SET, &[n]);
    }
    // Killed when 1 to 3 had gone back, before 4: whichever number is free, no other copy is lost.
    for free in 1..=COPIES_KEPT {
        let set = folder.root.join(SET.to_string());
        fs::remove_file(set.join(format!("records-{free}.tar"))).unwrap();
        let mut rest = folder.contents(SET);
        rest.insert(0, vec![100 + free as u8]);
        folder.keep(SET, &[100 + free as u8]);
        assert_eq!(folder.contents(SET), rest);
    }
}

#[test]
fn bytes_that_do_not_follow_break_a_copy_off() {
    let mut folder = Folder::new();
    folder.keep(SET, b"old");
    for (set, offset) in [(SET, 3), (SET, 5), (OTHER, 4)] {
        folder.write(SET, 0, false, b"four");
        assert_failed(&folder.write(set, offset, true, b"more"), "begin again");
        assert_failed(&folder.write(SET, 4, true, b"more"), "begin again");
        assert_eq!(folder.names(SET), ["records-1.tar"]);
    }
    assert_failed(&folder.write(SET, 1, true, b"x"), "begin again");
    assert_eq!(folder.contents(SET), [b"old"]);
    assert_eq!(folder.contents(OTHER).len(), 0);
}

#[test]
fn reading_goes_on_where_it_was_and_nowhere_else() {
    let mut folder = Folder::new();
    folder.keep(SET, &vec![7; 2 * COPY_CHUNK_BYTES]);
    assert_failed(&folder.read(SET, 1, COPY_CHUNK_BYTES), "begin again");
    folder.read(SET, 1, 0);
    assert_failed(&folder.read(SET, 1, 1), "begin again");
    folder.read(SET, 1, 0);
    assert_failed(&folder.read(OTHER, 1, COPY_CHUNK_BYTES), "begin again");
    for number in [0, 2, COPIES_KEPT + 1, u32::MAX] {
        assert_failed(&folder.read(SET, number, 0), "no such copy");
    }
}

#[test]
fn a_copy_that_is_being_read_stays_the_same_one() {
    let mut folder = Folder::new();
    let mut other = Copies::new(folder.root.clone());
    folder.keep(SET, &vec![7; COPY_CHUNK_BYTES + 1]);
    folder.read(SET, 1, 0);
    let data = Bytes::from_static(b"new");
    other.carry_out(Order::Write {
        set: SET,
        offset: 0,
        last: true,
        data,
    });
    let rest = Outcome::Given {
        last: true,
        data: Bytes::from_static(&[7]),
    };
    assert_eq!(folder.read(SET, 1, COPY_CHUNK_BYTES), rest);
    assert_eq!(folder.fetch(SET, 1), b"new");
}

#[test]
fn a_chunk_at_the_bound_is_taken_and_one_past_it_is_not() {
    let mut folder = Folder::new();
    let data = vec![0; COPY_CHUNK_BYTES + 1];
    let outcome = folder.write(SET, 0, false, &data[1..]);
    let bytes = COPY_CHUNK_BYTES as u64;
    assert_eq!(outcome, Outcome::Taken { bytes });
    assert_failed(&folder.write(SET, 0, false, &data), "came at once");
    assert_eq!(folder.list(), []);
}

#[test]
fn sets_have_a_bound_and_those_there_go_on() {
    let mut folder = Folder::new();
    for n in 0..COPY_SETS as u128 {
        folder.keep(SetId(n), b"x");
    }
    let one_more = SetId(COPY_SETS as u128);
    let outcome = folder.write(one_more, 0, true, b"x");
    assert_failed(&outcome, folder.root.to_str().unwrap());
    folder.keep(SetId(0), b"y");
    assert_eq!(folder.list().len(), COPY_SETS + 1);
}

#[test]
fn two_companions_do_not_write_at_once() {
    let mut folder = Folder::new();
    let mut other = Folder::new();
    other.root.clone_from(&folder.root);
    other.copies = Copies::new(folder.root.clone());
    folder.write(SET, 0, false, b"half");
    assert_failed(&other.write(SET, 0, true, b"mine"), "another copy");
    assert_failed(&other.write(OTHER, 0, true, b"mine"), "another copy");
    folder.write(SET, 4, true, b"whole");
    other.keep(SET, b"mine");
    assert_eq!(folder.contents(SET), [&b"mine"[..], b"halfwhole"]);
}

#[test]
fn what_else_lies_there_is_left_alone() {
    let mut folder = Folder::new();
    folder.keep(SET, b"copy");
    let set = folder.root.join(SET.to_string());
    fs::write(folder.root.join("notes.txt"), "mine").unwrap();
    fs::create_dir(folder.root.join("ABCDEFABCDEFABCDEFABCDEFABCDEFAB")).unwrap();
    fs::write(set.join("records-8.tar"), "mine").unwrap();
    fs::create_dir(set.join("records-2.tar")).unwrap();
    assert_eq!(folder.list().len(), 1);
    assert_failed(&folder.read(SET, 2, 0), "no such copy");
    assert_failed(&folder.read(SET, 8, 0), "no such copy");
    assert_eq!(fs::read(set.join("records-8.tar")).unwrap(), b"mine");
    assert_eq!(fs::read(folder.root.join("notes.txt")).unwrap(), b"mine");
}
