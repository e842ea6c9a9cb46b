//! Who gets which message in which form, and what members are told about each other.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::Payload;
use broadcaster::hub::{Event, Kind, MemberId};
use broadcaster::link::{ConnId, Counters, Report};
use fake_companion::{Companion, ENVELOPED, LAN, PLAIN, Request, open};
use serde_json::{Value, json};

#[test]
fn plain_members_get_text_and_binary_verbatim_without_echo() {
    let mut companion = Companion::new(open());
    let [sender, one, two] = [(); 3].map(|()| companion.ask(PLAIN));
    let said = [
        Payload::from("{\"kind\":\"send\"}"),
        Payload::from(vec![0, 159, 255]),
        Payload::from(""),
    ];
    for payload in &said {
        companion.send(sender, payload.clone());
    }
    assert_eq!(companion.take(one), said);
    assert_eq!(companion.take(two), said);
    assert_eq!(companion.take(sender), []);
}

#[test]
fn rooms_are_raw_paths_without_query_and_do_not_leak() {
    let mut companion = Companion::new(open());
    let at = |companion: &mut Companion, path| companion.ask(Request { path, ..PLAIN });
    let sender = at(&mut companion, "/a%20b?x=1");
    let same = ["/a%20b", "/a%20b?y=/2?3"].map(|path| at(&mut companion, path));
    let other =
        ["/", "/a b", "/a%20b/", "/A%20b", "/a%20b%3Fx=1"].map(|path| at(&mut companion, path));
    companion.send(sender, "hi");
    assert!(
        same.iter()
            .all(|&conn| companion.take(conn) == ["hi".into()])
    );
    assert!(other.iter().all(|&conn| companion.take(conn).is_empty()));
    assert_eq!(companion.hub.totals().rooms, 6);
}

#[test]
fn plain_and_enveloped_members_share_a_room() {
    let mut companion = Companion::new(open());
    let mut room = Mixed::new(&mut companion);
    room.clear();

    room.companion.send(room.plain[0], "text");
    room.companion.send(room.plain[0], vec![1, 2, 255]);
    let heard = [
        json!({"kind":"message","from":1,"data":"text"}),
        json!({"kind":"message","from":1,"binary":"AQL/"}),
    ];
    assert_eq!(
        room.take_plain(),
        [vec![], vec!["text".into(), vec![1, 2, 255].into()]]
    );
    assert_eq!(room.take_enveloped(), [heard.to_vec(), heard.to_vec()]);
    assert_eq!(room.take_locals(), [heard.to_vec(), heard.to_vec()]);

    room.companion
        .send(room.enveloped[0], r#"{"kind":"send","data":"a\"b"}"#);
    room.companion.send(
        room.enveloped[0],
        r#" {"future":[1],"binary":"AQL/","kind":"send"}"#,
    );
    let heard = [
        json!({"kind":"message","from":3,"data":"a\"b"}),
        json!({"kind":"message","from":3,"binary":"AQL/"}),
    ];
    let raw = [Payload::from("a\"b"), Payload::from(vec![1, 2, 255])];
    assert_eq!(room.take_plain(), [raw.to_vec(), raw.to_vec()]);
    assert_eq!(room.take_enveloped(), [vec![], heard.to_vec()]);
    assert_eq!(room.take_locals(), [heard.to_vec(), heard.to_vec()]);

    room.companion
        .send_local(room.locals[0], r#"{"kind":"send","data":"here"}"#);
    let heard = [json!({"kind":"message","from":5,"data":"here"})];
    assert_eq!(room.take_plain(), [["here".into()], ["here".into()]]);
    assert_eq!(room.take_enveloped(), [heard.to_vec(), heard.to_vec()]);
    assert_eq!(room.take_locals(), [vec![], heard.to_vec()]);
}

#[test]
fn a_directed_message_reaches_that_member_only() {
    let mut companion = Companion::new(open());
    let elsewhere = Request {
        path: "/elsewhere",
        ..ENVELOPED
    };
    let mut room = Mixed::new(&mut companion);
    let stranger = room.companion.ask(elsewhere);
    room.clear();
    room.companion.take(stranger);

    for to in 1..=6 {
        let text = json!({"kind":"send","to":to,"data":"psst"}).to_string();
        room.companion.send(room.enveloped[0], text.as_str());
        let heard = vec![json!({"kind":"message","from":3,"data":"psst"})];
        let only = |id: u32| if to == id { heard.clone() } else { vec![] };
        let raw = |id: u32| {
            if to == id {
                vec![Payload::from("psst")]
            } else {
                vec![]
            }
        };
        assert_eq!(room.take_plain(), [raw(1), raw(2)]);
        assert_eq!(room.take_enveloped(), [only(3), only(4)]);
        assert_eq!(room.take_locals(), [only(5), only(6)]);
    }
    for to in [0, 7, 8, u32::MAX] {
        let text = json!({"kind":"send","to":to,"data":"psst"}).to_string();
        room.companion.send(room.enveloped[0], text.as_str());
        let [sender, other] = room.take_enveloped();
        assert_eq!(codes(&sender), ["no-such-member"]);
        assert_eq!(other, [] as [Value; 0]);
        assert_eq!(room.companion.take(stranger), []);
    }
}

#[test]
fn one_command_per_encoding_and_none_for_nobody() {
    let mut companion = Companion::new(open());
    let sends = |companion: &mut Companion, conn: ConnId, text: &str| {
        let before = companion.sends;
        companion.send(conn, text);
        companion.sends - before
    };
    let plain = companion.ask(PLAIN);
    assert_eq!(sends(&mut companion, plain, "alone"), 0);
    let others = [(); 9].map(|()| companion.ask(PLAIN));
    assert_eq!(sends(&mut companion, plain, "plain ones"), 1);
    let enveloped = [(); 9].map(|()| companion.ask(ENVELOPED));
    assert_eq!(sends(&mut companion, plain, "both"), 2);
    let envelope = r#"{"kind":"send","data":"x"}"#;
    assert_eq!(sends(&mut companion, enveloped[0], envelope), 2);
    for conn in others.into_iter().chain([plain]) {
        companion.end(conn, 1000);
    }
    assert_eq!(sends(&mut companion, enveloped[0], envelope), 1);
    for conn in &enveloped[1..] {
        companion.end(*conn, 1000);
    }
    assert_eq!(sends(&mut companion, enveloped[0], envelope), 0);
}

#[test]
fn members_that_read_envelopes_hear_who_is_there_who_comes_and_who_goes() {
    let mut companion = Companion::new(open());
    let local = companion.join_local("/");
    let plain = companion.ask(PLAIN);
    let enveloped = companion.ask(Request {
        remote: "fd00::7",
        ..ENVELOPED
    });
    let [first, second, third] = [
        json!({"id":1,"address":LAN,"kind":"local"}),
        json!({"id":2,"address":"192.168.1.20","kind":"plain"}),
        json!({"id":3,"address":"fd00::7","kind":"enveloped"}),
    ];
    let welcome = json!({"kind":"welcome","id":3,"address":"fd00::7","room":"/","mode":"open","members":[first, second]});
    assert_eq!(companion.take_json(enveloped), [welcome]);
    let alone =
        json!({"kind":"welcome","id":1,"address":LAN,"room":"/","mode":"open","members":[]});
    assert_eq!(
        companion.take_local(local),
        [
            alone,
            json!({"kind":"joined","member":second}),
            json!({"kind":"joined","member":third})
        ]
    );

    companion.end(plain, 1001);
    assert_eq!(
        companion.take_json(enveloped),
        [json!({"kind":"left","member":second})]
    );
    companion.leave_local(local);
    assert_eq!(
        companion.take_json(enveloped),
        [json!({"kind":"left","member":first})]
    );
    assert_eq!(
        companion.take_local(local),
        [json!({"kind":"left","member":second})]
    );
    assert_eq!(companion.take(plain), []);
}

#[test]
fn a_loopback_address_is_told_as_the_lan_one_once_that_is_known() {
    for (remote, told) in [
        ("127.0.0.1", LAN),
        ("::1", LAN),
        ("::ffff:127.0.0.1", LAN),
        ("::ffff:192.168.1.9", "192.168.1.9"),
        ("fe80::1", "fe80::1"),
    ] {
        let mut companion = Companion::new(open());
        let conn = companion.ask(Request {
            remote,
            ..ENVELOPED
        });
        assert_eq!(companion.take_json(conn)[0]["address"], told, "{remote}");
    }
    let mut companion = Companion::new(open());
    companion.report(Report::Addresses { addresses: vec![] });
    let conn = companion.ask(Request {
        remote: "127.0.0.1",
        ..ENVELOPED
    });
    assert_eq!(companion.take_json(conn)[0]["address"], "127.0.0.1");
}

#[test]
fn a_receiver_that_is_too_slow_is_gone_and_counted_while_the_others_go_on() {
    let mut companion = Companion::new(open());
    let [sender, slow, quick] = [(); 3].map(|()| companion.ask(PLAIN));
    companion.conns.get_mut(&slow).unwrap().is_stalled = true;
    for _ in 0..=fake_companion::QUEUE {
        companion.send(sender, "more");
    }
    assert_eq!(companion.take(quick).len(), fake_companion::QUEUE + 1);
    assert_eq!(companion.hub.totals().slow, 1);
    assert_eq!(companion.hub.totals().members, 2);
    let left = Event::Left {
        member: MemberId(2),
        code: 1013,
    };
    assert_eq!(companion.events.last(), Some(&left));
}

#[test]
fn members_and_totals_tell_what_the_companion_counted() {
    let mut companion = Companion::new(open());
    let conn = companion.ask(Request {
        path: "/a?b",
        ..PLAIN
    });
    let local = companion.join_local("/a");
    companion.send(conn, "four");
    companion.send_local(local, r#"{"kind":"send","data":""}"#);
    let counters = vec![Counters(conn, 1, 2, 3), Counters(ConnId(99), 4, 5, 6)];
    companion.report(Report::Counters { counters });

    let members: Vec<_> = companion.hub.members().collect();
    assert_eq!(
        members
            .iter()
            .map(|member| &*member.room)
            .collect::<Vec<_>>(),
        ["/a", "/a"]
    );
    assert_eq!(
        members
            .iter()
            .map(|member| member.kind())
            .collect::<Vec<_>>(),
        [Kind::Plain, Kind::Local]
    );
    let counted = members
        .iter()
        .map(|member| (member.received, member.sent, member.queued));
    assert_eq!(counted.collect::<Vec<_>>(), [(1, 2, 3), (1, 2, 0)]);

    let totals = companion.hub.totals();
    assert_eq!((totals.members, totals.rooms, totals.joined), (2, 1, 2));
    assert_eq!((totals.messages, totals.bytes), (2, 29));
    assert_eq!((totals.refused, totals.slow), (0, 0));
}

/// Two plain (1, 2), two enveloped (3, 4) and two local members (5, 6) in one room.
struct Mixed<'a> {
    companion: &'a mut Companion,
    plain: [ConnId; 2],
    enveloped: [ConnId; 2],
    locals: [MemberId; 2],
}

impl<'a> Mixed<'a> {
    fn new(companion: &'a mut Companion) -> Self {
        let plain = [(); 2].map(|()| companion.ask(PLAIN));
        let enveloped = [(); 2].map(|()| companion.ask(ENVELOPED));
        let locals = [(); 2].map(|()| companion.join_local("/"));
        Self {
            companion,
            plain,
            enveloped,
            locals,
        }
    }

    fn clear(&mut self) {
        self.take_plain();
        self.take_enveloped();
        self.take_locals();
    }

    fn take_plain(&mut self) -> [Vec<Payload>; 2] {
        self.plain.map(|conn| self.companion.take(conn))
    }

    fn take_enveloped(&mut self) -> [Vec<Value>; 2] {
        self.enveloped.map(|conn| self.companion.take_json(conn))
    }

    fn take_locals(&mut self) -> [Vec<Value>; 2] {
        self.locals.map(|member| self.companion.take_local(member))
    }
}

fn codes(heard: &[Value]) -> Vec<&str> {
    heard
        .iter()
        .filter_map(|envelope| envelope["code"].as_str())
        .collect()
}
