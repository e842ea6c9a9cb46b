//! Messages of others, of earlier attempts, and of no sense at all do no harm.

use crate::world::{World, good_wire, new_master, new_slave};
use broadcaster::Millis;
use broadcaster::signalling::{Framing, Master, Slave, master, slave};
use proptest::prelude::*;

#[test]
fn an_answer_or_candidate_of_another_member_is_not_taken() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    let liar = world.add_slave("192.168.1.66", "T");
    world.network.cut_off = vec![slave, liar];
    world.run_for(1000);
    let before = world.master(master).stats().stray;
    let candidate = r#"{\"candidate\":\"candidate:1 1 udp 1 192.168.1.66 1 typ host\"}"#;
    let texts = [
        format!(r#"{{"action":"candidate","from":"S","to":"M","id":1,"data":"{candidate}"}}"#),
        r#"{"action":"answer","from":"S","to":"M","id":1,"data":"{}"}"#.to_owned(),
    ];
    let count = |world: &World| world.network.connections(master);
    let connections = count(&world);
    for text in texts {
        world.say(liar, Some(master), &text);
        world.run_for(5);
    }
    assert_eq!(world.master(master).stats().stray, before + 2);
    assert_eq!(count(&world), connections);
}

#[test]
fn an_earlier_attempt_that_comes_late_is_ignored() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.network.cut_off = vec![slave];
    world.run_for(9000);
    assert!(world.master(master).peers().count() > 0);
    let before = world.log.len();
    world.say(
        slave,
        Some(master),
        r#"{"action":"request","from":"S","id":1,"protocols":[]}"#,
    );
    world.run_for(5);
    assert_eq!(world.log.len(), before);
}

/// Texts that look like signalling, more or less.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let action = prop::sample::select(vec![
        "announce",
        "request",
        "offer",
        "answer",
        "candidate",
        "refuse",
        "other",
    ]);
    let id = prop::sample::select(vec!["\"M\"", "\"S\"", "\"T\"", "null", "7", "\"\""]);
    let attempt = prop::sample::select(vec![
        "1",
        "2",
        "\"1\"",
        "18446744073709551615",
        "null",
        "{}",
    ]);
    let sdp = r#"{\"type\":\"TYPE\",\"sdp\":\"v=0\\r\\nm=application 9\\r\\n\"}"#;
    let data = prop::sample::select(vec![
        String::new(),
        "{}".into(),
        "nonsense".into(),
        sdp.replace("TYPE", "offer"),
        sdp.replace("TYPE", "answer"),
        r#"{\"candidate\":\"candidate:1 1 udp 1 10.0.0.1 1 typ host\"}"#.into(),
        r#"{\"candidate\":\"\"}"#.into(),
    ]);
    let text = (action, id.clone(), id, attempt, data, any::<bool>()).prop_map(
        |(action, from, to, id, data, has_to)| {
            let to = if has_to { format!(r#""to":{to},"#) } else { String::new() };
            format!(
                r#"{{"action":"{action}","from":{from},{to}"id":{id},"protocols":["jio.2"],"reason":"gone","name":"n","data":"{data}"}}"#
            )
        },
    );
    prop::collection::vec(prop_oneof![9 => text, 1 => ".{0,40}"], 1..60)
}

proptest! {
    #[test]
    fn no_texts_break_a_machine(texts in texts(), steps in prop::collection::vec(0u64..3000, 60)) {
        let (mut master, mut slave) = (new_master("M"), new_slave("S"));
        master.handle_start(Millis(0));
        slave.handle_start(Millis(0));
        master.handle_opened(Framing::Plain, Millis(0));
        slave.handle_opened(Framing::Plain, Millis(0));
        let mut now = 0;
        for (text, step) in texts.iter().zip(steps) {
            now += step;
            master.handle_text(text, Millis(now));
            slave.handle_text(text, Millis(now));
            master.handle_timeout(Millis(now));
            slave.handle_timeout(Millis(now));
            prop_assert!(drain(&mut master, &mut slave) < 1000);
            prop_assert!(master.peers().count() <= 8);
        }
    }
}

/// Polls both until they wait; how many outputs there were.
fn drain(master: &mut Master, slave: &mut Slave) -> usize {
    let of_master = std::iter::from_fn(|| match master.poll_output() {
        master::Output::Wait(_) => None,
        output => Some(output),
    });
    let of_slave = std::iter::from_fn(|| match slave.poll_output() {
        slave::Output::Wait(_) => None,
        output => Some(output),
    });
    of_master.count() + of_slave.count()
}
