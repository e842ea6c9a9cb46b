//! Text and binary, to a group without the sender, to one member, to nobody.

mod support;

use broadcaster::limits::Limits;
use broadcaster::link::{Command, GroupId, Report};
use support::{ALL, Rig};
use tungstenite::Message;

#[test]
fn text_and_binary_reach_everybody_but_the_sender() {
    let mut rig = Rig::new(Limits::default());
    let [mut a, mut b, mut c] = [rig.member(), rig.member(), rig.member()];
    for message in [
        Message::text("grüß dich"),
        Message::binary(vec![0, 255, 7]),
        Message::text(""),
    ] {
        a.send(&mut rig, message.clone());
        let Some(Report::Received { conn, payload }) = rig.reports.pop() else {
            panic!()
        };
        assert_eq!(conn, a.conn);
        let (group, except) = (Some(ALL), Some(a.conn));
        rig.command(Command::Send {
            group,
            conn: None,
            except,
            payload,
        });
        assert_eq!(a.read(&mut rig), []);
        for receiver in [&mut b, &mut c] {
            assert_eq!(receiver.read(&mut rig), std::slice::from_ref(&message));
        }
    }
}

#[test]
fn a_message_to_one_member_reaches_no_other() {
    let mut rig = Rig::new(Limits::default());
    let [mut a, mut b] = [rig.member(), rig.member()];
    let (conn, payload) = (Some(b.conn), "for b".into());
    rig.command(Command::Send {
        group: None,
        conn,
        except: None,
        payload,
    });
    assert_eq!(a.read(&mut rig), []);
    assert_eq!(b.read(&mut rig), [Message::text("for b")]);
}

#[test]
fn groups_follow_join_and_leave() {
    let mut rig = Rig::new(Limits::default());
    let [mut a, mut b] = [rig.member(), rig.member()];
    let (second, conn) = (GroupId(2), b.conn);
    rig.command(Command::Join {
        conn,
        group: second,
    });
    rig.command(Command::Leave { conn, group: ALL });
    rig.send_to_all("first");
    let (group, payload) = (Some(second), "second".into());
    rig.command(Command::Send {
        group,
        conn: None,
        except: None,
        payload,
    });
    assert_eq!(a.read(&mut rig), [Message::text("first")]);
    assert_eq!(b.read(&mut rig), [Message::text("second")]);
}

#[test]
fn commands_about_nobody_change_nothing() {
    let mut rig = Rig::new(Limits::default());
    let conn = broadcaster::link::ConnId(77);
    let (group, payload) = (Some(GroupId(9)), || "x".into());
    rig.command(Command::Send {
        group,
        conn: None,
        except: None,
        payload: payload(),
    });
    rig.command(Command::Send {
        group: None,
        conn: Some(conn),
        except: None,
        payload: payload(),
    });
    rig.command(Command::Admit {
        conn,
        protocol: None,
        groups: vec![ALL],
    });
    rig.command(Command::Join { conn, group: ALL });
    rig.command(Command::Leave { conn, group: ALL });
    rig.command(Command::Close {
        conn,
        code: 1000,
        reason: String::new(),
    });
    rig.command(Command::Refuse { conn, status: 404 });
    assert_eq!(rig.take_reports(), []);
}

#[test]
fn a_send_without_one_receiver_named_is_an_error() {
    let mut rig = Rig::new(Limits::default());
    let a = rig.member();
    for (group, conn) in [(None, None), (Some(ALL), Some(a.conn))] {
        rig.command(Command::Send {
            group,
            conn,
            except: None,
            payload: "x".into(),
        });
        assert!(matches!(rig.take_reports()[..], [Report::Error { .. }]));
    }
}

#[test]
fn messages_sent_before_the_answer_are_not_lost() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    let hello = support::masked(0x81, b"early");
    rig.receive(conn, &[support::HANDSHAKE.as_bytes(), &hello[..3]].concat());
    rig.receive(conn, &hello[3..]);
    assert!(matches!(rig.take_reports()[..], [Report::Asked { .. }]));
    rig.command(Command::Admit {
        conn,
        protocol: None,
        groups: vec![ALL],
    });
    assert_eq!(
        rig.take_reports(),
        [Report::Received {
            conn,
            payload: "early".into()
        }]
    );
}
