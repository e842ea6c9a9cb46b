//! Several answers awaited at once: a storage writes what is asked for together in one transaction.

use jio::endpoint::Failure;
use jio::storage::Answer;
use std::future::poll_fn;
use std::task::Poll;

/// Awaits all, and gives what each answered, in order.
pub(super) async fn join<T>(answers: Vec<Answer<'_, T>>) -> Vec<Result<T, Failure>> {
    let mut pending: Vec<_> = answers
        .into_iter()
        .map(|answer| (Some(answer), None))
        .collect();
    poll_fn(|context| {
        let mut is_done = true;
        for (answer, result) in &mut pending {
            let Some(waiting) = answer else { continue };
            match waiting.as_mut().poll(context) {
                Poll::Ready(ready) => {
                    *result = Some(ready);
                    *answer = None;
                }
                Poll::Pending => is_done = false,
            }
        }
        if is_done {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    pending
        .into_iter()
        .filter_map(|(_, result)| result)
        .collect()
}
