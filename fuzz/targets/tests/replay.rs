//! The committed corpus, replayed: what the fuzzer found once stays mended.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of all corpora together, so that a clone stays small.
const CORPUS_BYTES: u64 = 1 << 20;

fn files(of: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(of);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    files
}

macro_rules! replay {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let files = files(stringify!($name));
                assert!(files.len() > 1, "a target without a corpus tests nothing");
                for file in files {
                    let data = fs::read(&file).expect("readable");
                    println!("{}", file.display()); // Shown where it panics.
                    fuzz_targets::run(stringify!($name), &data);
                }
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            let targets: Vec<_> = fuzz_targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(targets, replayed);
        }
    };
}

replay! {
    admission backup candidate connection description endpoint envelope executor head http hub
    invitation link master native noise query relay remote replication request slave stun visitor
}

#[test]
fn every_target_has_a_door_and_the_corpus_stays_small() {
    let bytes = |of: &str| {
        files(of)
            .iter()
            .map(|file| fs::metadata(file).expect("readable").len())
            .sum::<u64>()
    };
    let mut all = 0;
    for (name, _) in fuzz_targets::TARGETS {
        let door = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz_targets/{name}.rs"));
        assert!(door.exists(), "{}", door.display());
        all += bytes(name);
    }
    assert!(
        all <= CORPUS_BYTES,
        "{all} bytes: run ./build.sh fuzz less, or minimise"
    );
}
