//! An administrator's policies that keep a browser from starting the companion (chromeenterprise.google,
//! "Native Messaging").

use super::HOST_NAME;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// The policies about native messaging, in one file or all together.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Policies {
    native_messaging_blocklist: Vec<String>,
    native_messaging_allowlist: Vec<String>,
    native_messaging_user_level_hosts: Option<bool>,
}

/// Says which policy in this directory keeps the browser from starting us, if any does.
pub(super) fn obstacle(directory: &Path) -> Option<&'static str> {
    let mut all = Policies::default();
    for entry in fs::read_dir(directory).ok()?.flatten() {
        // What is not readable, or no policy, is the administrator's concern.
        let Some(policies) = fs::read(entry.path())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
        else {
            continue;
        };
        all.add(policies);
    }
    all.obstacle()
}

impl Policies {
    fn add(&mut self, more: Self) {
        self.native_messaging_blocklist
            .extend(more.native_messaging_blocklist);
        self.native_messaging_allowlist
            .extend(more.native_messaging_allowlist);
        if more.native_messaging_user_level_hosts.is_some() {
            self.native_messaging_user_level_hosts = more.native_messaging_user_level_hosts;
        }
    }

    /// The allow list is the exception to the block list; hosts of a user are another matter.
    fn obstacle(&self) -> Option<&'static str> {
        let names_us = |list: &[String]| list.iter().any(|name| name == HOST_NAME || name == "*");
        if self.native_messaging_user_level_hosts == Some(false) {
            return Some("NativeMessagingUserLevelHosts");
        }
        let allowed = self
            .native_messaging_allowlist
            .iter()
            .any(|name| name == HOST_NAME);
        (names_us(&self.native_messaging_blocklist) && !allowed)
            .then_some("NativeMessagingBlocklist")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_policies_that_mean_us_are_obstacles() {
        let ours = format!("[{HOST_NAME:?}]");
        for (blocked, allowed, user_level, expected) in [
            ("[]", "[]", "null", None),
            ("[\"com.example.host\"]", "[]", "true", None),
            ("[\"*\"]", "[]", "null", Some("NativeMessagingBlocklist")),
            (&ours, "[]", "null", Some("NativeMessagingBlocklist")),
            ("[\"*\"]", &ours, "null", None),
            ("[]", "[]", "false", Some("NativeMessagingUserLevelHosts")),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let lists = format!(
                "{{\"NativeMessagingBlocklist\":{blocked},\"NativeMessagingAllowlist\":{allowed}}}"
            );
            fs::write(directory.path().join("lists.json"), lists).unwrap();
            let level = format!("{{\"NativeMessagingUserLevelHosts\":{user_level},\"Other\":1}}");
            fs::write(directory.path().join("level.json"), level).unwrap();
            fs::write(directory.path().join("broken.json"), "{").unwrap();
            assert_eq!(
                obstacle(directory.path()),
                expected,
                "{blocked} {allowed} {user_level}"
            );
        }
    }

    #[test]
    fn no_directory_is_no_obstacle() {
        assert_eq!(obstacle(Path::new("/nonexistent")), None);
    }
}
