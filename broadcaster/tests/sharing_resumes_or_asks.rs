//! What becomes of sharing after the worker's death, the browser's restart, and a change of networks.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::address::{Address, Medium};
use broadcaster::hub::Mode;
use broadcaster::link::{Command, Report};
use broadcaster::sharing::{
    BrowserSession, Memory, Network, Question, Resume, Settings, Status, Wish, resume,
};
use scripted_companion::*;

#[test]
fn the_rule() {
    use {BrowserSession as Session, Question::*, Resume::*};
    for (mode, session, network, expected) in [
        (Mode::Open, Session::Same, Network::Same, Yes),
        (Mode::Open, Session::Same, Network::Other, Yes),
        (Mode::Invited, Session::Same, Network::Same, Yes),
        (Mode::Invited, Session::Same, Network::Other, Yes),
        (Mode::Open, Session::New, Network::Same, Ask(Restarted)),
        (Mode::Open, Session::New, Network::Other, Ask(Restarted)),
        (Mode::Invited, Session::New, Network::Same, Yes),
        (
            Mode::Invited,
            Session::New,
            Network::Other,
            Ask(OtherNetwork),
        ),
    ] {
        assert_eq!(
            resume(mode, session, network),
            expected,
            "{mode:?} {session:?} {network:?}"
        );
    }
}

#[test]
fn what_must_survive_is_stored_as_json() {
    let browser = Browser::sharing();
    let memory = serde_json::to_value(browser.memory()).unwrap();
    let expected =
        serde_json::json!({"wish": "sharing", "networks": ["192.168.1.0/24"], "port": 9999});
    assert_eq!(memory, expected);
    assert_eq!(
        serde_json::from_value::<Memory>(memory).unwrap(),
        browser.memory()
    );
    assert_eq!(
        serde_json::from_str::<Memory>("{}").unwrap(),
        Memory::default()
    );
}

#[test]
fn a_new_worker_shares_again_on_the_same_port() {
    let mut browser = Browser::sharing().reborn(BrowserSession::Same);
    assert_eq!((browser.status(), browser.connects), (Status::Starting, 1));
    browser.say(hello());
    assert!(matches!(
        browser.commands.last(),
        Some(Command::Listen { port: PORT, .. })
    ));
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn a_port_chosen_by_the_system_is_kept() {
    let mut browser = Browser::new(setup());
    browser.command(r#"{"kind":"set","settings":{"port":0}}"#);
    browser.start();
    browser.say(hello());
    assert!(matches!(
        browser.commands.last(),
        Some(Command::Listen { port: 0, .. })
    ));
    browser.say(Report::Listening {
        port: 43_210,
        addresses: addresses(&[HOME]),
    });
    let mut browser = browser.reborn(BrowserSession::Same);
    browser.say(hello());
    assert!(matches!(
        browser.commands.last(),
        Some(Command::Listen { port: 43_210, .. })
    ));
}

#[test]
fn a_new_worker_in_another_network_asks() {
    let mut browser = Browser::sharing().reborn(BrowserSession::Same);
    browser.say(hello());
    browser.say(listening(&[CAFE]));
    assert_eq!(browser.status(), Status::OtherNetwork);
    assert_eq!(browser.memory().wish, Wish::Asking(Question::OtherNetwork));
    assert!(browser.companion.is_none());
    let later = browser.reborn_with_settings();
    assert_eq!(
        (later.status(), later.connects),
        (Status::OtherNetwork, 0),
        "asked until answered"
    );
}

#[test]
fn open_mode_asks_after_a_restart_of_the_browser() {
    let browser = Browser::sharing().reborn(BrowserSession::New);
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 0));
    assert!(browser.detail().contains("Press Start"));
    assert_eq!(browser.memory().wish, Wish::Asking(Question::Restarted));

    let mut later = browser.reborn_with_settings();
    assert!(
        later.detail().contains("Press Start"),
        "asked until answered"
    );
    later.start();
    later.say(hello());
    later.say(listening(&[HOME]));
    assert_eq!(
        (later.status(), later.detail()),
        (Status::Sharing, String::new())
    );
}

#[test]
fn what_was_stopped_stays_stopped() {
    for session in [BrowserSession::Same, BrowserSession::New] {
        let mut browser = Browser::sharing();
        browser.stop();
        let later = browser.reborn(session);
        assert_eq!((later.status(), later.connects), (Status::Stopped, 0));
        assert_eq!(later.detail(), "");
    }
}

#[test]
fn settings_that_the_hub_refuses_do_not_resume() {
    let mut old = setup();
    old.session = BrowserSession::Same;
    old.memory.wish = Wish::Sharing;
    old.settings = Settings {
        mode: Mode::Invited,
        ..Settings::default()
    };
    let browser = Browser::new(old);
    assert_eq!((browser.status(), browser.connects), (Status::Failed, 0));
    assert!(browser.detail().contains("choose open mode"));
}

#[test]
fn one_network_in_common_is_enough() {
    let mut browser = Browser::sharing();
    browser.say(Report::Addresses {
        addresses: addresses(&[CAFE, HOME]),
    });
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn networks_that_are_the_same_everywhere_do_not_count() {
    let virtual_bridge = Address {
        medium: Medium::Virtual,
        ..address("172.17.0.1")
    };
    let vpn = Address {
        medium: Medium::Vpn,
        ..address("10.8.0.2")
    };
    let link_local = Address {
        prefix: 16,
        ..address("169.254.7.7")
    };
    let everywhere = [
        virtual_bridge,
        vpn,
        link_local,
        address("fe80::1"),
        address("127.0.0.1"),
    ];
    let with = |ip: &str| [&addresses(&[ip])[..], &everywhere].concat();

    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.say(Report::Listening {
        port: PORT,
        addresses: with(HOME),
    });
    assert_eq!(
        browser.memory().networks,
        ["192.168.1.0/24".parse().unwrap()]
    );
    browser.say(Report::Addresses {
        addresses: everywhere.to_vec(),
    });
    assert_eq!(
        browser.status(),
        Status::Sharing,
        "a cable pulled is no other network"
    );
    browser.say(Report::Addresses {
        addresses: with(CAFE),
    });
    assert_eq!(browser.status(), Status::OtherNetwork);
}

#[test]
fn the_first_network_is_taken_where_there_was_none() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.say(listening(&["127.0.0.1"]));
    browser.say(Report::Addresses {
        addresses: addresses(&[HOME]),
    });
    browser.say(Report::Addresses {
        addresses: addresses(&[CAFE]),
    });
    assert_eq!(browser.status(), Status::OtherNetwork);
}

impl Browser {
    /// The next worker of the same browser, with the settings of now.
    fn reborn_with_settings(&self) -> Self {
        let memory = self.memory();
        let settings = Settings {
            mode: Mode::Open,
            ..Settings::default()
        };
        Self::new(broadcaster::sharing::Setup {
            settings,
            memory,
            session: BrowserSession::Same,
            ..setup()
        })
    }
}
