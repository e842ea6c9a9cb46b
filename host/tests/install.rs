//! The installer, in a home of its own.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use lan_broadcaster_host::install::HOST_NAME;
use lan_broadcaster_host::origin::EXTENSION_ID;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use support::{companion, run, text};
use tempfile::TempDir;

const OTHER_ID: &str = "abcdefghijklmnopabcdefghijklmnop";

/// A home where these browsers' data directories are.
fn home(browsers: &[&str]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for data in browsers {
        fs::create_dir_all(home.path().join(data)).unwrap();
    }
    home
}

fn manifest(data: &Path) -> PathBuf {
    data.join("NativeMessagingHosts")
        .join(format!("{HOST_NAME}.json"))
}

fn read(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn installed(home: &TempDir) -> PathBuf {
    home.path()
        .join(".local/share/lan-broadcaster/bin/lan-broadcaster-host")
}

/// Runs the companion, which must succeed; what it said.
fn say(home: &TempDir, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[test]
fn it_registers_with_every_browser_that_is_there_and_no_other() {
    let home = home(&[".config/chromium", ".config/BraveSoftware/Brave-Browser"]);
    let said = say(&home, &["install"]);
    assert_eq!(
        said,
        "Chromium: installed and working\nBrave: installed and working\n"
    );
    for data in [".config/chromium", ".config/BraveSoftware/Brave-Browser"] {
        let manifest = read(&manifest(&home.path().join(data)));
        assert_eq!(manifest["name"], HOST_NAME);
        assert_eq!(manifest["type"], "stdio");
        assert_eq!(manifest["path"], installed(&home).to_str().unwrap());
        let origin = format!("chrome-extension://{EXTENSION_ID}/");
        assert_eq!(manifest["allowed_origins"], serde_json::json!([origin]));
    }
    assert!(!home.path().join(".config/google-chrome").exists());
    let mode = fs::metadata(installed(&home)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn twice_is_once_and_a_broken_copy_is_mended() {
    let home = home(&[".config/chromium"]);
    let said = say(&home, &["install"]);
    let file = manifest(&home.path().join(".config/chromium"));
    let before = (
        fs::read(&file).unwrap(),
        fs::read(installed(&home)).unwrap(),
    );
    assert_eq!(say(&home, &["install"]), said);
    fs::write(installed(&home), "#!/bin/sh\n").unwrap();
    assert!(say(&home, &["doctor"]).contains("run `lan-broadcaster-host install` again"));
    assert_eq!(say(&home, &["install"]), said);
    let after = (
        fs::read(&file).unwrap(),
        fs::read(installed(&home)).unwrap(),
    );
    assert!(before == after);
    assert_eq!(
        fs::read_dir(file.parent().unwrap()).unwrap().count(),
        1,
        "nothing left over"
    );
}

#[test]
fn an_id_is_kept_beside_the_binary_and_for_the_next_browser() {
    let home = home(&[".config/chromium"]);
    say(&home, &["install", "--extension-id", OTHER_ID]);
    let ids = fs::read_to_string(installed(&home).with_file_name("extension-ids")).unwrap();
    assert_eq!(ids, format!("{OTHER_ID}\n"));
    fs::create_dir_all(home.path().join(".config/vivaldi")).unwrap();
    say(&home, &["install", "--browser", "vivaldi"]);
    let expected = serde_json::json!([
        format!("chrome-extension://{EXTENSION_ID}/"),
        format!("chrome-extension://{OTHER_ID}/"),
    ]);
    let manifest = read(&manifest(&home.path().join(".config/vivaldi")));
    assert_eq!(manifest["allowed_origins"], expected);
    let caller = format!("chrome-extension://{OTHER_ID}/");
    let mut command = std::process::Command::new(installed(&home));
    command
        .env("HOME", home.path())
        .arg(caller)
        .stdin(std::process::Stdio::null());
    assert!(command.output().unwrap().status.success());
}

#[test]
fn a_manifest_of_somebody_else_is_left_alone() {
    let home = home(&[".config/chromium", ".config/vivaldi"]);
    let file = manifest(&home.path().join(".config/chromium"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let foreign = format!(
        r#"{{"name":"{HOST_NAME}","description":"","path":"/opt/x","type":"stdio","allowed_origins":[]}}"#
    );
    for content in [foreign.as_str(), "{ broken"] {
        fs::write(&file, content).unwrap();
        assert!(say(&home, &["install"]).contains("was left alone"));
        assert!(say(&home, &["uninstall"]).contains("is not ours and stays"));
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    let output = run(&home, &["install", "--browser", "chromium"]);
    assert_eq!(output.status.code(), Some(1), "nothing was installed");
}

#[test]
fn uninstalling_takes_back_what_was_installed_and_nothing_else() {
    let home = home(&[".config/chromium", "elsewhere"]);
    let chromium = home.path().join(".config/chromium");
    let elsewhere = home.path().join("elsewhere").canonicalize().unwrap();
    say(&home, &["install"]);
    say(
        &home,
        &["install", "--user-data-dir", elsewhere.to_str().unwrap()],
    );
    fs::write(chromium.join("NativeMessagingHosts/com.example.json"), "{}").unwrap();
    fs::write(installed(&home).with_file_name("mine"), "").unwrap();
    say(&home, &["uninstall"]);
    assert!(!manifest(&chromium).exists());
    assert!(
        !manifest(&elsewhere).exists(),
        "a directory named earlier is remembered"
    );
    assert!(!installed(&home).exists());
    assert!(
        chromium
            .join("NativeMessagingHosts/com.example.json")
            .exists()
    );
    let left: Vec<_> = fs::read_dir(installed(&home).parent().unwrap())
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_file(installed(&home).with_file_name("mine")).unwrap();
    say(&home, &["uninstall"]);
    assert!(!home.path().join(".local/share/lan-broadcaster").exists());
}

#[test]
fn one_browser_is_taken_back_without_the_others() {
    let home = home(&[".config/chromium", ".config/vivaldi"]);
    say(&home, &["install"]);
    say(&home, &["uninstall", "--browser", "vivaldi"]);
    assert!(!manifest(&home.path().join(".config/vivaldi")).exists());
    assert!(manifest(&home.path().join(".config/chromium")).exists());
    assert!(installed(&home).exists());
}

#[test]
fn a_profile_directory_is_registered_alone() {
    let home = home(&[".config/chromium", "profile"]);
    let profile = home.path().join("profile");
    say(
        &home,
        &["install", "--user-data-dir", profile.to_str().unwrap()],
    );
    assert!(manifest(&profile).exists());
    assert!(!manifest(&home.path().join(".config/chromium")).exists());
}

#[test]
fn a_flatpak_gets_a_copy_inside_its_sandbox() {
    let app = ".var/app/org.chromium.Chromium";
    let home = home(&[&format!("{app}/config/chromium")]);
    assert!(say(&home, &["install"]).contains("sandbox"));
    let app = home.path().join(app);
    let path = read(&manifest(&app.join("config/chromium")))["path"].clone();
    let path = PathBuf::from(path.as_str().unwrap());
    assert!(path.starts_with(&app) && path.exists(), "{path:?}");
    say(&home, &["uninstall"]);
    assert!(!path.exists());
}

#[test]
fn a_snap_is_explained_and_not_touched() {
    let home = home(&["snap/chromium"]);
    let output = run(&home, &["install"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("Chromium (Snap): a snap may not start programs"));
    assert_eq!(
        fs::read_dir(home.path().join("snap/chromium"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn without_a_browser_it_says_what_to_do() {
    let home = home(&[]);
    let output = run(&home, &["install"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("start yours once"));
    let output = run(&home, &["install", "--browser", "chromium"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("start it once"));
}

#[test]
fn directories_from_the_environment_are_obeyed() {
    let home = home(&["config/chromium"]);
    let mut command = companion(&home);
    command.env("XDG_CONFIG_HOME", home.path().join("config"));
    command
        .env("XDG_DATA_HOME", home.path().join("data"))
        .arg("install");
    assert!(command.output().unwrap().status.success());
    let path = read(&manifest(&home.path().join("config/chromium")))["path"].clone();
    let expected = home
        .path()
        .join("data/lan-broadcaster/bin/lan-broadcaster-host");
    assert_eq!(path, expected.to_str().unwrap());
}

#[test]
fn the_doctor_tells_what_is_there() {
    let home = home(&[".config/chromium", ".config/vivaldi", "snap/chromium"]);
    say(&home, &["install", "--browser", "chromium"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = say(&home, &["doctor", "--port", &port]);
    for line in [
        "Chromium: installed and working",
        "Vivaldi: not installed: run `lan-broadcaster-host install`",
        "Chromium (Snap): a snap may not start programs outside itself",
        &format!("port {port}: used by another program"),
    ] {
        assert!(said.lines().any(|said| said == line), "{line:?} in {said}");
    }
}
