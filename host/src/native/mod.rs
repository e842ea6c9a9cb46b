//! The companion as a browser starts it: the link on stdin and stdout, the hub at its other end.
//! Lives as long as stdin does.

mod copier;
mod remote;
mod stdio;

pub use stdio::Messages;

use crate::Error;
use crate::driver::Driver;
use crate::origin::{self, ExtensionId};
use crate::signals;
use broadcaster::executor::Executor;
use broadcaster::link::{Order, Outcome};
use remote::Remote;
use std::env;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Makes sure that `caller`, which the browser gives as its extension's origin, is one we obey.
///
/// # Errors
///
/// When it is not.
pub fn check_caller(caller: &str) -> Result<(), Error> {
    let binary = env::current_exe().map_err(anyhow::Error::from)?;
    let accepted = origin::accepted(&binary)?;
    if ExtensionId::from_origin(caller).is_some_and(|id| accepted.contains(&id)) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{caller} may not use this companion; to allow an extension of yours, run \
         `lan-broadcaster-host install --extension-id ID` and reload it"
    )))
}

/// Speaks the link until stdin ends, stdout breaks, or the system asks to end. Then members are
/// closed with 1001.
pub async fn run() {
    let (remote, filled) = Remote::new();
    let driver = Driver::new(remote);
    driver.follow_addresses();
    let (orders, outcomes) = copier::channels();
    tokio::select! {
        () = receive(&driver, stdio::read(), orders) => tracing::info!("the browser closed the link"),
        () = report(&driver, outcomes) => tracing::error!("nobody keeps copies any more"),
        () = send(&driver, &filled, stdio::write()) => tracing::warn!("the browser reads no more"),
        () = signals::end() => tracing::info!("asked to end"),
    }
    driver.tell(Executor::handle_detached);
    // The error is the time running out: who has not answered our Close by then sees the socket end.
    let _ = timeout(FAREWELL, driver.until_empty()).await;
}

/// Hands what the hub says to the driver.
async fn receive(
    driver: &Driver<Remote>,
    mut input: mpsc::Receiver<String>,
    orders: mpsc::Sender<Order>,
) {
    while let Some(text) = input.recv().await {
        let order = driver.decide(|remote, _| remote.handle_text(&text));
        if let Some(order) = order
            && orders.send(order).await.is_err()
        {
            return;
        }
    }
}

/// Hands what became of orders about copies to the driver.
async fn report(driver: &Driver<Remote>, mut outcomes: mpsc::Receiver<Outcome>) {
    while let Some(outcome) = outcomes.recv().await {
        driver.decide(|remote, _| remote.handle_outcome(outcome));
    }
}

/// Hands reports to the hub, as many at once as stdout has room for.
async fn send(driver: &Driver<Remote>, filled: &tokio::sync::Notify, output: mpsc::Sender<String>) {
    while let Ok(room) = output.reserve().await {
        let text = loop {
            match driver.decide(|remote, _| remote.poll_text()) {
                Some(text) => break text,
                None => filled.notified().await,
            }
        };
        room.send(text);
    }
}

/// How long members may take to answer our Close; with what comes before it, below the second in
/// which the companion must be gone.
const FAREWELL: Duration = Duration::from_millis(800);
