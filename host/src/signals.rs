//! The system's word that we should end.

/// Waits for SIGINT or SIGTERM.
#[cfg(unix)]
pub async fn end() {
    use tokio::signal::unix::{SignalKind, signal};
    match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        },
        // Without handlers the system ends us by itself.
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!("signals end this process at once: {error}");
            std::future::pending().await
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn end() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!("Ctrl-C ends this process at once: {error}");
        std::future::pending().await
    }
}
