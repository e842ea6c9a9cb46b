//! The handshake: Noise's published vector, and what each kind of stranger gets out of it.

use super::*;
use crate::secret::Secret;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn key(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

/// `Noise_NKpsk0_25519_ChaChaPoly_SHA256` of the cacophony test vectors, through our resolver.
#[test]
fn a_master_that_is_ready_is_known_from_one_that_wants_no_handshake() {
    assert_eq!(check_ready(&ready()), Ok(()));
    assert_eq!(check_ready(&[]), Err(Error::Length(0)));
    assert_eq!(check_ready(&[1, 1]), Err(Error::Length(2)));
    assert_eq!(check_ready(&[2]), Err(Error::Version(2)));
    let hello = br#"{"type":"hello"}"#;
    assert_eq!(check_ready(hello), Err(Error::Version(b'{')));
}

#[test]
fn messages_and_keys_are_those_of_the_published_vector() {
    let psk = key("54686973206973206d7920417573747269616e20706572737065637469766521");
    let theirs = key("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62");
    let static_key = key("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
    let ephemeral = [
        key("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
        key("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"),
    ];
    let shared = |random| {
        builder(random)
            .unwrap()
            .prologue(b"John Galt")
            .unwrap()
            .psk(0, &psk)
            .unwrap()
    };
    let initiator = shared(ephemeral[0])
        .remote_public_key(&theirs)
        .unwrap()
        .build_initiator();
    let responder = shared(ephemeral[1])
        .local_private_key(&static_key)
        .unwrap()
        .build_responder();
    let (mut initiator, mut responder) = (initiator.unwrap(), responder.unwrap());

    let first = exchange(
        &mut initiator,
        &mut responder,
        "4c756477696720766f6e204d69736573",
    );
    assert_eq!(
        first,
        "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944\
         190fec41487219f2069c3ba7b7f9521437045935231f0ed399dfd4baf6bd825b"
    );
    let second = exchange(
        &mut responder,
        &mut initiator,
        "4d757272617920526f746862617264",
    );
    assert_eq!(
        second,
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843\
         85010e0c56e886e6da0c69aee7388bcf4000cc357af5ebd11a46a169a3712c"
    );
    let (mut slave, mut master) = (
        Sealed::new(initiator).unwrap(),
        Sealed::new(responder).unwrap(),
    );
    let hash = "1609ef057bdd62c752b5960546a255a78aebff08c5f07ef2adaa1db8350e7077";
    assert_eq!(HEXLOWER.encode(slave.channel_hash()), hash);
    assert_eq!(slave.channel_hash(), master.channel_hash());

    let third = slave.seal(&hex("462e20412e20486179656b")).unwrap();
    let expected = "4beed26535f1a387c950fab9a162dc613cc5bf84e8a62653130b83";
    assert_eq!(HEXLOWER.encode(&third), expected);
    assert_eq!(master.open(&third).unwrap(), hex("462e20412e20486179656b"));
    let fourth = master.seal(&hex("4361726c204d656e676572")).unwrap();
    let expected = "ceaffe71ce7f1bf7b080736d62e0579ce5dc1530a36e7df795a4cc";
    assert_eq!(HEXLOWER.encode(&fourth), expected);
    assert_eq!(slave.open(&fourth).unwrap(), hex("4361726c204d656e676572"));
}

fn exchange(from: &mut HandshakeState, to: &mut HandshakeState, payload: &str) -> String {
    let payload = hex(payload);
    let mut message = vec![0; 256];
    let bytes = from.write_message(&payload, &mut message).unwrap();
    let mut read = vec![0; 256];
    let read_bytes = to.read_message(&message[..bytes], &mut read).unwrap();
    assert_eq!(read[..read_bytes], payload);
    HEXLOWER.encode(&message[..bytes])
}

fn channel(slave: [u8; 32], master: [u8; 32]) -> Way {
    Way::Channel {
        slave: Fingerprint(slave),
        master: Fingerprint(master),
    }
}

/// A master, its invitation, and what both sides see.
struct Pair {
    identity: Identity,
    invitation: Invitation,
    key: ChannelKey,
    binding: Binding,
}

impl Pair {
    fn new() -> Self {
        let identity = Identity::from_random([1; 32]);
        let secret = Secret::from_random([2; 16]);
        Self {
            key: secret.to_channel_key(),
            invitation: Invitation {
                master: identity.public(),
                id: InvitationId([3; 8]),
                secret,
            },
            identity,
            binding: Binding {
                room: "/".to_owned(),
                way: channel([4; 32], [5; 32]),
            },
        }
    }

    fn begin(&self) -> (Slave, Vec<u8>) {
        Slave::new(&self.invitation, &self.binding, [6; 32]).unwrap()
    }

    fn accept(&self, first: &[u8]) -> Result<(Sealed, Vec<u8>), Error> {
        Request::parse(first)?.accept(&self.identity, &self.key, &self.binding, [7; 32])
    }

    fn open(&self) -> (Sealed, Sealed) {
        let (slave, first) = self.begin();
        let (master, second) = self.accept(&first).unwrap();
        (slave.finish(&second).unwrap(), master)
    }
}

#[test]
fn two_messages_open_a_channel() {
    let (mut slave, mut master) = Pair::new().open();
    assert_eq!(slave.channel_hash(), master.channel_hash());
    for text in ["", "hello", "again"] {
        let sealed = slave.seal(text.as_bytes()).unwrap();
        assert_eq!(master.open(&sealed).unwrap(), text.as_bytes());
        let sealed = master.seal(text.as_bytes()).unwrap();
        assert_eq!(slave.open(&sealed).unwrap(), text.as_bytes());
    }
    assert_eq!(format!("{slave:?}"), "Sealed(…)");
}

#[test]
fn a_relay_has_no_certificates_to_agree_on() {
    let mut pair = Pair::new();
    pair.binding.way = Way::Relay;
    let (mut slave, mut master) = pair.open();
    let sealed = slave.seal(b"hello").unwrap();
    assert_eq!(master.open(&sealed).unwrap(), b"hello");
    let (_, first) = pair.begin();
    assert_eq!(Pair::new().accept(&first).unwrap_err(), Error::Refused);
}

#[test]
fn a_master_sees_which_invitation_is_meant() {
    let (_, first) = Pair::new().begin();
    assert_eq!(
        Request::parse(&first).unwrap().invitation,
        InvitationId([3; 8])
    );
}

#[test]
fn whoever_sees_something_else_is_refused_by_the_master() {
    let honest = Pair::new();
    let (_, first) = honest.begin();
    let binding = |change: fn(&mut Binding)| {
        let mut pair = Pair::new();
        change(&mut pair.binding);
        pair
    };
    let table = [
        (
            "another room",
            binding(|binding| binding.room = "/x".to_owned()),
        ),
        (
            "the slave's certificate swapped",
            binding(|binding| binding.way = channel([6; 32], [5; 32])),
        ),
        (
            "the master's certificate swapped",
            binding(|binding| binding.way = channel([4; 32], [6; 32])),
        ),
        (
            "both certificates exchanged",
            binding(|binding| binding.way = channel([5; 32], [4; 32])),
        ),
        (
            "a message for a channel sent through the broadcaster",
            binding(|binding| binding.way = Way::Relay),
        ),
        (
            "another secret",
            Pair {
                key: Secret::from_random([9; 16]).to_channel_key(),
                ..Pair::new()
            },
        ),
        (
            "another master",
            Pair {
                identity: Identity::from_random([9; 32]),
                ..Pair::new()
            },
        ),
    ];
    for (why, master) in table {
        assert_eq!(master.accept(&first).unwrap_err(), Error::Refused, "{why}");
    }
    assert!(honest.accept(&first).is_ok());
}

#[test]
fn an_impostor_who_knows_the_invitation_is_no_master() {
    let honest = Pair::new();
    let impostor = Identity::from_random([9; 32]);
    let mut lured = Pair::new();
    lured.invitation.master = impostor.public();
    let (slave, _) = honest.begin();
    let (_, for_impostor) = lured.begin();
    let request = Request::parse(&for_impostor).unwrap();
    let accepted = request.accept(&impostor, &honest.key, &honest.binding, [7; 32]);
    let (_, second) = accepted.unwrap();
    assert_eq!(slave.finish(&second).unwrap_err(), Error::Refused);
}

#[test]
fn a_replayed_first_message_opens_nothing_for_who_replays_it() {
    let pair = Pair::new();
    let (_, first) = pair.begin();
    let (mut master, _) = pair.accept(&first).unwrap();
    let (mut again, _) = Request::parse(&first)
        .unwrap()
        .accept(&pair.identity, &pair.key, &pair.binding, [8; 32])
        .unwrap();
    assert_ne!(master.channel_hash(), again.channel_hash());
    let sealed = master.seal(b"for the slave").unwrap();
    assert_eq!(again.open(&sealed).unwrap_err(), Error::Refused);
    assert_eq!(again.open(&first).unwrap_err(), Error::Refused);
}

#[test]
fn a_message_with_any_bit_flipped_is_refused() {
    let pair = Pair::new();
    let (_, first) = pair.begin();
    let (_, second) = pair.accept(&first).unwrap();
    let flip = |message: &[u8], bit: usize| {
        let mut message = message.to_vec();
        message[bit / 8] ^= 1 << (bit % 8);
        message
    };
    // The topmost bit of an X25519 key is no part of it (RFC 7748 §5), yet Noise hashes it all the same.
    for bit in 0..first.len() * 8 {
        assert!(
            pair.accept(&flip(&first, bit)).is_err(),
            "bit {bit} of the first"
        );
    }
    for bit in 0..second.len() * 8 {
        let (slave, _) = pair.begin();
        assert!(
            slave.finish(&flip(&second, bit)).is_err(),
            "bit {bit} of the second"
        );
    }
}

#[test]
fn a_message_of_another_form_is_told_apart() {
    let pair = Pair::new();
    let (_, first) = pair.begin();
    let longer = [&first[..], &[0]].concat();
    let newer = [&[2], &longer[1..]].concat();
    for (message, error) in [
        (&[][..], Error::Length(0)),
        (&first[..FIRST_BYTES - 1], Error::Length(FIRST_BYTES - 1)),
        (&longer, Error::Length(FIRST_BYTES + 1)),
        (&vec![1; 1 << 20], Error::Length(1 << 20)),
        (&newer, Error::Version(2)),
        (b"{\"id\":1}", Error::Version(b'{')),
    ] {
        assert_eq!(Request::parse(message).unwrap_err(), error);
        let (slave, _) = pair.begin();
        let at_slave = slave.finish(message).unwrap_err();
        assert_eq!(at_slave, error, "the second message has a form of its own");
    }
}

#[test]
fn keys_of_low_order_do_not_help() {
    let pair = Pair::new();
    let (_, mut first) = pair.begin();
    first[9..41].fill(0);
    assert_eq!(pair.accept(&first).unwrap_err(), Error::Refused);
}

#[test]
fn sealed_messages_are_taken_once_and_in_order() {
    let (mut slave, mut master) = Pair::new().open();
    let sealed = [b"one", b"two"].map(|text| slave.seal(text).unwrap());
    assert_eq!(
        master.open(&sealed[1]).unwrap_err(),
        Error::Refused,
        "out of order"
    );
    assert_eq!(master.open(&sealed[0]).unwrap(), b"one");
    assert_eq!(
        master.open(&sealed[0]).unwrap_err(),
        Error::Refused,
        "doubled"
    );
    assert_eq!(
        slave.open(&sealed[1]).unwrap_err(),
        Error::Refused,
        "sent back"
    );
    assert_eq!(master.open(&sealed[1]).unwrap(), b"two");
    assert_eq!(master.open(&[]).unwrap_err(), Error::Refused);
}

#[test]
fn a_message_is_sealed_up_to_its_limit() {
    let (mut slave, mut master) = Pair::new().open();
    let sealed = slave.seal(&vec![1; SEALED_BYTES]).unwrap();
    assert_eq!(master.open(&sealed).unwrap().len(), SEALED_BYTES);
    let past = vec![1; SEALED_BYTES + 1];
    assert_eq!(slave.seal(&past).unwrap_err(), Error::TooLong(past.len()));
    let past = vec![1; SEALED_BYTES + TAG_BYTES + 1];
    assert_eq!(master.open(&past).unwrap_err(), Error::TooLong(past.len()));
}

#[test]
fn a_room_is_bound_up_to_its_limit() {
    let mut pair = Pair::new();
    pair.binding.room = "/".repeat(ROOM_BYTES);
    pair.open();
    pair.binding.room.push('/');
    let error = Slave::new(&pair.invitation, &pair.binding, [6; 32]).unwrap_err();
    assert_eq!(error, Error::Room(ROOM_BYTES + 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_message_panics_or_opens(message in prop::collection::vec(any::<u8>(), 0..80)) {
        let pair = Pair::new();
        prop_assert!(pair.accept(&message).is_err());
        let (slave, _) = pair.begin();
        prop_assert!(slave.finish(&message).is_err());
        let (_, mut master) = pair.open();
        prop_assert!(master.open(&message).is_err());
    }

    #[test]
    fn only_the_same_binding_opens(room in "[/a]{0,3}", theirs in "[/a]{0,3}") {
        let (mut slave, mut master) = (Pair::new(), Pair::new());
        slave.binding.room = room.clone();
        master.binding.room = theirs.clone();
        let (_, first) = slave.begin();
        prop_assert_eq!(master.accept(&first).is_ok(), room == theirs);
    }
}
