//! The one queue of a task: whatever happens goes in as one enum, one task takes it out.

use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// The end that things are put in. Unbounded, because a browser's callback cannot wait; what keeps it
/// short is the bounds of those who speak.
pub(crate) struct Queue<T>(UnboundedSender<T>);

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Queue<T> {
    /// A queue and the end that is read.
    pub(crate) fn new() -> (Self, UnboundedReceiver<T>) {
        let (sender, receiver) = mpsc::unbounded();
        (Self(sender), receiver)
    }

    /// Puts something behind what was there before.
    pub(crate) fn push(&self, item: T) {
        // Fails only when the task has ended; then nobody is interested any more.
        let _ = self.0.unbounded_send(item);
    }
}
