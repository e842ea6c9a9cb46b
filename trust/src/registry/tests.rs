//! The registry: what is found when, its bound, and what its stored form may be.

use super::*;
use proptest::prelude::*;

const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
const LATER: UnixSeconds = UnixSeconds(NOW.0 + 3600);

fn terms(label: &str, expires: Option<UnixSeconds>) -> Terms {
    Terms {
        label: label.to_owned(),
        expires,
        ..Terms::default()
    }
}

fn random(n: usize) -> [u8; 24] {
    let mut random = [0; 24];
    random[..8].copy_from_slice(&n.to_be_bytes());
    random
}

#[test]
fn an_invitation_is_found_until_it_is_revoked() {
    let mut all = Invitations::default();
    let one = all.invite(terms("Anna", None), random(1), NOW).unwrap().id;
    let two = all.invite(terms("Bert", None), random(2), NOW).unwrap().id;
    assert_eq!(all.find(one, NOW).unwrap().label, "Anna");
    all.revoke(one).unwrap();
    assert_eq!(all.find(one, NOW), Err(Error::Unknown));
    assert_eq!(all.revoke(one), Err(Error::Unknown));
    assert_eq!(all.keys(NOW).into_keys().collect::<Vec<_>>(), [two]);
}

#[test]
fn an_invitation_counts_up_to_its_last_second() {
    let mut all = Invitations::default();
    let id = all
        .invite(terms("Anna", Some(LATER)), random(1), NOW)
        .unwrap()
        .id;
    let after = UnixSeconds(LATER.0 + 1);
    assert!(all.find(id, LATER).is_ok() && all.keys(LATER).contains_key(&id));
    assert_eq!(all.find(id, after), Err(Error::Expired));
    assert!(all.keys(after).is_empty());
    assert_eq!(all.next_expiry(NOW), Some(after));
    assert_eq!(all.next_expiry(after), None);
    assert_eq!(all.iter().count(), 1, "a person still sees it");
}

#[test]
fn the_shared_one_is_one() {
    let mut all = Invitations::default();
    assert_eq!(all.shared(), None);
    let one = all.share(Terms::default(), random(1), NOW).unwrap().id;
    let two = all
        .share(terms("Class 5", None), random(2), NOW)
        .unwrap()
        .id;
    assert_eq!(all.find(one, NOW), Err(Error::Unknown));
    assert_eq!(all.shared().unwrap().id, two);
}

#[test]
fn a_renewed_one_has_new_keys_and_the_same_terms_and_span() {
    let mut all = Invitations::default();
    let old = all
        .share(terms("Class 5", Some(LATER)), random(1), NOW)
        .unwrap()
        .clone();
    let tomorrow = UnixSeconds(NOW.0 + 86_400);
    let new = all.renew(old.id, random(2), tomorrow).unwrap().clone();
    assert_eq!(all.find(old.id, tomorrow), Err(Error::Unknown));
    assert_eq!(
        (&new.label, new.rights, new.kind),
        (&old.label, old.rights, old.kind)
    );
    assert_eq!(new.expires, Some(UnixSeconds(tomorrow.0 + 3600)));
    assert_ne!((new.id, &new.secret), (old.id, &old.secret).clone());
    assert_eq!(all.renew(old.id, random(3), tomorrow), Err(Error::Unknown));
}

#[test]
fn terms_of_no_use_change_nothing() {
    let mut all = Invitations::default();
    let longest = "ä".repeat(LABEL_CHARS);
    all.invite(terms(&longest, Some(NOW)), random(1), NOW)
        .unwrap();
    let before = all.clone();
    let past = Some(UnixSeconds(NOW.0 - 1));
    let table = [
        (terms("", None), 2, Error::Label),
        (terms(" ", None), 2, Error::Label),
        (terms("two\nlines", None), 2, Error::Label),
        (terms(&format!("{longest}ä"), None), 2, Error::Label),
        (terms("Anna", past), 2, Error::Past),
        (terms("Anna", None), 1, Error::NotRandom),
    ];
    for (terms, n, error) in table {
        assert_eq!(
            all.invite(terms.clone(), random(n), NOW),
            Err(error),
            "{terms:?}"
        );
        assert_eq!(
            all.share(terms.clone(), random(n), NOW),
            Err(error),
            "{terms:?}"
        );
    }
    assert_eq!(all, before);
}

#[test]
fn one_past_the_bound_is_refused_until_one_is_revoked() {
    let mut all = Invitations::default();
    let first = all.share(Terms::default(), random(0), NOW).unwrap().id;
    for n in 1..INVITATIONS {
        all.invite(Terms::default(), random(n), NOW).unwrap();
    }
    let past = random(INVITATIONS);
    assert_eq!(all.invite(Terms::default(), past, NOW), Err(Error::Full));
    let first = all.renew(first, past, NOW).unwrap().id;
    let longest = "\"".repeat(LABEL_CHARS);
    all.revoke(first).unwrap();
    all.invite(terms(&longest, None), random(0), NOW).unwrap();
    assert_eq!(Invitations::from_stored(&all.to_stored()), Ok(all));
}

#[test]
fn what_is_not_stored_by_us_is_refused() {
    let mut all = Invitations::default();
    all.share(terms("Anna", None), random(1), NOW).unwrap();
    let stored = all.to_stored();
    let twice = {
        let (_, list) = stored.split_once('[').unwrap();
        stored.replace("}]}", &format!("}},{list}"))
    };
    assert_eq!(twice.matches("Anna").count(), 2, "{twice}");
    let table = [
        (String::new(), Error::Damaged),
        ("[]".to_owned(), Error::Damaged),
        (r#"{"version":2,"people":[]}"#.to_owned(), Error::Version(2)),
        (r#"{"version":1}"#.to_owned(), Error::Damaged),
        (
            r#"{"version":1,"__proto__":{"invitations":[]}}"#.to_owned(),
            Error::Damaged,
        ),
        (stored.replace("read-write", "root"), Error::Damaged),
        (stored.replace("Anna", ""), Error::Label),
        (stored.replace("AAAAAAAAAAE", "__proto__"), Error::Damaged),
        (twice.clone(), Error::Damaged),
        (twice.replace("shared", "personal"), Error::NotRandom),
        (
            format!("{stored}{}", " ".repeat(REGISTRY_BYTES)),
            Error::Damaged,
        ),
    ];
    for (text, error) in table {
        assert_eq!(Invitations::from_stored(&text), Err(error), "{text:.200}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut all = Invitations::default();
    let issued = all.share(Terms::default(), [0xab; 24], NOW).unwrap();
    let secret = issued.secret.to_string();
    assert!(!format!("{all:?}").contains(&secret));
}

proptest! {
    #[test]
    fn a_registry_comes_back(some in prop::collection::vec((any::<[u8; 24]>(), "[^\\p{Cc}]{1,64}", any::<Option<u32>>()), 0..8)) {
        let mut all = Invitations::default();
        for (random, label, span) in some {
            let expires = span.map(|span| UnixSeconds(NOW.0 + u64::from(span)));
            let _ = all.invite(terms(&label, expires), random, NOW);
        }
        prop_assert_eq!(Invitations::from_stored(&all.to_stored()), Ok(all));
    }

    #[test]
    fn no_text_panics(text in "(\\{|\\}|\"|version|invitations|:|1|\\[|,){0,40}|.*") {
        let _ = Invitations::from_stored(&text);
    }
}
