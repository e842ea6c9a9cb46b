//! However the network cuts a client's bytes, the reports and the answers are the same.

mod support;

use broadcaster::limits::Limits;
use broadcaster::link::{Command, Report};
use proptest::prelude::*;
use support::{ALL, HANDSHAKE, Rig, masked};

/// What a client may do after its handshake, right or wrong.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![
        6 => prop::sample::select(vec![0x81_u8, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        4 => "[a-zé]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..400),
    ];
    prop_oneof![
        20 => (opcode, payload).prop_map(|(first, payload)| masked(first, &payload)),
        1 => Just(masked(0x88, &[3, 0xe8])),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// Runs a conversation whose bytes arrive cut at these places.
fn run(bytes: &[u8], cuts: &[usize]) -> (Vec<Report>, Vec<u8>, support::SocketState) {
    let mut rig = Rig::new(Limits {
        message_bytes: 300,
        ..Limits::default()
    });
    let conn = rig.accept();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        if pair[0] < pair[1] {
            rig.receive(conn, &bytes[pair[0]..pair[1]]);
        }
        if let Some(Report::Asked { .. }) = rig.reports.last() {
            rig.command(Command::Admit {
                conn,
                protocol: None,
                groups: vec![ALL],
            });
        }
    }
    (rig.take_reports(), rig.take(conn), rig.state(conn))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_websocket(
        frames in prop::collection::vec(frame(), 0..12),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let bytes = [HANDSHAKE.as_bytes(), &frames.concat()].concat();
        // Whole, the handshake alone goes first: admission is the hub's and takes its time.
        let whole = run(&bytes, &[HANDSHAKE.len()]);
        prop_assert_eq!(&whole, &run(&bytes, &cuts));
        let every: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(&whole, &run(&bytes, &every));
    }

    #[test]
    fn a_request(
        request in "(GET|HEAD|POST|X) (/|/room|\\*|http://192.168.1.5:9999/a) HTTP/1\\.[01]\r\n\
            (Host: (192.168.1.5:9999|evil)\r\n)?(Content-Length: [01]\r\n)?(X: [a-z]{0,9}\r\n){0,70}\r\n",
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let whole = run(request.as_bytes(), &[]);
        prop_assert!(whole.1.starts_with(b"HTTP/1.1 "));
        prop_assert_eq!(&whole, &run(request.as_bytes(), &cuts));
    }
}
