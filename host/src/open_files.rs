//! The limit of open files: each member is one, and the usual soft limit of 1,024 is fewer than the
//! members we take.

/// Raises the soft limit as far as the hard one allows, up to what the largest number of connections
/// could need. A limit that cannot be raised is no fault: accepting survives its end.
#[cfg(unix)]
pub fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!("the limit of open files stays at {current:?}: {error}");
        }
    }
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn raise_limit() {}

#[cfg(unix)]
const WANTED: u64 = 65_536;
