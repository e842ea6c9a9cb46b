//! Starts the installed companion as a browser would, and waits for its first word.

use crate::native::Messages;
use crate::origin::ExtensionId;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Makes sure that the companion starts, greets, and ends with its input.
///
/// # Errors
///
/// When it does not.
pub(super) fn test(binary: &Path) -> Result<()> {
    let mut child = Command::new(binary)
        .arg(ExtensionId::ours().origin())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    let outcome = talk(&mut child).with_context(|| format!("trying {}", binary.display()));
    if outcome.is_err() {
        // It may be gone already, which is what we want.
        let _ = child.kill();
    }
    let status = child.wait().context("waiting for the companion's end")?;
    outcome?;
    if !status.success() {
        bail!("{} ended with {status}", binary.display());
    }
    Ok(())
}

fn talk(child: &mut Child) -> Result<()> {
    let words = listen(child.stdout.take().context("stdout is piped")?);
    let first = words
        .recv_timeout(PATIENCE)
        .ok()
        .flatten()
        .context("it said nothing")?;
    if !is_hello(&first) {
        bail!("it said something else than hello");
    }
    drop(child.stdin.take());
    while words
        .recv_timeout(PATIENCE)
        .context("it did not end with its input")?
        .is_some()
    {}
    Ok(())
}

/// What the companion says, message by message, then `None`.
fn listen(from: ChildStdout) -> Receiver<Option<String>> {
    let (to, words) = channel();
    thread::spawn(move || {
        let all = Messages::new(from).map(Some).chain([None]);
        // Nobody listens any more only after an error that was told already.
        let _ = all.into_iter().try_for_each(|word| to.send(word));
    });
    words
}

fn is_hello(text: &str) -> bool {
    use broadcaster::link::Report;
    let first = match serde_json::from_str::<Vec<serde_json::Value>>(text) {
        Ok(messages) => messages.into_iter().next(),
        Err(_) => serde_json::from_str(text).ok(),
    };
    let report = first.and_then(|first| serde_json::from_value(first).ok());
    matches!(report, Some(Report::Hello { .. }))
}

/// How long a companion may take for each step, on a slow disk too.
const PATIENCE: Duration = Duration::from_secs(5);
