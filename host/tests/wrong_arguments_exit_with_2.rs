//! A wrong value on the command line: words on stderr, nothing on stdout, exit code 2.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use support::{run, text};

#[test]
fn words_go_to_stderr_and_the_exit_code_is_2() {
    let home = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage"),
        (&["sing"], "sing"),
        (&["serve", "--open", "--renew"], "--renew"),
        (&["serve", "--open", "--master"], "--master"),
        (&["serve", "--open", "--state", "file"], "--state"),
        (&["serve", "--open", "--port", "70000"], "70000"),
        (&["serve", "--open", "--port", "x"], "--port"),
        (&["serve", "--open", "--bind", "nowhere"], "--bind"),
        (
            &["serve", "--open", "--bind", "192.0.2.1", "--port", "0"],
            "not one of this computer's",
        ),
        (&["serve", "--open", "--allow", "10.0.0.0/8"], "--allow"),
        (&["serve", "--open", "--allow", "10.0.0.0/99"], "--allow"),
        (
            &["serve", "--open", "--site", "/nonexistent"],
            "/nonexistent",
        ),
        (
            &["serve", "--open", "--origin", "not an origin"],
            "not an origin",
        ),
        (
            &["serve", "--open", "--max-message-bytes", "0"],
            "--max-message-bytes",
        ),
        (
            &["serve", "--open", "--max-message-bytes", "4194305"],
            "--max-message-bytes",
        ),
        (
            &["serve", "--open", "--max-connections", "0"],
            "--max-connections",
        ),
        (&["install", "--browser", "netscape"], "chromium"),
        (&["install", "--extension-id", "short"], "32 letters"),
        (
            &["install", "--user-data-dir", "/nonexistent"],
            "/nonexistent",
        ),
        (&["doctor", "--port", "x"], "--port"),
        (
            &["chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"],
            "--extension-id",
        ),
        (&["chrome-extension://"], "--extension-id"),
    ];
    for (arguments, words) in cases {
        let output = run(&home, arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}
