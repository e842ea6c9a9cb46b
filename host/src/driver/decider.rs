//! Who says what the executor's reports mean: a hub in this process, one at the other end of the link.

use broadcaster::Millis;
use broadcaster::link::{Command, Report};

/// Hears reports and gives commands.
pub trait Decider: 'static {
    /// Tells what happened.
    fn handle_report(&mut self, report: Report, now: Millis);

    /// The next command; asked for after each report until there is none.
    fn poll_command(&mut self) -> Option<Command>;

    /// When it wants to be told the time; asked for after the commands.
    fn deadline(&self) -> Option<Millis> {
        None
    }

    /// Tells that it is `now`.
    fn handle_timeout(&mut self, _now: Millis) {}

    /// Whether more reports are waiting than should; then no socket is read until they are fewer.
    fn is_congested(&self) -> bool {
        false
    }
}
